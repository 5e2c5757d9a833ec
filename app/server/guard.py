"""The guard: what a connection may cost before a request of it has come whole."""

import asyncio
import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import ClassVar

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.server.draining import MIN_BYTES_PER_SECOND, PATIENCE_SECONDS, DrainedProtocol
from app.server.leaving import clear_up_after, let_go, let_one_go
from app.server.lingering import LINGER_SECONDS, pass_over

MAX_HEAD_BYTES = 65_536
PIECE_BYTES = 1024
"""Of what has come at once: a dozen requests of the shortest kind, or one as they mostly are."""
BODY_PIECE_BYTES = 16_384
"""In the middle of a body."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The limits of every connection. Times are in seconds."""

    max_connections: int = 10_000
    """Who comes when there are so many takes the place of one that leaves or sends too slowly, or is refused."""
    timeout: float = 10.0
    """How long a head may take; of a body, 500 bytes for each second must have come in that time."""
    patience: float = PATIENCE_SECONDS
    """How long a client may take nothing of what was written for it."""
    pause: float = 0.02
    """Before the answer to a request that was sent while another one was answered."""


class _RefusedError(Exception):
    """What comes is no request that can be answered; the connection ends with this."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


_IDLE = math.inf
_ROOM_AFTER = 0.1
"""Of its time: after so long, a connection may have to make room."""
_LOOKED_AT_ONCE = 10
_LOOKED_AT_AGAIN_SECONDS = 0.002
_HEAD_TOO_LARGE = _RefusedError(431, "HEADERS_TOO_LARGE", f"The head is longer than {MAX_HEAD_BYTES} bytes.")
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
    newcomers: ClassVar[dict["GuardedProtocol", float]]
    """Those from whom no request has come whole yet, and since when they are there: the oldest first."""
    _sweep: ClassVar[asyncio.TimerHandle | None] = None
    _due = _IDLE
    _is_arriving = False
    _is_in_head = False
    _head_bytes = 0
    body_bytes = 0
    """Of a body, since its rate was looked at."""
    _waiting: memoryview | None = None
    """What has come and is not read yet: requests before it are answered first."""
    _refusal: _RefusedError | None = None
    _is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        now = self.loop.time()
        self._due = now + self.limits.timeout
        self.watch(transport, self.limits.patience)
        if len(self.connections) > self.limits.max_connections and not self._make_room(now):
            self._refuse(_TOO_MANY_CONNECTIONS)
        else:
            self.newcomers[self] = now
        if self._sweep is None:
            self._sweep_later()

    def _make_room(self, now: float) -> bool:
        """End one that leaves, or the oldest of the newcomers that send too slowly; whether there was one."""
        if let_one_go():
            return True
        while self.newcomers:
            oldest = next(iter(self.newcomers))
            if now < self.newcomers[oldest] + _ROOM_AFTER * self.limits.timeout:
                break
            del self.newcomers[oldest]
            if not oldest._is_refused and oldest._is_slow(now):
                oldest._give_up(_TOO_MANY_CONNECTIONS)
                return True
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._due = _IDLE
        self._waiting = None
        self.newcomers.pop(self, None)
        if exc is None or not self._is_busy:
            super().connection_lost(exc)
        else:  # it was reset, and whoever answers has to be told
            self.cycle.disconnected = True
            clear_up_after(partial(super().connection_lost, exc))

    def eof_received(self) -> bool:  # type: ignore[override]  # as asyncio has it
        self._due = _IDLE
        return let_go(self.transport)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            pass_over(self.transport)
            return
        if self.pipeline:  # whoever answers wants to know whether the client is there, and more has come
            self._waiting = memoryview(bytes(self._waiting or b"") + data)
            self.flow.pause_reading()
        elif len(data) <= PIECE_BYTES:
            self._read(data)
        else:
            self._waiting = memoryview(data)
            self._read_on()

    def _read_on(self) -> None:
        """Read what waits, piece by piece, until a request has to wait for the answer to another one."""
        while self._waiting is not None and not self.pipeline and not self._is_refused:
            size = BODY_PIECE_BYTES if self._is_arriving and not self._is_in_head else PIECE_BYTES
            piece, rest = self._waiting[:size], self._waiting[size:]
            self._waiting = rest if rest else None
            self._read(piece)
        if self._waiting is not None:
            self.flow.pause_reading()

    def _read(self, data: bytes | memoryview) -> None:
        if self._is_in_head:
            self._head_bytes += len(data)  # which is all but the first piece
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(_HEAD_TOO_LARGE)
                return
        super().data_received(data)  # type: ignore[arg-type]  # the parser takes either
        if self._due == _IDLE and (self._is_arriving or not self._is_busy):
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

    def check_head(self) -> None:
        """Refuse a head that cannot be served as it is, unless it is plain and alone."""
        if self.parser.should_upgrade() and _has_body(self.headers):
            self._raise(_NO_UPGRADE)  # the parser takes what follows an upgrade for another request

    def end_arrival(self) -> None:
        """A request has come whole."""
        self._due = _IDLE
        self.newcomers.pop(self, None)
        self._is_arriving = False

    def on_response_complete(self) -> None:
        if self.pipeline:
            self.loop.call_later(self.limits.pause * random.uniform(0.5, 1.5), self._next)  # noqa: S311 -- no secret
            return
        if self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        if not self._is_arriving:
            self.body_bytes = 0
            self._due = self.loop.time() + self.timeout_keep_alive

    def _next(self) -> None:
        """Answer the next of the requests that wait; more are read before the last of them is answered."""
        if self.transport.is_closing():
            return
        super().on_response_complete()
        if self.pipeline:
            self.flow.pause_reading()
        else:
            self._read_on()

    @property
    def _is_busy(self) -> bool:
        """Whether a request is waited for or answered."""
        return not getattr(self.cycle, "response_complete", True)  # before the first one there is no cycle

    def handle_websocket_upgrade(self) -> None:
        self._due = _IDLE
        self._waiting = None
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # which refers to this, and nobody tells us of the end

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 -- uvicorn's words, which are logged
        """What uvicorn calls when the parser refuses what has come, or one of ours does that it calls."""
        self._refuse(self._refusal or _NO_HTTP)

    def _raise(self, refusal: _RefusedError) -> None:
        self._refusal = refusal  # the parser wraps what is raised in it
        raise refusal

    def _refuse(self, refusal: _RefusedError) -> None:
        """End the connection, with an answer unless the client waits for another one."""
        self._is_refused = True
        self._waiting = None
        if self.transport.is_closing():
            return
        is_about_it = self._is_arriving and not self._is_in_head and not self.pipeline  # its own body is awaited
        if not self._is_busy or (is_about_it and not getattr(self.cycle, "response_started", False)):
            self._due = self.loop.time() + LINGER_SECONDS
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
        self._look_at(iter([each for each in self.connections if isinstance(each, GuardedProtocol)]))

    def _look_at(self, connections: Iterator["GuardedProtocol"]) -> None:
        """Look at some of them, and at the others when those who are served have had their time."""
        now = self.loop.time()
        some = [*islice(connections, _LOOKED_AT_ONCE)]
        for connection in some:
            connection._look(now)
        if some:
            type(self)._sweep = self.loop.call_later(_LOOKED_AT_AGAIN_SECONDS, self._look_at, connections)
        elif self.connections:
            self._sweep_later()
        else:
            type(self)._sweep = None

    def _look(self, now: float) -> None:
        if self._due > now:
            return
        if self._is_refused or self._is_slow(now):
            self._give_up(_TOO_SLOW)
        else:
            self._due = now + self.limits.timeout
            self.body_bytes = 0

    def _give_up(self, refusal: _RefusedError) -> None:
        """End the connection, with an answer if a request has begun to come."""
        if self._is_arriving:
            self._refuse(refusal)
        else:
            self._due = _IDLE
            self.transport.close()

    def _is_slow(self, now: float) -> bool:
        """Whether less has come than should have since its time began."""
        if self.flow.read_paused or self._waiting is not None:  # by the gateway, and not by the client
            return False
        return self.body_bytes < MIN_BYTES_PER_SECOND * (now - self._due + self.limits.timeout)


def _has_body(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    lengths = (value for name, value in headers if name in (b"content-length", b"transfer-encoding"))
    return any(value != b"0" for value in lengths)
