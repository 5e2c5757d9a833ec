"""Identical reads under way at the same time are one call."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from app.errors import BackendError, BackendUnavailableError, DeadlineExceededError
from app.rest import Caller, Query, RestClient
from tests.app.rest.backend import Backend, Request, Thing, answering, caller, calling


class Held:
    """Answers requests, numbered, once it is let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.count = 0

    async def __call__(self, request: Request) -> None:
        self.count += 1
        number = self.count
        if request.method == "GET":
            await self.let_go.wait()
        await request.answer(f'{{"id":"t{number}"}}'.encode())


def read(client: RestClient, who: Caller, query: Query = ()) -> asyncio.Task[Thing]:
    return asyncio.create_task(client.get(who, "/things", Thing, query))


def asked(backend: Backend, count: int) -> Callable[[], bool]:
    return lambda: len(backend.requests) >= count


async def test_identical_reads_of_one_caller_are_one_call_with_one_value() -> None:
    held = Held()
    async with answering(held) as backend, calling(backend) as client:
        reads = [read(client, caller()) for _ in range(50)]
        await backend.until(asked(backend, 1))
        held.let_go.set()
        things = await asyncio.gather(*reads)
        assert things == [Thing("t1")] * 50
        assert all(thing is things[0] for thing in things)
        assert backend.calls == ["GET /things"]
        assert (client.stats.calls, client.stats.shared) == (50, 49)


async def test_a_read_after_the_answer_is_a_call_of_its_own() -> None:
    held = Held()
    held.let_go.set()
    async with answering(held) as backend, calling(backend) as client:
        assert [await read(client, caller()) for _ in range(3)] == [Thing("t1"), Thing("t2"), Thing("t3")]
        assert client.stats.shared == 0


async def test_other_tokens_and_other_queries_are_other_calls() -> None:
    held = Held()
    held.let_go.set()
    async with answering(held) as backend, calling(backend) as client:
        await asyncio.gather(
            read(client, caller(authorization="Bearer a")),
            read(client, caller(authorization="Bearer b")),
            read(client, caller(authorization=None)),
            read(client, caller(authorization="Bearer a"), (("q", "1"),)),
            read(client, caller(authorization="Bearer a"), (("q", "2"),)),
        )
        assert len(backend.requests) == 5
        assert client.stats.shared == 0


async def test_sharing_can_be_switched_off() -> None:
    held = Held()
    held.let_go.set()
    async with answering(held) as backend, calling(backend, share_reads=False) as client:
        await asyncio.gather(*[read(client, caller()) for _ in range(4)])
        assert (len(backend.requests), client.stats.shared) == (4, 0)


@pytest.mark.parametrize("leaver", [0, 1])
async def test_when_one_sharer_is_cancelled_the_others_get_the_answer(leaver: int) -> None:
    held = Held()
    async with answering(held) as backend, calling(backend) as client:
        reads = [read(client, caller()) for _ in range(3)]
        await backend.until(asked(backend, 1))
        left = reads.pop(leaver)
        left.cancel()
        with pytest.raises(asyncio.CancelledError):
            await left
        held.let_go.set()
        assert await asyncio.gather(*reads) == [Thing("t1")] * 2
        assert backend.calls == ["GET /things"]


async def test_when_all_sharers_are_cancelled_so_is_the_call() -> None:
    held = Held()
    async with answering(held) as backend, calling(backend) as client:
        reads = [read(client, caller()) for _ in range(3)]
        await backend.until(asked(backend, 1))
        for leaving in reads:
            leaving.cancel()
        await asyncio.gather(*reads, return_exceptions=True)
        next_read = read(client, caller())
        await backend.until(asked(backend, 2))
        held.let_go.set()
        assert await next_read == Thing("t2")


async def test_each_sharer_keeps_its_own_deadline() -> None:
    held = Held()
    async with answering(held) as backend, calling(backend) as client:
        patient, hurried = read(client, caller()), read(client, caller(seconds=0.03))
        with pytest.raises(DeadlineExceededError):
            await hurried
        held.let_go.set()
        assert await patient == Thing("t1")
        assert backend.calls == ["GET /things"]


async def test_a_call_that_must_end_sooner_is_not_joined() -> None:
    held = Held()
    async with answering(held) as backend, calling(backend) as client:
        hurried = read(client, caller(seconds=1))
        await backend.until(asked(backend, 1))
        patient = read(client, caller())
        await backend.until(asked(backend, 2))
        also_patient = read(client, caller())
        held.let_go.set()
        assert [await hurried, await patient, await also_patient] == [Thing("t1"), Thing("t2"), Thing("t2")]
        assert len(backend.requests) == 2


async def test_a_failure_reaches_every_sharer_as_an_error_of_its_own() -> None:
    async def answer(request: Request) -> None:
        await request.answer(b"", status=500)

    async with answering(answer) as backend, calling(backend) as client:
        results = await asyncio.gather(*[read(client, caller()) for _ in range(3)], return_exceptions=True)
        assert [type(result) for result in results] == [BackendError] * 3
        assert len({id(result) for result in results}) == 3
        assert backend.calls == ["GET /things"]
        assert client.stats.failures == 3


async def test_a_read_after_a_write_never_joins_one_from_before_it() -> None:
    held = Held()
    async with answering(held) as backend, calling(backend) as client:
        before = read(client, caller())
        await backend.until(asked(backend, 1))
        await client.send(caller(), "POST", "/things", Thing, body={}, idempotency_key="k")
        after = read(client, caller())
        await backend.until(asked(backend, 3))
        held.let_go.set()
        assert [await before, await after] == [Thing("t1"), Thing("t3")]


async def test_closing_the_client_fails_every_sharer_and_ends_the_call() -> None:
    held = Held()
    async with answering(held) as backend, calling(backend) as client:
        reads: list[asyncio.Task[Any]] = [read(client, caller()) for _ in range(3)]
        await backend.until(asked(backend, 1))
        await client.aclose()
        results = await asyncio.gather(*reads, return_exceptions=True)
        assert [type(result) for result in results] == [BackendUnavailableError] * 3
        held.let_go.set()
        await backend.until(lambda: backend.open_connections == 0)
        with pytest.raises(BackendUnavailableError) as caught:
            await read(client, caller())
        assert caught.value.message == "The things service cannot be reached (GET /things): the client is closed."
