"""How many calls go to a service at once, and who waits for their turn."""

import asyncio
import math
from collections.abc import Awaitable, Callable

import pytest

from app.errors import BackendOverloadedError, BackendTimeoutError, BackendUnavailableError
from app.rest import RestClient, Stats
from app.rest.answer import NoAnswerError
from app.rest.places import Places
from tests.app.rest.backend import Backend, Request, Thing, answering, caller, calling


async def well(request: Request) -> None:
    await request.answer()


def held(until: asyncio.Event) -> Callable[[Request], Awaitable[None]]:
    """Answer nothing before the event."""

    async def answer(request: Request) -> None:
        await until.wait()
        await request.answer()

    return answer


def read(client: RestClient, number: int, seconds: float = math.inf) -> asyncio.Task[Thing]:
    return asyncio.create_task(client.get(caller(seconds), "/things/{id}", Thing, params={"id": str(number)}))


def asked(backend: Backend, count: int) -> Callable[[], bool]:
    return lambda: len(backend.requests) >= count


@pytest.mark.parametrize("limit", [1, 7, 100])
async def test_five_hundred_reads_at_once_share_the_connections_there_are(limit: int) -> None:
    async def answer(request: Request) -> None:
        await request.answer(f'{{"id":"{request.target[8:]}"}}'.encode())

    async with answering(answer) as backend, calling(backend, settings={"max_calls": limit}) as client:
        things = await asyncio.gather(*[read(client, number) for number in range(500)])
        assert [thing.id for thing in things] == [str(number) for number in range(500)]
        assert backend.connections <= limit


async def test_who_waits_is_served_in_order_reads_and_writes_alike() -> None:
    async with (
        answering(well) as backend,
        calling(backend, share_reads=False, settings={"max_calls": 1}) as client,
    ):
        calls = [
            read(client, number)
            if number % 2
            else asyncio.create_task(client.send(caller(), "POST", f"/things/{number}", Thing, idempotency_key="k"))
            for number in range(20)
        ]
        await asyncio.gather(*calls)
        assert backend.calls == [f"{'GET' if number % 2 else 'POST'} /things/{number}" for number in range(20)]


async def test_who_finds_the_line_full_is_refused_at_once() -> None:
    released = asyncio.Event()
    async with (
        answering(held(released)) as backend,
        calling(backend, settings={"max_calls": 1, "max_waiting": 2}) as client,
    ):
        waiting = [read(client, number) for number in range(3)]
        await backend.until(asked(backend, 1))
        with pytest.raises(BackendOverloadedError) as caught:
            await read(client, 4)
        assert caught.value.message == (
            "The things service was not asked (GET /things/{id}): too many calls wait for it."
        )
        assert caught.value.extensions == {
            "code": "BACKEND_OVERLOADED",
            "service": "things",
            "retryAfter": 1.0,
            "requestId": "r1",
        }
        assert (client.stats.queue_refused, client.attempts.waiting) == (1, 2)
        released.set()
        assert await asyncio.gather(*waiting) == [Thing("t1")] * 3
        assert len(backend.requests) == 3


async def test_who_leaves_the_line_frees_their_place_in_it() -> None:
    released = asyncio.Event()
    async with answering(held(released)) as backend, calling(backend, settings={"max_calls": 1}) as client:
        first, second, third = [read(client, number) for number in range(3)]
        await backend.until(asked(backend, 1))
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert client.attempts.waiting == 1
        released.set()
        assert await first == await third == Thing("t1")
        assert backend.calls == ["GET /things/0", "GET /things/2"]


async def test_who_leaves_while_being_served_frees_their_place() -> None:
    released = asyncio.Event()
    async with answering(held(released)) as backend, calling(backend, settings={"max_calls": 1}) as client:
        first, second = read(client, 0), read(client, 1)
        await backend.until(asked(backend, 1))
        first.cancel()
        await backend.until(asked(backend, 2))
        released.set()
        assert await second == Thing("t1")


async def test_a_place_given_to_somebody_who_leaves_in_that_moment_is_passed_on() -> None:
    places = Places(1, 10, Stats())
    assert places.take()
    second, third = [asyncio.create_task(places.wait()) for _ in range(2)]
    await asyncio.sleep(0)
    places.leave()
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    await third
    assert not places.take()
    places.leave()
    assert places.take()


async def test_time_spent_in_line_counts() -> None:
    released = asyncio.Event()
    async with answering(held(released)) as backend, calling(backend, timeout=0.3, settings={"max_calls": 1}) as client:
        results = await asyncio.gather(*[read(client, number) for number in range(20)], return_exceptions=True)
        assert [type(result) for result in results] == [BackendTimeoutError] * 20
        assert backend.calls[0] == "GET /things/0"
        assert len(backend.calls) < 5, "who began a moment later may still have its turn, if not its answer"
        released.set()
        assert await read(client, 20) == Thing("t1")


async def test_a_stream_keeps_no_read_from_its_place() -> None:
    async with (
        answering(well) as backend,
        calling(backend, settings={"max_calls": 1}) as client,
        client.stream(caller(), "GET", "/things") as chunks,
    ):
        assert await read(client, 0) == Thing("t1")
        assert [chunk async for chunk in chunks] == [b'{"id":"t1"}']


async def test_closing_sends_away_who_waits() -> None:
    released = asyncio.Event()
    async with answering(held(released)) as backend, calling(backend, settings={"max_calls": 1}) as client:
        reads = [read(client, number) for number in range(3)]
        await backend.until(asked(backend, 1))
        await client.aclose()
        results = await asyncio.gather(*reads, return_exceptions=True)
        assert [type(result) for result in results] == [BackendUnavailableError] * 3

    places = Places(0, 10, Stats())
    waiting = asyncio.create_task(places.wait())
    await asyncio.sleep(0)
    places.close()
    with pytest.raises(NoAnswerError):
        await waiting
