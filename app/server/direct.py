"""The direct way in: plain requests for an operation go from the socket to the endpoint, with nothing in between."""

import asyncio
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from app.outbox import Outbox
from app.server.admission import MAX_HEADERS
from app.server.endpoint import FIXED_HEADERS, GraphQLEndpoint
from app.server.guard import ConnectionLimits, GuardedProtocol
from app.server.middleware import AccessLog, request_id_of, trace_of
from app.server.negotiation import ResponseFormat, is_json, response_format
from app.server.received import Answer, Received
from app.server.streaming.negotiation import accepted_streams
from app.server.streaming.single import TOKEN_HEADER
from app.server.time_limit import ClientDisconnected
from app.telemetry import current_request


class _Direct(Received):
    """A request that came the direct way. uvicorn reads and writes some of it, as it does of its own."""

    __slots__ = ("_has_gone", "answer", "began", "chunks", "disconnected", "keep_alive", "response_complete", "task")

    def __init__(self, headers: dict[bytes, bytes], *, keep_alive: bool) -> None:
        super().__init__("POST", headers, request_id_of(headers), trace_of(headers))
        self.began = time.perf_counter()
        self.chunks: list[bytes] = []
        self.answer = b""
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False
        self._has_gone: asyncio.Future[None] | None = None
        self.task: asyncio.Task[None] | None = None

    @property
    def message_event(self) -> "_Direct":
        return self

    def set(self) -> None:
        """What uvicorn calls when the client has gone."""
        if self._has_gone is not None and not self._has_gone.done():
            self._has_gone.set_result(None)

    async def receive(self) -> Message:
        """Wait until the client has gone: all that it sent is there."""
        if not self.disconnected:
            self._has_gone = asyncio.get_running_loop().create_future()
            try:
                await self._has_gone
            finally:
                self._has_gone = None  # which refers to this once it is cancelled
        return {"type": "http.disconnect"}


class DirectProtocol(GuardedProtocol):
    """uvicorn's protocol, with a shorter way for the plain POSTs of one path.

    Plain is what has its length in its head, is JSON and asks for one answer. Whatever else comes on the connection,
    before it or after it, takes the way of ASGI, and pipelined requests wait their turn on either.
    """

    path: ClassVar[str]
    target: ClassVar[bytes]
    endpoint: ClassVar[GraphQLEndpoint]
    max_body_bytes: ClassVar[int]
    serves_any_origin: ClassVar[bool]
    is_counted: ClassVar[bool]
    outbox: ClassVar[Outbox]
    log: ClassVar[AccessLog]
    _arriving: _Direct | None = None
    _plain_headers: tuple[list[tuple[bytes, bytes]] | None, dict[bytes, bytes]] = (None, {})
    """Those of the last plain request, as a list and by their names."""
    _default_headers: tuple[list[tuple[bytes, bytes]], bytes] = ([], b"")

    def on_message_begin(self) -> None:
        self.begin_head()
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        self.end_head()
        request = self._plain()
        if request is not None:
            self._arriving = self.cycle = request  # type: ignore[assignment]  # has what uvicorn asks of its own
            return
        self.check_head()
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self.body_bytes += len(body)
        if self._arriving is None:
            super().on_body(body)
        else:
            self._arriving.chunks.append(body)

    def on_message_complete(self) -> None:
        self.end_arrival()
        request = self._arriving
        if request is None:
            super().on_message_complete()
            return
        self._arriving = None
        body = request.chunks[0] if len(request.chunks) == 1 else b"".join(request.chunks)
        if self.endpoint.attend(request, body, lambda answer: self._attended(request, answer)):
            return
        answer = self._at_once(request, body)
        if answer is None:
            self._start(request)
        else:
            self._send(request, answer)

    def _plain(self) -> _Direct | None:
        """The request whose head has come, if it is a plain one and nothing is before it."""
        if self.is_counted or self.url != self.target:
            return None
        if self.parser.get_method() != b"POST" or self.parser.should_upgrade():
            return None
        is_busy = not getattr(self.cycle, "response_complete", True)  # before the first request there is no cycle
        if is_busy or self.flow.write_paused or self.parser.get_http_version() != "1.1":
            return None
        if self.headers != self._plain_headers[0]:  # clients mostly say the same again
            headers = dict(self.headers)
            if not self._are_plain(headers):
                return None
            self._plain_headers = (self.headers, headers)
        request = _Direct(self._plain_headers[1], keep_alive=self.parser.should_keep_alive())
        request.peer = self.client[0] if self.client else None
        return request

    def _are_plain(self, headers: dict[bytes, bytes]) -> bool:
        length = headers.get(b"content-length", b"")
        if not length.isdigit() or int(length) > self.max_body_bytes or len(self.headers) > MAX_HEADERS:
            return False
        if self.expect_100_continue or not (self.serves_any_origin or b"origin" not in headers):
            return False
        return _is_plain(headers)

    def _at_once(self, request: _Direct, body: bytes) -> Answer | None:
        bound = current_request.set(request.labels)
        try:
            return self.endpoint.answer_at_once(request, body)
        finally:
            current_request.reset(bound)

    def _attended(self, request: _Direct, answer: Answer | None) -> None:
        if answer is None:
            self._start(request)
        else:
            self._send(request, answer)

    def _start(self, request: _Direct) -> None:
        request.task = self.loop.create_task(self._serve(request))
        self.tasks.add(request.task)

    async def _serve(self, request: _Direct) -> None:
        current_request.set(request.labels)
        try:
            self._send(request, await self.endpoint.answer(request))
        except ClientDisconnected:
            self._log(request, None, 0)
        except BaseException:
            self.transport.close()
            raise
        finally:
            self.tasks.discard(request.task)  # not by a callback, which would cost a turn of the loop
            request.task = None

    def _send(self, request: _Direct, answer: Answer) -> None:
        if request.disconnected:
            self._log(request, None, 0)
            return
        self._log(request, answer.status, len(answer.body))
        request.answer = b"".join((*self._head(request, answer), b"\r\n", answer.body))
        self.outbox.put(self.loop, self._deliver, request)

    def _deliver(self, request: _Direct) -> None:
        self.endpoint.conclude(request)
        if request.disconnected:
            return
        self.transport.write(request.answer)
        request.response_complete = True
        if not request.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _head(self, request: _Direct, answer: Answer) -> list[bytes]:
        lines = [
            _beginning(answer.status, answer.format),
            b"content-length: %d\r\nx-request-id: %s\r\n" % (len(answer.body), request.request_id.encode()),
            self.fixed_headers,
            self._server_headers(),
        ]
        for header in answer.headers:
            lines.append(b"%s: %s\r\n" % header)
            if header == (b"connection", b"close"):
                request.keep_alive = False
        if not request.keep_alive and (b"connection", b"close") not in answer.headers:
            lines.append(b"connection: close\r\n")
        return lines

    def _server_headers(self) -> bytes:
        """The headers of the server itself, such as the date: uvicorn makes a new list of them every second."""
        made_of, made = self._default_headers
        headers = self.server_state.default_headers
        if made_of is not headers:
            made = b"".join(b"%s: %s\r\n" % header for header in headers)
            type(self)._default_headers = (headers, made)
        return made

    def _log(self, request: _Direct, status: int | None, size: int) -> None:
        if self.log.is_read(self.path):
            self.log.write("POST", self.path, status, began=request.began, size=size, operation=request.operation)


def direct_protocol(
    path: str,
    endpoint: GraphQLEndpoint,
    *,
    max_body_bytes: int,
    serves_any_origin: bool,
    headers: Sequence[tuple[bytes, bytes]],
    is_counted: bool = False,
    limits: ConnectionLimits | None = None,
) -> type[DirectProtocol]:
    """An HTTP protocol for uvicorn (`uvicorn.Config(http=…)`) that hands the plain POSTs of a path to the endpoint.

    With `serves_any_origin` no answer depends on which page asks; else requests of pages take the way of ASGI, where
    the headers of CORS are made. With `is_counted` all do: the requests of an address are counted there. `headers` are
    on every answer. `limits` are those of every connection, whatever comes.
    """
    members = {
        "path": path,
        "target": path.encode(),
        "endpoint": endpoint,
        "max_body_bytes": max_body_bytes,
        "serves_any_origin": serves_any_origin,
        "fixed_headers": b"".join(b"%s: %s\r\n" % header for header in (*FIXED_HEADERS, *headers)),
        "is_counted": is_counted,
        "outbox": Outbox(),
        "log": AccessLog(),
        "limits": limits or ConnectionLimits(),
        "newcomers": {},
    }
    return type("Direct", (DirectProtocol,), members)


@lru_cache(maxsize=128)
def _beginning(status: int, answered: ResponseFormat) -> bytes:
    return b"%scontent-type: %s\r\n" % (STATUS_LINE[status], answered.value)


def _is_plain(headers: dict[bytes, bytes]) -> bool:
    """Whether a POST is JSON and asks for one answer in one piece."""
    is_whole = is_json(headers.get(b"content-type")) and _is_for_one_piece(headers.get(b"accept"))
    return is_whole and TOKEN_HEADER not in headers


@lru_cache(maxsize=128)
def _is_for_one_piece(accept: bytes | None) -> bool:
    return response_format(accept) is not None and accepted_streams(accept) is None
