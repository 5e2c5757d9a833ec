"""When a call is tried again: once, and only if the connection failed before an answer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest

from app.errors import BackendError, BackendInvalidResponseError, BackendUnavailableError
from app.rest import RestClient
from tests.app.rest.backend import Request, Thing, answering, caller, calling, response

Ask: TypeAlias = Callable[[RestClient], Awaitable[Thing]]


async def reading(client: RestClient) -> Thing:
    return await client.get(caller(), "/things", Thing)


async def writing(client: RestClient) -> Thing:
    return await client.send(caller(), "POST", "/things", Thing, body={"n": 1}, idempotency_key="k1")


CUT_SHORT = response(content_length="50")

asking = pytest.mark.parametrize("ask", [reading, writing])


@asking
@pytest.mark.parametrize("drop", ["reset", "close"])
async def test_a_stale_connection_is_replaced_by_a_fresh_one_however_many_are_stale(ask: Ask, drop: str) -> None:
    warmed = asyncio.Barrier(3)

    async def answer(request: Request) -> None:
        if request.target.startswith("/warm"):
            await warmed.wait()
            await request.answer()
        elif request.connection > 3:
            await request.answer()
        elif drop == "reset":
            request.reset()
        else:
            request.writer.close()

    def warming(client: RestClient, number: str) -> Awaitable[Thing]:
        if ask is reading:
            return client.get(caller(), "/warm/{number}", Thing, params={"number": number})
        return client.send(caller(), "POST", "/warm", Thing, idempotency_key=number)

    async with answering(answer) as backend, calling(backend) as client:
        await asyncio.gather(*[warming(client, str(number)) for number in range(3)])
        assert await ask(client) == Thing("t1")
        assert client.stats.retried == 1
        assert backend.calls[3:] == [backend.calls[3]] * 2


@asking
async def test_a_backend_that_always_resets_is_tried_twice(ask: Ask) -> None:
    async def answer(request: Request) -> None:
        request.reset()

    async with answering(answer) as backend, calling(backend) as client:
        with pytest.raises(BackendUnavailableError):
            await ask(client)
        assert len(backend.requests) == 2
        assert (client.stats.retried, client.stats.failures) == (1, 1)


@asking
async def test_a_refused_connection_is_tried_twice(ask: Ask) -> None:
    async def answer(request: Request) -> None: ...

    async with answering(answer) as backend:
        pass
    async with calling(backend) as client:
        with pytest.raises(BackendUnavailableError) as caught:
            await ask(client)
        assert caught.value.message.endswith("/things): connection refused.")
        assert (client.stats.retried, client.stats.failures) == (1, 1)


@asking
@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
async def test_an_answer_is_final_whatever_its_status(ask: Ask, status: int) -> None:
    async def answer(request: Request) -> None:
        await request.answer(status=status)

    async with answering(answer) as backend, calling(backend) as client:
        with pytest.raises(BackendError):
            await ask(client)
        assert len(backend.requests) == 1
        assert client.stats.retried == 0


@pytest.mark.parametrize(
    ("ask", "start"),
    [(reading, b"H"), (reading, b"HTTP/1.1 200 OK\r\n"), (reading, CUT_SHORT), (writing, CUT_SHORT)],
)
async def test_a_started_answer_is_final(ask: Ask, start: bytes) -> None:
    async def answer(request: Request) -> None:
        await request.send(start)
        request.writer.close()

    async with answering(answer) as backend, calling(backend) as client:
        with pytest.raises(BackendInvalidResponseError) as caught:
            await ask(client)
        assert caught.value.message.endswith(" /things is not acceptable: it ended early.")
        assert len(backend.requests) == 1


async def test_a_write_tried_again_carries_the_same_key_and_body() -> None:
    async def answer(request: Request) -> None:
        if request.connection == 1:
            request.reset()
        else:
            await request.answer()

    async with answering(answer) as backend, calling(backend) as client:
        assert await writing(client) == Thing("t1")
        sent = [(request.headers["idempotency-key"], request.body) for request in backend.requests]
        assert sent == [("k1", b'{"n":1}')] * 2
