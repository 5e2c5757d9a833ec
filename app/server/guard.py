"""The guard: what a connection may cost before a request of it has come whole."""

import asyncio
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.server.draining import MIN_BYTES_PER_SECOND, PATIENCE_SECONDS, DrainedProtocol

MAX_HEAD_BYTES = 65_536
MAX_WAITING_REQUESTS = 20
"""Of one connection, sent before the answer to the first has come."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The limits of every connection. Times are in seconds."""

    max_connections: int = 10_000
    timeout: float = 10.0
    """How long a head may take; of a body, 500 bytes for each second must have come in that time."""
    patience: float = PATIENCE_SECONDS
    """How long a client may take nothing of what was written for it."""


class _RefusedError(Exception):
    """What comes is no request that can be answered; the connection ends with this."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


_IDLE = math.inf
_LINGER_SECONDS = 1.0
_HEAD_TOO_LARGE = _RefusedError(431, "HEADERS_TOO_LARGE", f"The head is longer than {MAX_HEAD_BYTES} bytes.")
_TOO_MANY_WAIT = _RefusedError(429, "TOO_MANY_REQUESTS", f"More than {MAX_WAITING_REQUESTS} requests wait.")
_TOO_SLOW = _RefusedError(408, "REQUEST_NOT_SENT", "The request did not come in time.")
_TOO_MANY_CONNECTIONS = _RefusedError(503, "TOO_MANY_CONNECTIONS", "There are too many connections.")
_NO_UPGRADE = _RefusedError(400, "UPGRADE_NOT_SUPPORTED", "A request with a body cannot ask for another protocol.")
_NO_HTTP = _RefusedError(400, "BAD_REQUEST", "This is no HTTP request.")


class GuardedProtocol(DrainedProtocol, HttpToolsProtocol):
    """uvicorn's protocol with limits on what comes, how fast it comes, and how fast answers are taken.

    Who derives from it says what comes: `begin_head`, `end_head`, `end_arrival`, and `body_bytes`. No connection has a
    timer of its own: all of a server are looked at together, several times in `timeout`. So ends the time that one is
    kept alive without a request, too.
    """

    limits: ClassVar[ConnectionLimits] = ConnectionLimits()
    fixed_headers: ClassVar[bytes] = b""
    _sweep: ClassVar[asyncio.TimerHandle | None] = None
    _due = _IDLE
    _is_arriving = False
    _is_in_head = False
    _head_bytes = 0
    body_bytes = 0
    """Of a body, since its rate was looked at."""
    _chunk_bytes = 0
    _refusal: _RefusedError | None = None
    _is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._due = self.loop.time() + self.limits.timeout
        self.watch(transport, self.limits.patience)
        if len(self.connections) > self.limits.max_connections:
            self._refuse(_TOO_MANY_CONNECTIONS)
        elif self._sweep is None:
            self._sweep_later()

    def connection_lost(self, exc: Exception | None) -> None:
        self._due = _IDLE
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._chunk_bytes = len(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(_HEAD_TOO_LARGE)
                return
        super().data_received(data)
        if self._is_in_head and len(data) > MAX_HEAD_BYTES and self._size_of_head() > MAX_HEAD_BYTES:
            self._refuse(_HEAD_TOO_LARGE)
        elif self._due == _IDLE and (self._is_arriving or not self._is_busy):
            self._due = self.loop.time() + self.limits.timeout

    def begin_head(self) -> None:
        """The first byte of a request has come."""
        self._due = _IDLE
        self._is_arriving = self._is_in_head = True
        self._head_bytes = self.body_bytes = 0

    def end_head(self) -> None:
        """A head has come whole."""
        self._due = _IDLE
        self._is_in_head = False
        if self._chunk_bytes > MAX_HEAD_BYTES and self._size_of_head() > MAX_HEAD_BYTES:
            self._raise(_HEAD_TOO_LARGE)

    def check_head(self) -> None:
        """Refuse a head that cannot be served as it is, unless it is plain and alone."""
        if len(self.pipeline) >= MAX_WAITING_REQUESTS:
            self._raise(_TOO_MANY_WAIT)
        if self.parser.should_upgrade() and _has_body(self.headers):
            self._raise(_NO_UPGRADE)  # the parser takes what follows an upgrade for another request

    def end_arrival(self) -> None:
        """A request has come whole."""
        self._due = _IDLE
        self._is_arriving = False

    def on_response_complete(self) -> None:
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            if self.pipeline:
                self.flow.pause_reading()  # those that wait are answered before others are read
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        if not self._is_arriving:
            self.body_bytes = 0
            self._due = self.loop.time() + self.timeout_keep_alive

    @property
    def _is_busy(self) -> bool:
        """Whether a request is waited for or answered."""
        return not getattr(self.cycle, "response_complete", True)  # before the first one there is no cycle

    def handle_websocket_upgrade(self) -> None:
        self._due = _IDLE
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 -- uvicorn's words, which are logged
        """What uvicorn calls when the parser refuses what has come, or one of ours does that it calls."""
        self._refuse(self._refusal or _NO_HTTP)

    def _raise(self, refusal: _RefusedError) -> None:
        self._refusal = refusal  # the parser wraps what is raised in it
        raise refusal

    def _size_of_head(self) -> int:
        """As far as it has been parsed."""
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _refuse(self, refusal: _RefusedError) -> None:
        """End the connection, with an answer unless the client waits for another one.

        What still comes is passed over for a while: closed at once, the connection would be reset, and the answer lost
        (RFC 9112, section 9.6).
        """
        self._is_refused = True
        if self.transport.is_closing():
            return
        is_about_it = self._is_arriving and not self._is_in_head and not self.pipeline  # its own body is awaited
        if not self._is_busy or (is_about_it and not getattr(self.cycle, "response_started", False)):
            self._due = self.loop.time() + _LINGER_SECONDS
            self._is_arriving = False
            self.transport.write(self._answer_to(refusal))
            if self.transport.can_write_eof():  # TLS cannot
                self.transport.write_eof()
        else:
            self.transport.close()
        self._is_in_head = False

    def _answer_to(self, refusal: _RefusedError) -> bytes:
        error = {"message": refusal.message, "extensions": {"code": refusal.code}}
        body = msgspec.json.encode({"errors": [error]})
        head = b"%scontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n"
        return b"".join((head % (STATUS_LINE[refusal.status], len(body)), self.fixed_headers, b"\r\n", body))

    def _sweep_later(self) -> None:
        protocol = type(self)
        protocol._sweep = self.loop.call_later(min(1.0, self.limits.timeout / 4), self._look_around)

    def _look_around(self) -> None:
        """Look at every connection of the server."""
        now = self.loop.time()
        guarded = [each for each in self.connections if isinstance(each, GuardedProtocol)]
        for connection in guarded:
            connection._look(now)
        if guarded:
            self._sweep_later()
        else:
            type(self)._sweep = None

    def _look(self, now: float) -> None:
        if self._due > now:
            return
        is_slow = self.body_bytes < MIN_BYTES_PER_SECOND * self.limits.timeout
        if not self._is_refused and (self.flow.read_paused or not is_slow):  # paused, the gateway takes no body
            self._due = now + self.limits.timeout
            self.body_bytes = 0
        elif self._is_arriving:
            self._refuse(_TOO_SLOW)
        else:
            self._due = _IDLE
            self.transport.close()


def _has_body(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    lengths = (value for name, value in headers if name in (b"content-length", b"transfer-encoding"))
    return any(value != b"0" for value in lengths)
