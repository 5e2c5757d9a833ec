"""Sockets are read bit by bit: long messages and many come whole, in order, and others are served in between."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import websockets
from starlette.types import Message, Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect

from app.server.websocket.protocol import PIECE_BYTES, SocketProtocol
from tests.app.server.serving import Serving, serving


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Sends back the length of each message."""
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": json.dumps(len(message["text"]))})


@pytest.fixture
async def server() -> AsyncIterator[Serving]:
    async with serving(app, ws=SocketProtocol) as running:
        yield running


def a_socket(server: Serving) -> connect:
    return connect(f"ws://127.0.0.1:{server.port}/", compression=None)


async def answers(socket: ClientConnection, count: int) -> list[int]:
    async with asyncio.timeout(10):
        return [json.loads(await socket.recv()) for _ in range(count)]


async def flood(socket: ClientConnection, text: str, count: int) -> None:
    """Send this so many times at once, and have the answer to each."""
    sending = asyncio.gather(*(socket.send(text) for _ in range(count)))
    assert await answers(socket, count) == [1] * count
    await sending


async def test_long_and_short_messages_come_whole_and_in_order(server: Serving) -> None:
    lengths = [1, PIECE_BYTES - 6, PIECE_BYTES, 3 * PIECE_BYTES, 900_000, 2, *range(500)]
    async with a_socket(server) as socket:
        sending = asyncio.gather(*(socket.send("x" * length) for length in lengths))
        assert await answers(socket, len(lengths)) == lengths
        await sending


async def test_a_message_in_parts_comes_whole(server: Serving) -> None:
    async with a_socket(server) as socket:
        await socket.send(["x" * 1000] * 10)
        assert await answers(socket, 1) == [10_000]


async def test_others_are_served_while_one_floods(server: Serving) -> None:
    async with a_socket(server) as flooding, a_socket(server) as other:
        flooded = asyncio.create_task(flood(flooding, "x", 5000))
        await other.send("xx")
        assert await answers(other, 1) == [2]
        await flooded


async def test_who_has_sent_little_passes_those_who_flood() -> None:
    served: list[str] = []
    are_many = asyncio.Event()

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        async def noted() -> Message:
            served.append((message := await receive()).get("text", ""))
            if len(served) == 5000:
                are_many.set()
            return message

        await app(scope, noted, send)

    async with serving(noting, ws=SocketProtocol) as server, AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(a_socket(server)) for _ in range(6)]
        floods = [asyncio.create_task(flood(each, "x", 3000)) for each in sockets[1:]]
        await asyncio.wait_for(are_many.wait(), 10)
        await flood(sockets[0], "y", 1000)
        before, after = served.index("y"), len(served)
        await asyncio.gather(*floods)

    assert served[before:after].count("x") < 1000


async def test_who_closes_after_a_long_message_is_told_so(server: Serving) -> None:
    async with a_socket(server) as socket:
        await socket.send("x" * 100_000)
        assert await answers(socket, 1) == [100_000]
        await socket.close(1000)
        assert (socket.close_code, socket.close_reason) == (1000, "")


async def test_text_that_is_none_ends_the_socket(server: Serving) -> None:
    async with a_socket(server) as socket:
        await socket.send(b"\xff\xfe", text=True)
        with pytest.raises(websockets.ConnectionClosedError) as closed:
            await socket.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1007


async def test_a_handshake_that_cannot_be_read_is_refused(server: Serving) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connect(f"ws://127.0.0.1:{server.port}/", additional_headers={"x-a": "a" * 10_000}):
            pass

    assert refused.value.response.status_code == 400
