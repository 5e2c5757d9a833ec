"""Old answers are used where the backend allows it (RFC 5861), and nowhere else."""

import asyncio

import pytest

from app.errors import BackendError, DeadlineExceededError
from tests.app.rest.backend import Thing, caller
from tests.app.rest.caching.scripted import World, keeping


async def test_an_old_answer_is_used_while_it_is_asked_for_again() -> None:
    async with keeping("max-age=10, stale-while-revalidate=20") as world:
        await world.read()
        world.script.version = 2
        world.clock.now += 29
        assert [await world.read() for _ in range(3)] == ["v1"] * 3
        await refreshed(world)
        assert (await world.read(), world.calls) == ("v2", 2)
        world.script.version = 3
        world.clock.now += 30
        assert (await world.read(), world.calls) == ("v3", 3)
        assert (world.client.stats.stale, world.client.stats.hits, world.client.stats.misses) == (3, 1, 3)


async def test_what_goes_wrong_while_an_old_answer_is_renewed_concerns_nobody() -> None:
    async with keeping("max-age=10, stale-while-revalidate=20, stale-if-error=20") as world:
        await world.read()
        world.script.status = 500
        world.clock.now += 11
        assert await world.read() == "v1"
        await refreshed(world)
        assert (world.client.stats.failures, world.client.stats.stale) == (1, 1)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_an_old_answer_stands_in_for_a_failure_as_long_as_the_backend_allows(status: int) -> None:
    async with keeping("max-age=10, stale-if-error=20") as world:
        await world.read()
        world.script.status = status
        world.clock.now += 29
        assert await world.read() == "v1"
        assert world.client.stats.stale == 1
        world.clock.now += 1
        with pytest.raises(BackendError):
            await world.read()


async def test_an_old_answer_stands_in_for_a_backend_that_is_gone() -> None:
    async with keeping("max-age=10, stale-if-error=20") as world:
        await world.read()
        await world.client._pool.aclose()
        world.clock.now += 11
        assert await world.read() == "v1"


async def test_an_old_answer_stands_in_while_the_breaker_is_open() -> None:
    async with keeping("max-age=10, stale-if-error=20") as world:
        await world.read()
        world.script.status = 500
        world.clock.now += 11
        assert [await world.read() for _ in range(50)] == ["v1"] * 50
        assert world.client.stats.circuit_refused > 0
        assert world.calls == 51 - world.client.stats.circuit_refused


@pytest.mark.parametrize("status", [400, 404, 501])
async def test_it_does_not_stand_in_for_a_refusal(status: int) -> None:
    async with keeping("max-age=10, stale-if-error=20") as world:
        await world.read()
        world.script.status = status
        world.clock.now += 11
        with pytest.raises(BackendError):
            await world.read()


@pytest.mark.parametrize("directive", ["must-revalidate", "no-cache", "public, s-maxage=10"])
async def test_nothing_old_is_used_where_that_is_forbidden(directive: str) -> None:
    async with keeping(f"max-age=10, stale-if-error=20, stale-while-revalidate=20, {directive}") as world:
        await world.read()
        world.script.version = 2
        world.clock.now += 11
        assert await world.read() == "v2"
        world.clock.now += 11
        world.script.status = 503
        with pytest.raises(BackendError):
            await world.read()


async def test_nothing_old_is_used_after_a_change() -> None:
    async with keeping("max-age=60, stale-if-error=60, stale-while-revalidate=60") as world:
        await world.read()
        await world.write()
        world.script.status = 503
        with pytest.raises(BackendError):
            await world.read()


async def test_a_deadline_that_has_passed_is_said_even_so() -> None:
    async with keeping("max-age=60") as world:
        await world.read()
        with pytest.raises(DeadlineExceededError):
            await world.client.get(caller(seconds=0), "/things", Thing)


async def refreshed(world: World) -> None:
    """Wait until what is asked for in the background is there."""
    assert world.client._cached is not None
    await asyncio.gather(*world.client._cached._refreshing.values())
