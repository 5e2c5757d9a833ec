"""Whatever one service does wrong, the page keeps its other fields, nothing is done twice, and nothing is left over."""

import asyncio
import gc
import resource
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from tests.chaos.faults import FAULTS, Fault, flapping
from tests.chaos.world import PAGE, Skips, chaos, codes, metrics, storm, without_listings
from tests.end_to_end.stand_in import StandIn, standing_in
from tests.gateway import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")

READS = 'circuit{operation="GET /listings"}'
OPEN, CLOSED = 2, 0

every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())


@pytest.fixture(scope="module")
def skips() -> Skips:
    return Skips()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def listings() -> AsyncIterator[StandIn]:
    async with standing_in() as stand_in:
        yield stand_in


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(listings: StandIn, skips: Skips, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    async with chaos(tmp_path_factory.mktemp("chaos"), listings, timing=skips.timing) as gateway:
        yield gateway


@pytest_asyncio.fixture(loop_scope="module")
async def whole(gateway: Gateway, skips: Skips) -> dict[str, Any]:
    """The page when all is well; what the last test did is forgotten."""
    skips.skip(120)
    for _ in range(3):
        page: dict[str, Any] = (await gateway.query(PAGE)).data
    assert (await metrics(gateway))[READS] == CLOSED
    assert len(page["listings"]["nodes"]) == len(page["pendingApprovals"]["nodes"]) == 3
    return page


@asynccontextmanager
async def in_budget(gateway: Gateway) -> AsyncIterator[None]:
    """Holds the retries of the block to ten a second, or a fifth of the calls there have been."""
    before, started = await metrics(gateway), time.monotonic()
    yield
    after, seconds = await metrics(gateway), time.monotonic() - started
    grown = {name: after[name] - before[name] for name in ("calls_total", "sent_total", "retried_total")}
    assert grown["retried_total"] <= max(10 + 10 * seconds, 0.2 * after["calls_total"])
    assert grown["sent_total"] <= grown["calls_total"] + grown["retried_total"]


@asynccontextmanager
async def nothing_left_over() -> AsyncIterator[None]:
    """Holds the block to the tasks there were before it, but for the stand-in's own connections."""
    before = asyncio.all_tasks()
    yield
    left = {task for task in asyncio.all_tasks() - before if "StandIn" not in repr(task.get_coro())}
    if left:
        _, left = await asyncio.wait(left, timeout=5)
    assert left == set()


@every_fault
async def test_the_page_keeps_its_other_fields_and_the_breaker_opens_and_closes(
    gateway: Gateway, listings: StandIn, skips: Skips, whole: dict[str, Any], fault: Fault
) -> None:
    async with nothing_left_over(), in_budget(gateway), fault.at(listings):
        first = await gateway.query(PAGE)
        assert first.body["data"] == without_listings(whole)
        assert codes(first) == {fault.code}
        for error in first.body["errors"]:
            assert error["extensions"]["service"] == "listings"
            assert "127.0.0.1" not in error["message"]

        late = "BACKEND_TIMEOUT"  # where the machine is busy
        assert await storm(gateway, whole) <= {fault.code, "BACKEND_CIRCUIT_OPEN", late}
        assert (await metrics(gateway))[READS] == (OPEN if fault.opens else CLOSED)

        listings.requests.clear()
        last = await gateway.query(PAGE)
        assert last.body["data"] == without_listings(whole)
        assert codes(last) == {"BACKEND_CIRCUIT_OPEN" if fault.opens else fault.code}
        if fault.opens:
            assert listings.requests == []
            assert all(error["extensions"]["retryAfter"] > 0 for error in last.body["errors"])

    skips.skip(60)
    for _ in range(2):
        assert (await gateway.query(PAGE)).data == whole
    assert (await metrics(gateway))[READS] == CLOSED


CREATE = """
mutation ($address: String!) {
  createListing(input: { address: $address, keyFeatures: ["a porch"] }) { listing { address } userErrors { code } }
}
"""


async def listed(gateway: Gateway, address: str) -> int:
    page = (await gateway.query("{ listings(first: 100) { nodes { address } } }")).data["listings"]
    return [node["address"] for node in page["nodes"]].count(address)


@every_fault
async def test_a_write_that_fails_is_an_error_and_done_at_most_once(
    gateway: Gateway, listings: StandIn, whole: dict[str, Any], fault: Fault
) -> None:
    address = f"1 Before Lane, {id(fault)}"

    async with fault.at(listings):
        answer = await gateway.query(CREATE, {"address": address})

    assert answer.body["data"] is None
    assert codes(answer) == {fault.code}
    assert await listed(gateway, address) == 0


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.misbehave])
async def test_a_write_whose_answer_is_lost_is_done_once(
    gateway: Gateway, listings: StandIn, whole: dict[str, Any], name: str
) -> None:
    address = f"1 After Lane, {name}"

    async with FAULTS[name].after_serving(listings):
        answer = await gateway.query(CREATE, {"address": address})
        attempts = listings.requests.count("POST /listings")

    assert codes(answer) == {FAULTS[name].code}
    assert attempts == (3 if name == "resets connections" else 1)
    assert await listed(gateway, address) == 1


async def test_a_write_is_done_once_and_answered_although_its_first_answer_is_lost(
    gateway: Gateway, listings: StandIn, whole: dict[str, Any]
) -> None:
    flap = flapping()

    async def serve_and_flap(stand_in: StandIn, asked: Any) -> None:
        await stand_in.fetch(asked)
        await flap(stand_in, asked)

    async with listings.misbehaving(serve_and_flap):
        answer = await gateway.query(CREATE, {"address": "1 Twice Lane"})
        assert listings.requests == ["POST /listings"] * 2

    assert answer.data["createListing"] == {"listing": {"address": "1 Twice Lane"}, "userErrors": []}
    assert await listed(gateway, "1 Twice Lane") == 1


async def test_a_flapping_service_is_not_noticed_while_the_budget_lasts(
    gateway: Gateway, listings: StandIn, whole: dict[str, Any]
) -> None:
    async with listings.misbehaving(flapping()):
        for _ in range(4):
            assert (await gateway.query(PAGE)).data == whole
        assert len(listings.requests) == 16


HOLDING = (
    "resets connections",
    "never answers",
    "drips its body",
    "answers 503",
    "has other rows",
    "sends far too much",
)
"""One fault of each kind that something could be held for."""


async def test_memory_returns(gateway: Gateway, listings: StandIn, whole: dict[str, Any], skips: Skips) -> None:
    async def round_of_faults() -> dict[str, int]:
        for name in HOLDING:
            skips.skip(120)
            async with FAULTS[name].at(listings):
                await storm(gateway, whole)
        skips.skip(120)
        for _ in range(3):
            await gateway.query(PAGE)
        gc.collect()
        kinds = Counter(type(thing) for thing in gc.get_objects())
        ours = {kind.__name__: count for kind, count in kinds.items() if str(kind.__module__).startswith("app.")}
        del ours["Principal"]  # verified tokens are remembered, up to a bound
        return ours

    first = await round_of_faults()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    second = await round_of_faults()

    assert {name: count for name, count in second.items() if count > first.get(name, 0) + 5} == {}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 20_000  # kB
