"""How long a call may take, and whose time ran out."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest

from app.errors import BackendTimeoutError, DeadlineExceededError
from app.rest import Caller, Deadline, RestClient
from tests.app.rest.backend import Request, Thing, answering, caller, calling, response

Ask: TypeAlias = Callable[[RestClient, Caller], Awaitable[object]]


async def reading(client: RestClient, who: Caller) -> object:
    return await client.get(who, "/things", Thing)


async def writing(client: RestClient, who: Caller) -> object:
    return await client.send(who, "POST", "/things", Thing, idempotency_key="k")


async def streaming(client: RestClient, who: Caller) -> object:
    async with client.stream(who, "GET", "/things") as chunks:
        return [chunk async for chunk in chunks]


async def pinging(client: RestClient, who: Caller) -> object:
    return await client.ping(who)


ROUTES: dict[Ask, str] = {
    reading: "GET /things",
    writing: "POST /things",
    streaming: "GET /things",
    pinging: "GET /health",
}

asking = pytest.mark.parametrize("ask", ROUTES)


def stalling(data: bytes) -> Callable[[Request], Awaitable[None]]:
    """Send this much and then nothing until the client hangs up."""

    async def answer(request: Request) -> None:
        await request.send(data)
        await request.until_closed()

    return answer


slow = pytest.mark.parametrize(
    "data", [b"", b"HTTP/1.1 200 OK\r\ncontent-type: app", response()[:-3]], ids=["nothing", "headers", "body"]
)


@asking
@slow
async def test_when_the_service_is_slower_than_its_timeout_the_service_is_to_blame(ask: Ask, data: bytes) -> None:
    async with answering(stalling(data)) as backend, calling(backend, timeout=0.05) as client:
        with pytest.raises(BackendTimeoutError) as caught:
            await ask(client, caller())
        assert caught.value.message == f"The things service did not answer {ROUTES[ask]} within 0.05 s."
        assert caught.value.extensions == {"code": "BACKEND_TIMEOUT", "service": "things", "requestId": "r1"}
        assert len(backend.requests) <= 1
        await backend.until(lambda: backend.open_connections == 0)


@asking
@slow
async def test_when_the_request_runs_out_of_time_first_the_request_is_to_blame(ask: Ask, data: bytes) -> None:
    async with answering(stalling(data)) as backend, calling(backend) as client:
        with pytest.raises(DeadlineExceededError) as caught:
            await ask(client, caller(seconds=0.05))
        message = f"The time for the whole request ran out in the things service ({ROUTES[ask]})."
        assert caught.value.message == message
        assert caught.value.extensions == {"code": "REQUEST_TIMEOUT", "service": "things"}
        await backend.until(lambda: backend.open_connections == 0)


@asking
async def test_once_the_deadline_has_passed_nothing_is_asked(ask: Ask) -> None:
    async with answering(stalling(b"")) as backend, calling(backend) as client:
        with pytest.raises(DeadlineExceededError) as caught:
            await ask(client, caller(seconds=0))
        assert caught.value.message == "The time for the whole request is used up."
        assert (backend.connections, client.stats.calls) == (0, 0)


@pytest.mark.parametrize(("seconds", "announced"), [(math.inf, 5.0), (60.0, 5.0), (2.0, 2.0)])
async def test_the_backend_is_told_how_many_seconds_are_left(seconds: float, announced: float) -> None:
    async def answer(request: Request) -> None:
        await request.answer()

    async with answering(answer) as backend, calling(backend, timeout=5.0) as client:
        await reading(client, caller(seconds))
        await writing(client, caller(seconds))
        left = [float(request.headers["x-request-timeout"]) for request in backend.requests]
        assert all(announced - 1 < value <= announced for value in left)


async def test_a_stream_may_last_longer_than_the_timeout_as_long_as_it_moves() -> None:
    async def answer(request: Request) -> None:
        await request.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(8):
            await asyncio.sleep(0.05)
            await request.send(b"1\r\nx\r\n")
        await request.send(b"0\r\n\r\n")

    async with answering(answer) as backend, calling(backend, timeout=0.3) as client:
        assert await streaming(client, caller()) == [b"x"] * 8


async def test_connecting_to_a_host_that_never_shakes_hands_counts() -> None:
    async with answering(stalling(b"")) as backend:
        backend.scheme = "https"
        async with calling(backend, timeout=0.05) as client:
            with pytest.raises(BackendTimeoutError):
                await reading(client, caller())


def test_a_deadline_counts_down_on_its_clock() -> None:
    now = [100.0]
    deadline = Deadline.after(2.5, clock=lambda: now[0])
    assert deadline.remaining() == 2.5
    now[0] = 102.0
    deadline.check()
    now[0] = 103.0
    assert deadline.remaining() == 0.0
    with pytest.raises(DeadlineExceededError):
        deadline.check()
