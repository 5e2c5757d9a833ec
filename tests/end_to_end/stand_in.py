"""A server in front of a real backend, which passes everything on until it is told to misbehave."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as it came in."""

    head: bytes
    body: bytes
    writer: asyncio.StreamWriter

    @property
    def is_write(self) -> bool:
        return not self.head.startswith(b"GET ")

    async def answer(self, body: bytes, status: str = "200 OK", content_type: str = "application/json") -> None:
        head = f"HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + body)
        await self.writer.drain()


Misbehaviour: TypeAlias = Callable[["StandIn", Asked], Awaitable[None]]


class StandIn:
    """Listens on a port of its own. `upstream` is the URL of the backend that it stands in for.

    It speaks TLS while it has an `ssl_context`; a new one counts from the next start.
    """

    def __init__(self, ssl_context: ssl.SSLContext | None = None) -> None:
        self.ssl_context = ssl_context
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.upstream = ""
        self.requests: list[str] = []
        self._misbehaviour: Misbehaviour | None = None
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    @property
    def url(self) -> str:
        return f"{'https' if self.ssl_context else 'http'}://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.ssl_context)

    async def stop(self) -> None:
        """Refuse new connections, and reset those that are open."""
        assert self._server is not None
        self._server.close()
        await self.hang_up()

    async def hang_up(self) -> None:
        """Reset every connection; the one that is being served ends by itself."""
        current = asyncio.current_task()
        served = [task for task in self._connections.values() if task is not current]
        for writer, task in list(self._connections.items()):
            writer.transport.abort()
            if task is not current:
                task.cancel()
        await asyncio.gather(*served, return_exceptions=True)

    @asynccontextmanager
    async def misbehaving(self, misbehaviour: Misbehaviour) -> AsyncIterator[None]:
        """Treat every request so while the block runs, and be the backend again after it."""
        self._misbehaviour = misbehaviour
        self.requests.clear()
        try:
            yield
        finally:
            self._misbehaviour = None
            await self.hang_up()

    @asynccontextmanager
    async def refusing(self) -> AsyncIterator[None]:
        """Be a port that nobody listens on while the block runs."""
        await self.stop()
        try:
            yield
        finally:
            await self.start()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[writer] = task
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                while not writer.is_closing():
                    asked = await _read(reader, writer)
                    self.requests.append(asked.head.partition(b" HTTP/")[0].decode())
                    await (self._misbehaviour or StandIn.pass_on)(self, asked)
        finally:
            writer.close()
            del self._connections[writer]

    async def pass_on(self, asked: Asked) -> None:
        asked.writer.write(await self.fetch(asked))
        await asked.writer.drain()

    async def fetch(self, asked: Asked) -> bytes:
        """What the real backend answers."""
        upstream = urlsplit(self.upstream)
        method, _, rest = asked.head.partition(b" ")
        reader, writer = await asyncio.open_connection(upstream.hostname, upstream.port)
        try:
            head = rest.replace(b"\r\n", b"\r\nconnection: close\r\n", 1)
            writer.write(b"%s %s%s%s" % (method, upstream.path.encode(), head, asked.body))
            answer = await reader.read()
            return answer.replace(b"connection: close\r\n", b"", 1)
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Asked:
    head = await reader.readuntil(b"\r\n\r\n")
    fields = (line.partition(b":") for line in head.lower().split(b"\r\n"))
    length = next((int(value) for name, _, value in fields if name == b"content-length"), 0)
    return Asked(head, await reader.readexactly(length), writer)


@asynccontextmanager
async def standing_in(ssl_context: ssl.SSLContext | None = None) -> AsyncIterator[StandIn]:
    """A stand-in that serves while the block runs; `upstream` is to be set before anything is asked of it."""
    stand_in = StandIn(ssl_context)
    await stand_in.start()
    try:
        yield stand_in
    finally:
        await stand_in.stop()


async def hang(stand_in: StandIn, asked: Asked) -> None:
    """Accept, and never answer."""
    await asyncio.Event().wait()


async def fail(stand_in: StandIn, asked: Asked) -> None:
    await asked.answer(b'{"detail": "a secret of the backend"}', "500 Internal Server Error")


async def be_overloaded(stand_in: StandIn, asked: Asked) -> None:
    await asked.answer(b"", "503 Service Unavailable")


async def show_a_page(stand_in: StandIn, asked: Asked) -> None:
    await asked.answer(b"<html><body>Welcome to nginx!</body></html>", content_type="text/html")


async def break_off_json(stand_in: StandIn, asked: Asked) -> None:
    await asked.answer(b'{"items": [{"id": "cnt_1", "owner_id"')


async def send_other_rows(stand_in: StandIn, asked: Asked) -> None:
    row = b'{"id": 7, "name": "not content at all"}'
    await asked.answer(b'{"items": [%s], "total": 1, "groups": {"lst_1": {"items": [%s], "total": 1}}}' % (row, row))


async def send_null(stand_in: StandIn, asked: Asked) -> None:
    await asked.answer(b"null")


async def close_in_the_middle(stand_in: StandIn, asked: Asked) -> None:
    asked.writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{")
    await asked.writer.drain()
    asked.writer.close()


async def send_too_much(stand_in: StandIn, asked: Asked) -> None:
    await asked.answer(b'{"items": [], "total": 0, "padding": "%s"}' % (b"x" * 300_000))


async def speak_nonsense(stand_in: StandIn, asked: Asked) -> None:
    asked.writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    await asked.writer.drain()


async def reset(stand_in: StandIn, asked: Asked) -> None:
    asked.writer.transport.abort()


async def die(stand_in: StandIn, asked: Asked) -> None:
    """Stop listening and reset every connection, while a request waits for its answer."""
    await stand_in.stop()
