"""Node with the clients that frontends use."""

from pathlib import Path

import pytest

from tests.node import workshop


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which our programs for Node run, with their packages."""
    return workshop(Path(__file__).with_name("node"), tmp_path_factory.mktemp("clients"))
