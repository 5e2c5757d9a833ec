"""The soak notices what it is there to notice: its own figures are not to be believed otherwise."""

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gateway.settings import gateway_settings
from benchmarks.machine import Process
from benchmarks.soak.feed import Feed, Subscriber
from benchmarks.soak.outages import Outage, Outages
from benchmarks.soak.tally import Tally
from tests.end_to_end.stand_in import StandIn
from tests.gateway import CallRecorder, Gateway

OUTAGE = (100.0, 104.0)


def failure(code: str, service: str | None = "listings") -> dict[str, Any]:
    return {"message": "It failed.", "extensions": {"code": code, "service": service}}


def event(number: int, **members: Any) -> dict[str, Any]:
    return {"data": {"contentChanged": {"cursor": f"c{number}", "content": {"title": f"number {number}"}}}, **members}


class Told(Subscriber):
    """Is told these results, a connection after the other."""

    connections: Iterator[list[dict[str, Any]]]

    async def _results(self, after: str) -> AsyncIterator[dict[str, Any]]:
        for result in next(self.connections):
            yield result


@pytest.fixture
def outages() -> Outages:
    outages = Outages(StandIn(), random.Random(1))  # noqa: S311 -- no secret
    outages._outages.append(Outage(*OUTAGE))
    return outages


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    process = Process(command, frozenset(os.sched_getaffinity(0)), tmp_path / "log", {})
    yield process
    process.stop()


@pytest.fixture
def tally(process: Process) -> Tally:
    return Tally(0.001, process)


async def told(outages: Outages, tally: Tally, *connections: list[dict[str, Any]], published: int) -> list[str]:
    """What is wrong when a subscriber is told these results after the first event."""
    feed = Feed(Gateway(gateway_settings(), CallRecorder()), "chris@example.com", "lst_1", random.Random(1))  # noqa: S311 -- no secret
    feed.count, feed.is_over = published, True
    subscriber = Told(feed, outages, tally)
    subscriber.connections = iter(connections)
    async with asyncio.timeout(10):
        await subscriber.follow(_Patient())
    return tally.wrong


class _Patient(random.Random):
    """Breaks no connection off, and is back at once."""

    def randint(self, low: int, high: int) -> int:
        return high

    def uniform(self, low: float, high: float) -> float:
        return low


async def test_every_event_once_and_in_order_is_well(outages: Outages, tally: Tally) -> None:
    assert await told(outages, tally, [event(2), event(3)], [], [event(4)], published=4) == []
    assert tally.fifths[-1].counts["events received"] == 3


@pytest.mark.parametrize(
    ("numbers", "wrong"),
    [
        ([2, 4], "Told sees 4 after 2."),
        ([2, 2, 3, 4], "Told sees 2 after 2."),
        ([3, 2, 3, 4], "Told sees 3 after 1."),
    ],
)
async def test_an_event_that_is_lost_doubled_or_out_of_order_is_noticed(
    outages: Outages, tally: Tally, numbers: list[int], wrong: str
) -> None:
    assert (await told(outages, tally, [event(number) for number in numbers], published=4))[0] == wrong


async def test_an_error_without_a_cause_is_noticed_in_an_event(outages: Outages, tally: Tally) -> None:
    (wrong,) = await told(outages, tally, [event(2, errors=[failure("BACKEND_TIMEOUT", "accounts")])], published=2)
    assert "accounts" in wrong


@pytest.mark.parametrize(
    ("error", "began", "is_explained"),
    [
        (failure("BACKEND_TIMEOUT"), 103.9, True),
        (failure("BACKEND_TIMEOUT"), 104.1, False),
        (failure("BACKEND_CIRCUIT_OPEN"), 110.0, True),
        (failure("BACKEND_CIRCUIT_OPEN"), 120.0, False),
        (failure("BACKEND_TIMEOUT", "content"), 101.0, False),
        (failure("INTERNAL_SERVER_ERROR", None), 101.0, False),
    ],
)
def test_only_the_service_at_fault_explains_errors_and_only_while_it_is(
    outages: Outages, error: dict[str, Any], began: float, is_explained: bool
) -> None:
    assert outages.explain(error, began) is is_explained


def test_before_the_first_outage_nothing_is_explained() -> None:
    well = Outages(StandIn(), random.Random(1))  # noqa: S311 -- no secret
    assert not well.explain(failure("BACKEND_TIMEOUT"), time.monotonic())


@pytest.mark.parametrize(("last", "is_well"), [(104, True), (106, False)])
def test_memory_that_grows_is_noticed(process: Process, last: int, is_well: bool) -> None:
    tally = Tally(600, process)
    for fifth, size in zip(tally.fifths, (50, 100, 101, 102, last), strict=True):
        fifth.rss_bytes.append(size)
    assert tally.judge() is is_well
