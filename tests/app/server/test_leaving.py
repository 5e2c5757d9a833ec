"""Clients that leave together are let go one after the other, so that others are served meanwhile."""

import asyncio
from typing import cast

from app.server.guard import ConnectionLimits
from app.server.leaving import let_go
from app.server.websocket.protocol import SocketProtocol
from tests.app.server.serving import Serving, serving
from tests.app.server.test_guard import guarded
from tests.app.server.test_websocket_protocol import app
from tests.attacks.floods import HANDSHAKE, HEAD

MANY = 100
SECONDS = 5


async def most_in_a_turn(server: Serving, begun: bytes, *, is_answered: bool = False) -> int:
    """How many of those who begin so and leave together are let go in one turn of the event loop, at most."""
    opened = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(MANY)]
    for reader, writer in opened:
        writer.write(begun)
        if is_answered:
            await reader.readuntil(b"\r\n\r\n")
    there = server.server.server_state.connections
    async with asyncio.timeout(SECONDS):
        while len(there) < MANY:  # noqa: ASYNC110 -- the server has no word for it
            await asyncio.sleep(0)
        for _, writer in opened:
            writer.transport.abort()
        most = 0
        while before := len(there):
            await asyncio.sleep(0)
            most = max(most, before - len(there))
    return most


async def test_connections() -> None:
    async with guarded(ConnectionLimits()) as server:
        assert await most_in_a_turn(server, HEAD) == 1


async def test_connections_that_are_refused() -> None:
    async with guarded(ConnectionLimits()) as server:
        assert await most_in_a_turn(server, b"hello\r\n\r\n", is_answered=True) == 1


async def test_sockets() -> None:
    async with serving(app, ws=SocketProtocol) as server:
        assert await most_in_a_turn(server, HANDSHAKE + b"\r\n", is_answered=True) == 1


class Encrypted(asyncio.Transport):
    def can_write_eof(self) -> bool:
        return False


async def test_who_leaves_a_connection_with_tls_is_let_go_at_once() -> None:
    assert not let_go(cast(asyncio.Transport, Encrypted()))
