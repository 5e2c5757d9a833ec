"""A real backend on a loopback port that answers, byte for byte, as a test wants it to."""

import asyncio
import math
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from app.rest import Caller, Deadline, RestClient, Service
from app.settings import ServiceSettings

THINGS = Service("things", 0)


class Thing(msgspec.Struct, frozen=True):
    id: str


@dataclass
class Request:
    """What came in, and the means to answer it. `connection` counts from 1."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int
    writer: asyncio.StreamWriter
    reader: asyncio.StreamReader

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, body: bytes = b'{"id":"t1"}', status: int = 200, **headers: str) -> None:
        await self.send(response(body, status, **headers))

    def reset(self) -> None:
        """Drop the connection so that the client sees a reset rather than an end."""
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def until_closed(self) -> None:
        """Wait until the client hangs up."""
        await self.reader.read()


Answering: TypeAlias = Callable[[Request], Awaitable[None]]


@dataclass
class Backend:
    """A server that is up, and everything it was asked."""

    port: int = 0
    scheme: str = "http"
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    open_connections: int = 0
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def calls(self) -> list[str]:
        return [f"{request.method} {request.target}" for request in self.requests]

    async def until(self, is_reached: Callable[[], bool]) -> None:
        """Wait until requests and connections are as the predicate says."""
        async with asyncio.timeout(5), self.arrived:
            await self.arrived.wait_for(is_reached)

    async def changed(self) -> None:
        async with self.arrived:
            self.arrived.notify_all()


def response(body: bytes = b'{"id":"t1"}', status: int = 200, **headers: str) -> bytes:
    """A well-formed answer; keyword arguments replace or add headers."""
    fields = {"content_type": "application/json", "content_length": str(len(body)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode() + body


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    else:
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, target, headers, body, connection, writer, reader)


@asynccontextmanager
async def answering(answer: Answering, ssl_context: ssl.SSLContext | None = None) -> AsyncIterator[Backend]:
    """Serve every request by calling `answer`, which may write, wait, reset or close as it likes."""
    backend = Backend(scheme="https" if ssl_context else "http")
    tasks: list[asyncio.Task[None]] = []
    writers: list[asyncio.StreamWriter] = []

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        tasks.append(asyncio.create_task(serve(reader, writer)))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        backend.connections += 1
        backend.open_connections += 1
        connection = backend.connections
        await backend.changed()
        try:
            while not writer.is_closing():
                request = await _request(reader, writer, connection)
                if request is None:
                    break
                backend.requests.append(request)
                await backend.changed()
                await answer(request)
        except (ConnectionError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            writer.close()
            backend.open_connections -= 1
            await backend.changed()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=ssl_context, backlog=1024)
    backend.port = server.sockets[0].getsockname()[1]
    try:
        yield backend
    finally:
        for _ in range(5):  # turns of the loop in which a connection being accepted becomes a writer
            await asyncio.sleep(0)
        server.close()
        await _end(tasks, writers)


async def _end(tasks: list[asyncio.Task[None]], writers: list[asyncio.StreamWriter]) -> None:
    for task in tasks:
        task.cancel()
    for writer in writers:
        writer.transport.abort()
    await asyncio.gather(*tasks, *[writer.wait_closed() for writer in writers], return_exceptions=True)


@asynccontextmanager
async def calling(
    backend: Backend,
    timeout: float = 5.0,  # noqa: ASYNC109 -- the setting, not a limit of this function
    max_response_bytes: int = 100_000,
    *,
    service: Service = THINGS,
    settings: Mapping[str, Any] | None = None,
    **options: Any,
) -> AsyncIterator[RestClient]:
    """A client of that backend; `options` are those of `RestClient`, `settings` the service's other settings."""
    given = ServiceSettings(url=backend.url, timeout=timeout, max_response_bytes=max_response_bytes)
    client = RestClient(service, given.model_copy(update=settings), **options)
    try:
        yield client
    finally:
        await client.aclose()


def caller(seconds: float = math.inf, authorization: str | None = "Bearer t", **more: Any) -> Caller:
    """Who asks, with that many seconds for the whole request."""
    return Caller(authorization, "r1", Deadline.after(seconds), **more)
