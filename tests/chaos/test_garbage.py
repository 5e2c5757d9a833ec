"""What fails leaves nothing to the garbage collector, for which everybody would have to wait."""

from pathlib import Path

import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.world import PAGE, Skips, chaos
from tests.end_to_end.stand_in import standing_in
from tests.garbage import garbage
from tests.gateway import Gateway

TIMES = 20
VIEWER = "{ viewer { roles } }"
FAILING = {"a document": "{ nope }", "a variable": "query ($n: Int!) { listings(first: $n) { totalCount } }"}


async def left_over(gateway: Gateway, query: str, email: str | None = "chris@example.com") -> dict[str, int]:
    """Of which kinds a failing request leaves one, each time."""
    for _ in range(3):
        await gateway.query(query, email=email)
    with garbage() as kinds:
        for _ in range(TIMES):
            await gateway.query(query, email=email)
    return {kind: count for kind, count in kinds.items() if count >= TIMES}


@pytest.mark.parametrize("query", FAILING.values(), ids=FAILING)
async def test_a_request_that_is_wrong(gateway: Gateway, query: str) -> None:
    assert await left_over(gateway, query) == {}


async def test_a_request_without_a_token(gateway: Gateway) -> None:
    assert await left_over(gateway, VIEWER, email=None) == {}


async def test_a_backend_that_fails(tmp_path: Path) -> None:
    skips = Skips()
    async with standing_in() as stand_in, chaos(tmp_path, stand_in, timing=skips.timing) as gateway:
        for name in ("resets connections", "promises too little", "answers 500", "has other rows"):
            skips.skip(120)
            async with FAULTS[name].at(stand_in):
                assert (name, await left_over(gateway, PAGE)) == (name, {})
