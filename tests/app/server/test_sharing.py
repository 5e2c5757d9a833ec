"""Sharing of executions: who executes, who waits, and what happens when the first one goes."""

import asyncio

import pytest

from app.server.sharing import Sharing, SharingStats


class Work:
    """Work that is held until it is released, and counts how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.begins = asyncio.Event()
        self.release = asyncio.Event()

    async def __call__(self) -> str:
        self.begun += 1
        self.begins.set()
        await self.release.wait()
        return f"result {self.begun}"


async def test_identical_executions_in_flight_are_one() -> None:
    sharing, work = Sharing[str](), Work()
    running = [asyncio.create_task(sharing.run("a", work)) for _ in range(3)]
    await work.begins.wait()
    work.release.set()

    assert await asyncio.gather(*running) == ["result 1"] * 3
    assert sharing.stats == SharingStats(executed=1, shared=2)
    assert not sharing.in_flight("a")


async def test_one_that_comes_later_executes_anew() -> None:
    sharing, work = Sharing[str](), Work()
    work.release.set()

    assert [await sharing.run("a", work), await sharing.run("a", work)] == ["result 1", "result 2"]


async def test_others_do_not_share() -> None:
    sharing, work = Sharing[str](), Work()
    work.release.set()

    await asyncio.gather(sharing.run("a", work), sharing.run("b", work))

    assert sharing.stats == SharingStats(executed=2, shared=0)


async def test_the_next_takes_over_when_the_first_is_cancelled() -> None:
    sharing, work = Sharing[str](), Work()
    first = asyncio.create_task(sharing.run("a", work))
    await work.begins.wait()
    others = [asyncio.create_task(sharing.run("a", work)) for _ in range(2)]
    await asyncio.sleep(0)
    work.begins.clear()
    first.cancel()
    await work.begins.wait()
    await asyncio.sleep(0)
    work.release.set()

    assert await asyncio.gather(*others) == ["result 2"] * 2
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_waiter_that_leaves_disturbs_nobody() -> None:
    sharing, work = Sharing[str](), Work()
    first = asyncio.create_task(sharing.run("a", work))
    await work.begins.wait()
    leaving, staying = (asyncio.create_task(sharing.run("a", work)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.sleep(0)
    work.release.set()

    assert [await first, await staying] == ["result 1"] * 2


async def test_a_failure_is_the_first_ones_own() -> None:
    sharing = Sharing[str]()
    begins, release = asyncio.Event(), asyncio.Event()

    async def fail() -> str:
        begins.set()
        await release.wait()
        raise ConnectionError("gone")

    async def succeed() -> str:
        return "fine"

    first = asyncio.create_task(sharing.run("a", fail))
    await begins.wait()
    second = asyncio.create_task(sharing.run("a", succeed))
    await asyncio.sleep(0)
    release.set()

    with pytest.raises(ConnectionError, match=r"^gone$"):
        await first
    assert await second == "fine"


async def test_nobody_joins_what_began_before_a_mutation() -> None:
    sharing, before, after = Sharing[str](), Work(), Work()
    first = asyncio.create_task(sharing.run("a", before))
    await before.begins.wait()
    sharing.close_to_newcomers()
    second = asyncio.create_task(sharing.run("a", after))
    await after.begins.wait()
    before.release.set()
    await first

    assert sharing.in_flight("a")
    after.release.set()
    await second
    assert (before.begun, after.begun) == (1, 1)


async def test_what_is_announced_can_be_joined_before_it_begins() -> None:
    sharing, work = Sharing[str](), Work()
    told: list[str | None] = []
    flight = sharing.announce("a")
    sharing.attend("a", told.append)
    work.release.set()

    assert await sharing.run("a", work, flight) == "result 1"
    assert told == ["result 1"]
    assert sharing.stats == SharingStats(executed=1, shared=1)
    assert not sharing.in_flight("a")


async def test_those_who_joined_what_never_begins_are_told_once() -> None:
    sharing = Sharing[str]()
    told: list[str | None] = []
    flight = sharing.announce("a")
    sharing.attend("a", told.append)
    sharing.end("a", flight)
    sharing.end("a", flight)

    assert told == [None]
    assert sharing.stats == SharingStats()
