"""Node and its packages, for what is tested against other people's tools."""

from pathlib import Path

import pytest

from tests.node import workshop


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which our programs for Node run, with their packages."""
    return workshop(Path(__file__).with_name("node"), tmp_path_factory.mktemp("node"))
