"""The connections to one backend, kept alive for a while; as many as are used at once."""

import asyncio
import ssl
from collections import deque
from typing import Final

from app.outbox import Outbox
from app.rest.answer import Answer, NoAnswerError
from app.rest.connection import Connection
from app.rest.service import Origin

IDLE_SECONDS: Final = 4.0
"""Shorter than the 5 s after which uvicorn and others close an idle connection."""


class Pool:
    """Connections are opened when none is idle: how many calls may come at once is the caller's to limit."""

    def __init__(
        self,
        origin: Origin,
        *,
        max_body_bytes: int,
        ssl_context: ssl.SSLContext | None = None,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._origin = origin
        self._ssl_context = ssl_context
        self._max_body_bytes = max_body_bytes
        self._idle_seconds = idle_seconds
        self._outbox = Outbox()
        self._idle: deque[Connection] = deque()
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
        """Close every connection; whoever uses one gets `NoAnswerError`."""
        self._is_closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        connections = list(self._connections)
        for connection in connections:
            connection.abort()
        for connection in connections:
            await connection.lost

    async def _acquire(self, fresh: bool) -> Connection:
        if self._is_closed:
            raise NoAnswerError.closed()
        while self._idle:
            connection = self._idle.pop()
            if connection.is_reusable and not fresh:
                return connection
            connection.abort()
            if fresh:
                break
        return await self._connect()

    def _release(self, connection: Connection) -> None:
        if self._is_closed or not connection.is_reusable:
            connection.abort()
            return
        connection.rest()
        self._idle.append(connection)
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(self._idle_seconds, self._sweep)

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        origin = self._origin
        try:
            _, connection = await loop.create_connection(
                lambda: Connection(self._max_body_bytes, self._outbox),
                origin.host,
                origin.port,
                ssl=self._ssl_context,
            )
        except OSError as error:
            raise NoAnswerError.from_os(error) from error
        if self._is_closed:
            connection.abort()
            raise NoAnswerError.closed()
        self._connections.add(connection)
        connection.lost.add_done_callback(lambda _: self._connections.discard(connection))
        return connection

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        oldest_allowed = loop.time() - self._idle_seconds
        while self._idle and self._idle[0].idle_since <= oldest_allowed:
            self._idle.popleft().abort()
        self._sweeper = loop.call_later(self._idle[0].idle_since - oldest_allowed, self._sweep) if self._idle else None
