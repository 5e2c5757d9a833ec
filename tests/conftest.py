"""What every test may ask for."""

import gc
import os
from collections.abc import Iterator

import pytest

from tests.gateway import Gateway, serving_in_thread


@pytest.fixture(scope="module", autouse=True)
def _garbage_of_the_module_alone() -> Iterator[None]:
    """Looking for garbage among all that has been imported takes a second, which is the end of many a time limit."""
    gc.freeze()
    yield
    gc.collect()


@pytest.fixture(scope="session", autouse=True)
def _no_environment_of_the_machine() -> Iterator[None]:
    """Settings come from the tests, not from whoever runs them."""
    names = [name for name in os.environ if name.endswith(("_URL", "_TIMEOUT")) or name.startswith("JWT_")]
    kept = {name: os.environ.pop(name) for name in names}
    yield
    os.environ.update(kept)


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway on the reference backends and their sample data, shared by the tests: they add, but do not spoil."""
    with serving_in_thread(tmp_path_factory.mktemp("gateway")) as running:
        yield running
