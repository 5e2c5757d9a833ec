"""The line of those who send more than can be dealt with at once: who is next, and how much time is left to others."""

import asyncio
import time
from contextlib import suppress
from functools import partial

import pytest

from app.errors import RequestError
from app.server.turns import SHARE, Turns, turns_of
from tests.garbage import garbage


class Done(asyncio.Queue[str]):
    """Who has had a turn, in order."""

    async def first(self, count: int) -> list[str]:
        async with asyncio.timeout(5):
            return [await self.get() for _ in range(count)]


async def test_who_has_had_the_fewest_is_next_and_of_these_who_has_waited_longest() -> None:
    turns, done = Turns(), Done()
    for name, had in [("a", 2), ("b", 0), ("c", 1), ("d", 0), ("e", 1)]:
        turns.wait(had, partial(done.put_nowait, name))

    assert await done.first(5) == ["b", "d", "c", "e", "a"]


async def test_who_waits_again_in_its_turn_is_called_again() -> None:
    turns, done = Turns(), Done()

    def go_on() -> None:
        done.put_nowait("a")
        if done.qsize() < 3:
            turns.wait(done.qsize(), go_on)

    turns.wait(0, go_on)

    assert await done.first(3) == ["a", "a", "a"]


async def test_a_turn_that_fails_holds_up_nobody(caplog: pytest.LogCaptureFixture) -> None:
    turns, done = Turns(), Done()

    def fail() -> None:
        raise ValueError("a defect")

    turns.wait(0, fail)
    turns.wait(0, partial(done.put_nowait, "next"))

    assert await done.first(1) == ["next"]
    assert "a defect" in caplog.text


async def test_all_turns_together_take_no_more_than_their_share() -> None:
    turns, done = Turns(), Done()

    def work() -> None:
        time.sleep(0.005)
        done.put_nowait("a")

    began = time.monotonic()
    for _ in range(4):
        turns.wait(0, work)
    await done.first(4)

    assert time.monotonic() - began >= 3 * 0.005 / SHARE


async def test_what_is_done_in_a_turn_is_given_or_raised_to_who_waits() -> None:
    turns = Turns()

    def fail() -> None:
        raise RequestError("This is wrong.")

    given = await asyncio.gather(turns.take(partial(str, 1)), turns.take(partial(str, 2)))
    assert [*given] == ["1", "2"]
    with pytest.raises(RequestError, match="This is wrong"):
        await turns.take(fail)


async def test_a_turn_that_fails_leaves_nothing_to_the_collector() -> None:
    def fail() -> None:
        raise RequestError("This is wrong.")

    with garbage() as kinds, suppress(RequestError):
        await Turns().take(fail)
    assert not kinds


async def test_nothing_is_done_for_who_has_gone() -> None:
    turns, done = Turns(), Done()
    going = asyncio.create_task(turns.take(partial(done.put_nowait, "who has gone")))
    await asyncio.sleep(0)
    going.cancel()
    turns.wait(0, partial(done.put_nowait, "next"))

    assert await done.first(1) == ["next"]


async def test_a_loop_has_one_line() -> None:
    loop = asyncio.get_running_loop()

    assert turns_of(loop) is turns_of(loop)
