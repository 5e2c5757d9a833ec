# Everything is installed into .venv, by $PYTHON (or python3) from the locks. Settings reach the gateway: make run PORT=9000.
PYTHON ?= python3
BIN := .venv/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock"

.SILENT:
.PHONY: help run serve test lint types imports deps schema coverage fmt bench bench-smoke fuzz schemathesis chaos attacks soak ci lock graphiql clean

help: ; sed -nE 's/^([a-z-]+):.*## ([a-z].*)/  make \1\t\2/p' Makefile | expand -t 20
run: .venv/installed ; exec $(BIN)/gateway dev ## serve on 127.0.0.1:8003, with reference backends and sample data
serve: .venv/installed ; exec $(BIN)/gateway serve ## serve in production: backends and secrets come from the environment
test: .venv/installed-dev ; $(BIN)/pytest -n auto --maxprocesses=4 --dist=loadfile $(ARGS) ## run the tests, with ARGS for pytest
lint: .venv/installed-dev ; $(BIN)/ruff check . && $(BIN)/ruff format --check . ## look for mistakes and bad form
types: .venv/installed-dev ; $(BIN)/mypy ## check the types
imports: .venv/installed-dev ; $(BIN)/lint-imports ## check who imports whom
deps: .venv/installed-dev ; $(BIN)/deptry . ## check that every dependency is declared and used
schema: .venv/installed ; $(BIN)/gateway schema > .venv/schema && mv .venv/schema schema.graphql ## write the schema as it is now
coverage: .venv/installed-dev ; $(BIN)/python -m tests.coverage ## write docs/coverage.md from the list of operations
fmt: .venv/installed-dev ; $(BIN)/ruff check --fix . && $(BIN)/ruff format . ## mend the form
bench: .venv/installed-dev ; $(BIN)/python -m benchmarks $(ARGS) ## measure
bench-smoke: .venv/installed-dev ; $(BIN)/python -m benchmarks --smoke ## see that what measures works
fuzz: .venv/installed-dev ; $(BIN)/python -W ignore::RuntimeWarning -m tests.conformance.fuzz $(ARGS) ## compare random executions with graphql-core's, with ARGS="--cases 100000 --seed 1"
schemathesis: .venv/installed-dev ; $(BIN)/python -m tests.fuzzing $(ARGS) ## ask a gateway whatever its schema allows, for 10 minutes or with ARGS="--seconds 60 --seed 1"
chaos: .venv/installed-dev ; $(BIN)/python -m tests.chaos $(ARGS) ## measure what each fault of a backend costs, with ARGS="--off" for without retries and breaker
attacks: .venv/installed-dev ; $(BIN)/python -m tests.attacks $(ARGS) ## measure how much longer others wait beside each attack, with ARGS="--seconds 5 --only fragments"
soak: .venv/installed-dev ; $(BIN)/python -m benchmarks.soak $(ARGS) ## everything at once for half an hour, or with ARGS="--minutes 5"
ci: ; .ci/run ## check everything, as CI does
lock: .venv/installed-dev ; $(LOCK) pyproject.toml --group build -o requirements.lock $(ARGS) && $(LOCK) pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock $(ARGS) ## pin the dependencies; ARGS=--upgrade for newer ones
graphiql: ; set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; cp app/server/graphiql_source/* "$$dir"; cd "$$dir"; npm install --no-package-lock; node build.mjs "$(CURDIR)/app/server/static" ## bundle GraphiQL, with node and npm
clean: ; rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage .coverage.* dist && find app resolvers clients backends benchmarks tests -name __pycache__ -exec rm -rf {} + ## remove all but the data in var/

.venv/installed: requirements.lock pyproject.toml ; $(INSTALL) && touch $@
.venv/installed-dev: requirements-dev.lock pyproject.toml ; $(INSTALL) && touch .venv/installed $@

define INSTALL
$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed; PYTHON=python3.12 make … names another.")' \
&& echo "Installing $< into .venv" \
&& { test -x $(BIN)/pip || $(PYTHON) -m venv .venv; } \
&& $(PIP) install --quiet --no-deps --require-hashes -r $< \
&& $(PIP) install --quiet --no-deps --no-build-isolation -e .
endef
