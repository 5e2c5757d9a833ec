"""Time limits: what they cut short, and whose cancellation is whose."""

import asyncio

import pytest

from app.time_limits import Limit, TimeLimits


async def done() -> str:
    return "done"


async def test_work_that_ends_in_time_is_left_alone() -> None:
    limits = TimeLimits()
    assert await limits.within(10, done()) == "done"
    await asyncio.sleep(0)
    assert asyncio.current_task() is not None


async def test_work_that_does_not_is_cancelled() -> None:
    with pytest.raises(TimeoutError):
        await TimeLimits().within(0.01, asyncio.Event().wait())
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_many_limits_ring_each_at_its_time() -> None:
    limits = TimeLimits()
    order: list[float] = []

    async def limited(seconds: float) -> None:
        try:
            await limits.within(seconds, asyncio.Event().wait())
        except TimeoutError:
            order.append(seconds)

    await asyncio.gather(*map(limited, [0.06, 0.02, 0.04]))
    assert order == [0.02, 0.04, 0.06]


async def test_a_timeout_of_the_work_itself_is_its_own() -> None:
    limits, limit = TimeLimits(), Limit(asyncio.get_running_loop().time() + 10)

    async def fail() -> None:
        raise TimeoutError("of a socket")

    with pytest.raises(TimeoutError, match="of a socket"):
        await limits.hold(limit, fail())
    assert not limit.has_ended


async def test_a_task_that_is_cancelled_by_others_stays_cancelled() -> None:
    limits = TimeLimits()
    task = asyncio.create_task(limits.within(10, asyncio.Event().wait()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_of_two_limits_the_first_to_ring_is_the_one_told() -> None:
    limits = TimeLimits()
    loop = asyncio.get_running_loop()
    outer, inner = Limit(loop.time() + 10), Limit(loop.time() + 0.01)
    with pytest.raises(TimeoutError):
        await limits.hold(outer, limits.hold(inner, asyncio.Event().wait()))
    assert (outer.has_ended, inner.has_ended) == (False, True)


async def test_work_that_will_not_be_cancelled_is_waited_for() -> None:
    async def stubborn() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "after all"
        return "never"

    assert await TimeLimits().within(0.01, stubborn()) == "after all"
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
