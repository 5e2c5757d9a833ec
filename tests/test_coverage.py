"""Every operation of the specifications is in the graph, and tests drive it: what works, a refusal, a bad input."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, get_named_type

from app.schema import create_schema
from app.server.health import Health
from tests.coverage import PAGE, SPECIFICATIONS, Row, node_ids, page, rows

ROOT = Path(__file__).parent.parent
ROWS = rows()
ROW = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
OPEN = {"/health", "/health/ready"}
"""What refuses nobody."""


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return create_schema().graphql_schema


def missing(schema: GraphQLSchema, path: str) -> str | None:
    """The first coordinate of a path of fields that the schema does not have."""
    root, *names = path.split(".")
    named = schema.type_map.get(root)
    for name in names:
        if not isinstance(named, GraphQLObjectType) or name not in named.fields:
            return f"{named}.{name}"
        named = get_named_type(named.fields[name].type)
    return None


def arguments(schema: GraphQLSchema, path: str) -> set[str]:
    """The arguments of the fields on a path."""
    root, *names = path.split(".")
    named, found = schema.type_map[root], set[str]()
    for name in names:
        assert isinstance(named, GraphQLObjectType)
        found |= named.fields[name].args.keys()
        named = get_named_type(named.fields[name].type)
    return found


def test_every_operation_is_in_the_list_once() -> None:
    counts = {"A": 16, "B": 29, "C": 46, "D": 16}
    assert [row.id for row in ROWS] == [f"{part}{n:02}" for part, count in counts.items() for n in range(1, count + 1)]
    assert {row.specification for row in ROWS} == SPECIFICATIONS.keys()
    assert all(row.rest and row.service for row in ROWS)


@ROW
def test_the_graph_has_the_fields_of_a_row(schema: GraphQLSchema, row: Row) -> None:
    routes = {route.path for route in Health({}).routes()}
    assert row.fields
    if row.field not in routes:
        assert [absent for path in row.fields if (absent := missing(schema, path))] == []


@ROW
def test_a_row_has_a_test_of_each_kind(schema: GraphQLSchema, row: Row) -> None:
    assert node_ids(row.happy)
    if row.field in OPEN:
        assert re.match(r"- \w+", row.refused), "an open route has no refusal"
        assert node_ids(row.bad_input)
        return
    assert node_ids(row.refused)
    takes_input = any(arguments(schema, path) for path in row.fields)
    assert bool(node_ids(row.bad_input)) == takes_input, "what takes input has a bad one; what takes none says so"
    assert takes_input or re.match(r"- \w+", row.bad_input)


@ROW
def test_the_tests_of_a_row_exist_and_are_about_it(row: Row) -> None:
    for kind, case in row.cases.items():
        texts = [source_of(node_id) for node_id in node_ids(case)]
        for path in row.fields if texts else []:
            name = path.rpartition(".")[2]
            assert any(re.search(rf"(?<!\w){name}(?![\w/])", text) for text in texts), (
                f"{kind} of {path}: no named test has it"
            )


def test_docs_coverage_is_what_the_list_says() -> None:
    assert PAGE.read_text() == page(), "run `make coverage`"


@pytest.mark.parametrize("name", ["tests/test_nowhere.py::test_a", "tests/test_coverage.py::test_of_nothing"])
def test_a_test_that_is_not_there_is_noticed(name: str) -> None:
    with pytest.raises((KeyError, FileNotFoundError)):
        source_of(name)


def test_a_field_that_is_not_there_is_noticed(schema: GraphQLSchema) -> None:
    assert missing(schema, "Query.viewer.agent") is None
    assert missing(schema, "Query.viewer.spaceship") == "Viewer.spaceship"
    assert missing(schema, "Mutation.createSpaceship") == "Mutation.createSpaceship"


# A test, and what it uses of the tests' modules, as text.


def source_of(node_id: str) -> str:
    """The source of a test with all that it uses; raises for one that is not there."""
    path, _, name = node_id.partition("::")
    assert name.startswith("test_"), node_id
    seen: dict[tuple[Path, str], str] = {}
    wanted = [(ROOT / path, name)]
    while wanted:
        place = wanted.pop()
        if place not in seen:
            file, name = place
            lines, nodes, imported = module(file)
            seen[place] = "\n".join(lines[slice(*span(nodes[name]))])
            names = set(names_in(nodes[name]))
            wanted += [(file, used) for used in names & nodes.keys()]
            wanted += [imported[used] for used in names & imported.keys()]
    return "\n".join(seen.values())


def span(node: ast.stmt) -> tuple[int, int | None]:
    """The lines of a definition, with its decorators, as a slice takes them."""
    first = min(part.lineno for part in [node, *getattr(node, "decorator_list", [])])
    return first - 1, node.end_lineno


def names_in(node: ast.AST) -> Iterator[str]:
    """The names that a piece of code uses, those of its fixtures among them."""
    for part in ast.walk(node):
        match part:
            case ast.Name(id=name) | ast.arg(arg=name):
                yield name


Module = tuple[list[str], dict[str, ast.stmt], dict[str, tuple[Path, str]]]


@cache
def module(file: Path) -> Module:
    """The lines of a module, what it defines by name, and where what it imports from other tests is defined."""
    text = file.read_text()
    defined: dict[str, ast.stmt] = {}
    imported: dict[str, tuple[Path, str]] = {}
    for node in ast.parse(text).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                defined[name] = node
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                defined[name] = node
            case ast.ImportFrom(module=str(source)) if source.startswith("tests."):
                origin = (ROOT / source.replace(".", "/")).with_suffix(".py")
                imported |= {alias.asname or alias.name: (origin, alias.name) for alias in node.names}
    return text.splitlines(), defined, imported
