"""The gateway that the attacks share."""

from collections.abc import Iterator

import pytest

from tests.attacks.world import Fortress, fortress


@pytest.fixture(scope="session")
def under(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fortress]:
    """A gateway with the settings of production, which has to be well when the attacks are over."""
    with fortress(tmp_path_factory.mktemp("fortress")) as started:
        yield started
        assert started.process.poll() is None
        errors = {line.get("exception", line["message"]) for line in started.log_lines() if line["level"] == "error"}
        assert errors == set(), "an attack has led to an error of ours"
