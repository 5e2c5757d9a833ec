"""The connections to one backend: bounded, kept alive, handed out in the order they were asked for."""

import asyncio
import ssl
from collections import OrderedDict, deque
from typing import Final

from app.rest.answer import Answer, NoAnswerError
from app.rest.connection import Connection
from app.rest.service import Origin

IDLE_SECONDS: Final = 4.0
"""Shorter than the 5 s after which uvicorn and others close an idle connection."""


class Pool:
    """At most `max_connections` connections; who comes when all are busy waits in line."""

    def __init__(
        self,
        origin: Origin,
        *,
        max_connections: int,
        max_body_bytes: int,
        ssl_context: ssl.SSLContext | None = None,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._origin = origin
        self._ssl_context = ssl_context
        self._max_connections = max_connections
        self._max_body_bytes = max_body_bytes
        self._idle_seconds = idle_seconds
        self._slots_taken = 0
        self._idle: deque[Connection] = deque()
        self._waiters: OrderedDict[asyncio.Future[Connection | None], None] = OrderedDict()
        self._connections: set[Connection] = set()
        self._sweeper: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def exchange(self, request: bytes, *, fresh: bool = False) -> Answer:
        """The answer to one request; `fresh` asks for a connection that was never used before.

        Raises `NoAnswerError` and `BadAnswerError`. Sets no time limit: cancel it.
        """
        connection = await self._acquire(fresh)
        try:
            return await connection.exchange(request)
        finally:
            self._release(connection)

    async def aclose(self) -> None:
        """Close every connection; whoever uses or awaits one gets `NoAnswerError`."""
        self._is_closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        while self._waiters:
            waiter, _ = self._waiters.popitem()
            if not waiter.done():
                waiter.set_exception(_closed())
        connections = list(self._connections)
        for connection in connections:
            connection.abort()
        for connection in connections:
            await connection.lost

    async def _acquire(self, fresh: bool) -> Connection:
        connection = await self._take()
        if connection is not None:
            if connection.is_reusable and not fresh:
                return connection
            connection.abort()
        try:
            return await self._connect()
        except BaseException:
            self._give(None)
            raise

    async def _take(self) -> Connection | None:
        """A connection that was used before, or None for the right to open one."""
        if self._is_closed:
            raise _closed()
        if self._idle:
            return self._idle.pop()
        if self._slots_taken < self._max_connections:
            self._slots_taken += 1
            return None
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = None
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter in self._waiters:
                del self._waiters[waiter]
            elif not waiter.cancelled() and waiter.exception() is None:
                self._give(waiter.result())
            raise

    def _give(self, connection: Connection | None) -> None:
        """Hand a connection, or the right to open one, to the first in line."""
        while self._waiters:
            waiter, _ = self._waiters.popitem(last=False)
            if not waiter.done():
                waiter.set_result(connection)
                return
        if connection is None:
            self._slots_taken -= 1
            return
        connection.rest()
        self._idle.append(connection)
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(self._idle_seconds, self._sweep)

    def _release(self, connection: Connection) -> None:
        if connection.is_reusable and not self._is_closed:
            self._give(connection)
        else:
            connection.abort()
            self._give(None)

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        origin = self._origin
        try:
            _, connection = await loop.create_connection(
                lambda: Connection(self._max_body_bytes), origin.host, origin.port, ssl=self._ssl_context
            )
        except OSError as error:
            raise NoAnswerError.from_os(error) from error
        if self._is_closed:
            connection.abort()
            raise _closed()
        self._connections.add(connection)
        connection.lost.add_done_callback(lambda _: self._connections.discard(connection))
        return connection

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        oldest_allowed = loop.time() - self._idle_seconds
        while self._idle and self._idle[0].idle_since <= oldest_allowed:
            self._idle.popleft().abort()
            self._slots_taken -= 1
        self._sweeper = loop.call_later(self._idle[0].idle_since - oldest_allowed, self._sweep) if self._idle else None


def _closed() -> NoAnswerError:
    return NoAnswerError("the client is closed", is_retryable=False)
