"""Node and its packages, for what is tested against other people's tools."""

import shutil
from pathlib import Path

import pytest

from tests.federation.packages import workshop


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which our programs for Node run, with their packages."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs Node 20 or newer and npm: apt-get install nodejs npm, or https://nodejs.org")
    return workshop(tmp_path_factory.mktemp("node"))
