"""Connections by the thousand, and what is sent over them without end."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from tests.attacks.world import Fortress

HEAD = b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: graphql-transport-ws\r\n"
)
INIT = json.dumps({"type": "connection_init"})
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
ASKED = b"GET /graphql?query={viewer{roles}} HTTP/1.1\r\nhost: a\r\ngraphql-preflight: 1\r\n\r\n"


def frame(opcode: int, content: bytes = b"", *, is_last: bool = True) -> bytes:
    """A frame of a client (RFC 6455, section 5.2), masked with zeros."""
    head = bytes([opcode | (0x80 if is_last else 0)])
    if len(content) < 126:
        return head + bytes([0x80 | len(content)]) + bytes(4) + content
    return head + bytes([0x80 | 127]) + struct.pack("!Q", len(content)) + bytes(4) + content


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Beginning = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""What is done with a connection before the next one is opened."""


@asynccontextmanager
async def opened(under: Fortress, count: int, beginning: Beginning | None = None) -> AsyncIterator[list[Connection]]:
    """So many connections, which are torn down in the end."""
    connections: list[Connection] = []
    try:
        for _ in range(count):
            connections.append(await asyncio.open_connection("127.0.0.1", under.port))
            if beginning is not None:
                await beginning(*connections[-1])
        yield connections
    finally:
        for _, writer in connections:
            writer.transport.abort()
            writer.close()
        with suppress(OSError):
            await asyncio.gather(*(writer.wait_closed() for _, writer in connections), return_exceptions=True)


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection without a FIN, as who crashes does, or a proxy that has had enough."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Make a socket of a connection, as the protocol has it."""
    writer.write(HANDSHAKE + b"\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.write(frame(TEXT, INIT.encode()))
    await reader.readuntil(b'"connection_ack"}')


def streaming(under: Fortress) -> Beginning:
    """Have a connection carry a subscription, as one may whose token is good."""
    query = json.dumps({"query": "subscription { notificationReceived { __typename } }"}).encode()
    head = f"accept: text/event-stream\r\nauthorization: Bearer {under.token()}\r\ncontent-length: {len(query)}\r\n\r\n"

    async def begin_stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + head.encode() + query)
        await reader.readuntil(b"text/event-stream")

    return begin_stream


async def send_without_end(writer: asyncio.StreamWriter, content: bytes, seconds: float) -> None:
    """Send the same again and again, and read nothing, for so long or until the connection is ended."""
    with suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                writer.write(content)
                await writer.drain()


async def flood(under: Fortress, content: bytes, connections: int = 1, seconds: float = 1.0) -> None:
    """Open connections, and send without end on all of them."""
    async with opened(under, connections) as found:
        await asyncio.gather(*(send_without_end(writer, content, seconds) for _, writer in found))


async def flood_socket(under: Fortress, content: bytes, seconds: float = 1.0) -> None:
    """Open a socket in good order, and send without end."""
    async with opened(under, 1, begin) as [(_, writer)]:
        await send_without_end(writer, content, seconds)


async def hold(under: Fortress, begun: bytes, connections: int) -> None:
    """Open connections, begin each, and send no more until all are ended."""
    async with opened(under, connections) as found:
        for _, writer in found:
            writer.write(begun)
        await asyncio.gather(*(reader.read() for reader, _ in found), return_exceptions=True)


async def leave(under: Fortress, count: int, beginning: Beginning, *, by_reset: bool = False) -> None:
    """Begin so many, and leave all of them at once, with a FIN or a reset."""
    async with opened(under, count, beginning) as found:
        if by_reset:
            for _, writer in found:
                reset(writer)
