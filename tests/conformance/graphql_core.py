"""Runs graphql-core's own tests of execution against the compiled executor: `python -m tests.conformance.graphql_core`.

They come with the source distribution of the installed version, which pip fetches on first use.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent
VERSION = version("graphql-core")
RELEASE = f"graphql_core-{VERSION}"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "atrium"
TESTS = (
    "tests/execution",
    "tests/test_graphql.py",
    "tests/test_star_wars_introspection.py",
    "tests/test_star_wars_query.py",
    "tests/test_user_registry.py",
    "tests/type/test_enum.py",
    "tests/type/test_introspection.py",
)
SETTINGS = """
[pytest]
python_classes = PyTest*
asyncio_mode = strict
asyncio_default_fixture_loop_scope = function
filterwarnings = ignore::pytest.PytestConfigWarning
"""


class UnavailableError(Exception):
    """The tests cannot be run here; says what is needed."""


def sources() -> Path:
    """The unpacked source distribution."""
    if find_spec("pytest_describe") is None:
        raise UnavailableError("graphql-core's tests need pytest-describe: pip install pytest-describe")
    unpacked = CACHE / RELEASE
    if not unpacked.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as fetched:
            _fetch(Path(fetched))
            with tarfile.open(Path(fetched) / f"{RELEASE}.tar.gz") as archive:
                archive.extractall(fetched, filter="data")
            (Path(fetched) / RELEASE).rename(unpacked)
    return unpacked


def _fetch(directory: Path) -> None:
    requirement = f"graphql-core=={VERSION}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "graphql-core"]
    done = subprocess.run(  # noqa: S603  # nothing of it comes from outside
        [*command, "--dest", directory, requirement], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UnavailableError(
            f"graphql-core's tests need its source distribution: pip download --no-deps --no-binary graphql-core "
            f"{requirement}, unpacked as {CACHE / RELEASE}"
        )


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the tests; raises `UnavailableError`."""
    directory = sources()
    settings = CACHE / "pytest.ini"
    settings.write_text(SETTINGS)
    command = [sys.executable, "-m", "pytest", "-c", str(settings), "--rootdir", str(directory), "-q"]
    plugins = ["-p", "no:cacheprovider", "-p", "compiling_plugin"]
    path = os.pathsep.join(map(str, (REPOSITORY, HERE, directory)))
    environment = {**os.environ, "PYTHONPATH": path, "PYTEST_ADDOPTS": ""}
    return subprocess.run(  # noqa: S603  # as above
        [*command, *plugins, *TESTS, *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    try:
        done = run(*sys.argv[1:])
    except UnavailableError as error:
        sys.exit(str(error))
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    sys.exit(done.returncode)
