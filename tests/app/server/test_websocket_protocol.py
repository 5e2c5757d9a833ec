"""Sockets are read bit by bit: long messages and many come whole, in order, and others are served in between."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import websockets
from starlette.types import Receive, Scope, Send
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
        flood = asyncio.gather(*(flooding.send("x") for _ in range(5000)))
        await other.send("xx")
        assert await answers(other, 1) == [2]
        assert await answers(flooding, 5000) == [1] * 5000
        await flood


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
