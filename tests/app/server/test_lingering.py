"""What still comes when all is said is read slowly, so that others are served meanwhile."""

import asyncio
from contextlib import suppress

from starlette.types import Message

from app.server.guard import ConnectionLimits
from app.server.parameters import discard_body
from app.server.websocket.protocol import SocketProtocol
from tests.app.server.serving import serving
from tests.app.server.test_guard import guarded
from tests.app.server.test_websocket_protocol import app
from tests.attacks.floods import HANDSHAKE

SECONDS = 5
MB = 1_000_000


async def taken(port: int, begun: bytes = b"") -> int:
    """How many bytes of what is none can be sent until the connection is ended, once it was begun and answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    if begun:
        writer.write(begun)
        await reader.readuntil(b"\r\n\r\n")
    sent = 0
    with suppress(ConnectionError):
        async with asyncio.timeout(SECONDS):
            while True:
                writer.write(bytes(MB))
                await writer.drain()
                sent += MB
    writer.transport.abort()
    return sent


async def test_a_connection_that_is_refused_is_hardly_read() -> None:
    async with guarded(ConnectionLimits()) as server:
        assert await taken(server.port) < 50 * MB


async def test_a_socket_that_is_ended_is_hardly_read() -> None:
    async with serving(app, ws=SocketProtocol) as server:
        assert await taken(server.port, HANDSHAKE + b"\r\n") < 50 * MB


async def test_a_body_that_is_refused_is_read_with_pauses() -> None:
    pieces = 100

    async def receive() -> Message:
        nonlocal pieces
        pieces -= 1
        return {"type": "http.request", "body": b"x", "more_body": pieces > 0}

    async def ticks() -> int:
        count = 0
        while not reading.done():
            await asyncio.sleep(0)
            count += 1
        return count

    reading = asyncio.create_task(discard_body(receive))

    assert await ticks() > 100
