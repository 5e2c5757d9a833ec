"""What is shipped: the package, its locks, its settings and its containers."""

import json
import os
import re
import shlex
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from app.settings import ServiceSettings, Settings
from backends.settings import PORTS, BackendSettings
from clients import CLIENTS
from tests.gateway import Gateway

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
PACKAGES = ("app", "resolvers", "clients", "backends")
SERVICES = PORTS.keys() | {client.service.name for client in CLIENTS}


# The settings


def explained_settings() -> dict[str, tuple[str, str]]:
    """Each setting of .env.example: its default and what is said of it. A line of prose is for all that follow it."""
    settings: dict[str, tuple[str, str]] = {}
    prose = ""
    for line in (ROOT / ".env.example").read_text().splitlines():
        if setting := re.fullmatch(r"#([A-Z_]+)=(.*)", line):
            settings[setting[1]] = (setting[2], prose)
        else:
            prose = line.removeprefix("# ")
    return settings


def declared_settings(model: type[BaseSettings], prefix: str = "") -> dict[str, tuple[str, str]]:
    """Each setting of a model: its default as one writes it in the environment, and its description."""
    return {
        f"{prefix}{name}".upper(): (written(field.get_default(call_default_factory=True)), str(field.description))
        for name, field in model.model_fields.items()
    }


def written(default: object) -> str:
    match default:
        case None:
            return ""
        case SecretStr():
            return default.get_secret_value()
        case bool() | list() | dict():
            return json.dumps(default)
        case _:
            return str(default)


def test_the_example_explains_every_setting_and_no_other() -> None:
    services = [declared_settings(ServiceSettings, f"{service}_") for service in SERVICES]
    declared = declared_settings(BackendSettings) | declared_settings(Settings)
    for service in services:
        declared |= service
    assert explained_settings() == declared


def test_settings_that_the_gateway_and_the_backends_share_have_one_default() -> None:
    gateway, backends = declared_settings(Settings), declared_settings(BackendSettings)
    assert {name: backends[name][0] for name in backends.keys() & gateway.keys()} == {
        name: gateway[name][0] for name in backends.keys() & gateway.keys()
    }


# The locks


def locked(lock: str) -> dict[str, str]:
    """The version of each package of a lock."""
    pins = re.findall(r"^([a-z0-9-]+)==([^\s;]+)", (ROOT / lock).read_text(), re.MULTILINE)
    return dict(pins)


def declared_requirements(lock: str) -> Iterator[Requirement]:
    """What pyproject.toml asks of a lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    asked = project["project"]["dependencies"] + groups["build"]
    return map(Requirement, asked + (groups["dev"] if lock == "requirements-dev.lock" else []))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_packages_versions_and_hashes_and_no_address(lock: str) -> None:
    pin = r"[a-z0-9-]+==[^\s;]+( ; [^\\]+)? \\"
    line = re.compile(rf"#.*|{pin}|    --hash=sha256:[0-9a-f]{{64}}( \\)?")
    text = (ROOT / lock).read_text()
    assert [unexpected for unexpected in text.splitlines() if not line.fullmatch(unexpected)] == []
    assert "//" not in text


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_what_the_project_asks_for(lock: str) -> None:
    versions = locked(lock)
    unmet = [
        str(requirement)
        for requirement in declared_requirements(lock)
        if not requirement.specifier.contains(versions.get(canonicalize_name(requirement.name), "0"))
    ]
    assert unmet == []


def test_what_is_tested_is_what_is_shipped() -> None:
    assert locked("requirements.lock").items() <= locked("requirements-dev.lock").items()


# The package


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the source distribution and the wheel."""
    directory = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", directory], cwd=ROOT, check=True)  # noqa: S603
    return directory


def package_files() -> set[str]:
    """What of the source tree belongs into the package."""
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    left_out = {"__pycache__", "graphiql_source"}
    return {path.relative_to(ROOT).as_posix() for path in files if left_out.isdisjoint(path.parts)}


def test_the_wheel_has_every_module_and_every_file_that_they_read(distributions: Path) -> None:
    (wheel,) = distributions.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert shipped == package_files()
    assert "app/server/static/manifest.json" in shipped
    assert "resolvers/examples/1_query.graphql" in shipped


def test_the_source_distribution_has_what_the_wheel_is_built_from(distributions: Path) -> None:
    (source,) = distributions.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        shipped = {name.partition("/")[2] for name in archive.getnames()}
    assert package_files() | {"pyproject.toml", "README.md", "requirements.lock", "Makefile"} <= shipped


# The containers


def docker_instructions() -> list[list[str]]:
    """The instructions of the Dockerfile, by words as a shell splits them."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return [shlex.split(line, posix=False) for line in text.splitlines() if line and not line.startswith("#")]


def health_check() -> list[str]:
    """What the image's health check runs, with this Python."""
    text = (ROOT / "Dockerfile").read_text()
    (command,) = re.findall(r"^HEALTHCHECK .*\\\n +CMD (\[.*\])$", text, re.MULTILINE)
    _python, *arguments = json.loads(command)
    return [sys.executable, *arguments]


def test_the_image_is_healthy_as_long_as_the_gateway_answers(gateway: Gateway, unused_tcp_port: int) -> None:
    def status(port: int) -> int:
        return subprocess.run(health_check(), env={**os.environ, "PORT": str(port)}, check=False).returncode  # noqa: S603

    assert status(gateway.port) == 0
    assert status(unused_tcp_port) == 1


def test_the_image_runs_the_gateway_as_somebody_without_rights() -> None:
    last = {instruction[0]: instruction[1:] for instruction in docker_instructions()}
    assert last["USER"] == ["10001:10001"]
    assert json.loads(" ".join(last["CMD"])) == ["gateway", "serve"]


def test_the_image_is_built_from_files_that_are_not_ignored() -> None:
    sources = [words[1:-1] for words in docker_instructions() if words[0] == "COPY" and "--from=build" not in words]
    let_in = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"}
    assert {source for names in sources for source in names} == let_in
    assert all((ROOT / source).exists() for source in let_in)


def compose() -> dict[str, Any]:
    text = (ROOT / "compose.yaml").read_text()
    return dict(yaml.safe_load(text))


def test_every_service_is_composed_on_its_port_and_known_to_all() -> None:
    services = compose()["services"]
    ports = {"gateway": Settings.model_fields["port"].default} | PORTS
    assert services.keys() == ports.keys()
    for name, service in services.items():
        environment = service["environment"]
        assert environment["PORT"] == ports[name]
        assert environment["EVENTS_URL"] == f"http://gateway:{ports['gateway']}/events"
        assert {known: environment[f"{known.upper()}_URL"] for known in PORTS} == {
            known: f"http://{known}:{port}" for known, port in PORTS.items()
        }
        if name != "gateway":
            assert f"backends {name} --host 0.0.0.0 --port {ports[name]} " in service["command"]


def test_only_the_gateway_is_reached_from_outside_and_after_all_others_are_healthy() -> None:
    services = compose()["services"]
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert ports == {"gateway": ["${PORT:-8003}:8003"]} | {
        name: [f"127.0.0.1:{PORTS[name]}:{PORTS[name]}"] for name in ("content", "characters")
    }
    for name in ("content", "characters"):
        assert services[name]["environment"][f"{name.upper()}_PUBLIC_URL"] == f"http://localhost:{PORTS[name]}"
    assert services["gateway"]["depends_on"] == {name: {"condition": "service_healthy"} for name in PORTS}


def test_nothing_is_composed_without_secrets_of_ones_own() -> None:
    for service in compose()["services"].values():
        secrets = [service["environment"][name] for name in ("JWT_SECRET", "SERVICE_KEY")]
        assert [secret.partition("?")[0] for secret in secrets] == ["${JWT_SECRET:", "${SERVICE_KEY:"]
