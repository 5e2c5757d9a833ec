"""One keep-alive HTTP/1.1 connection for plain reads: an asyncio protocol around the llhttp parser.

It carries one exchange at a time and trusts nothing: sizes are capped while reading, ambiguous framing is refused
(RFC 9112, section 6.3), and a connection that is anything but cleanly between two answers is never used again.
"""

import asyncio
from typing import Final, cast

import httptools

from app.outbox import Outbox
from app.rest.answer import Answer, BadAnswerError, NoAnswerError

MAX_HEAD_BYTES: Final = 65_536
"""Status line, headers and trailers together, interim answers included."""

SINGLE_HEADERS: Final = frozenset((b"content-length", b"transfer-encoding", b"content-type", b"content-encoding"))

LIST_HEADERS: Final = frozenset((b"cache-control", b"vary"))
"""Of which each line counts (RFC 9110, section 5.3); of others, the last one does."""


class Connection(asyncio.Protocol):
    """Made by `loop.create_connection`. `lost` is done once the socket is closed."""

    def __init__(self, max_body_bytes: int, outbox: Outbox) -> None:
        self.idle_since = 0.0
        self._loop = asyncio.get_running_loop()  # kept, as to look for it costs asking the system
        self.lost: asyncio.Future[None] = self._loop.create_future()
        self._max_body_bytes = max_body_bytes
        self._outbox = outbox
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._keeps_alive = True
        self._has_bytes = False
        self._head_bytes = 0
        self._unfinished_bytes = 0  # what came in pieces that ended inside a head: the parser hides a long status line
        self._begin_message()

    def rest(self) -> None:
        """Note that nothing uses it from now on."""
        self.idle_since = self._loop.time()

    @property
    def is_reusable(self) -> bool:
        """Whether another exchange may be begun."""
        transport = self._transport
        return self._answer is None and self._keeps_alive and transport is not None and not transport.is_closing()

    async def exchange(self, request: bytes) -> Answer:
        """Write one request and read its answer; whatever cuts this short also closes the connection."""
        if not self.is_reusable or self._transport is None:
            raise NoAnswerError("the connection was closed", is_retryable=True, is_sent=False)
        self._answer = self._loop.create_future()
        self._has_bytes = False
        self._head_bytes = self._unfinished_bytes = 0
        self._outbox.put(self._loop, self._write, request)
        try:
            answer = await self._answer
        except BaseException:
            self.abort()
            raise
        self._answer = None
        return answer

    def abort(self) -> None:
        """Close at once; an exchange under way fails."""
        self._keeps_alive = False
        if self._transport is not None:
            self._transport.abort()

    def _write(self, request: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(request)

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.abort()
            return
        self._has_bytes = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._refuse(f"it is not HTTP/1.1 ({error})")
            return
        if not self._head_is_complete:
            self._unfinished_bytes += len(data)
            self._check_head(self._unfinished_bytes)

    def eof_received(self) -> None:
        if self._ends_with_connection:
            self._keeps_alive = False
            self._complete()
        elif self._has_bytes:
            self._refuse("it ended early")

    def connection_lost(self, error: Exception | None) -> None:
        self._keeps_alive = False
        del self._parser  # which refers to this, and would leave both to the garbage collector
        if self._answer is not None and not self._answer.done():
            reason = "the connection was reset" if error else "the connection was closed"
            self._answer.set_exception(NoAnswerError(reason, is_retryable=not self._has_bytes))
        if not self.lost.done():
            self.lost.set_result(None)

    # What the parser calls

    def on_message_begin(self) -> None:
        if self._answer is None or self._answer.done():
            self.abort()
        self._begin_message()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value) + 4
        self._check_head(self._head_bytes)
        if self._head_is_complete:
            return
        name = name.lower()
        if name in self._headers:
            if name in SINGLE_HEADERS:
                self._refuse(f"it repeats {name.decode('latin-1')}")
            if name in LIST_HEADERS:
                value = b"%b, %b" % (self._headers[name], value)
        self._headers[name] = value

    def on_headers_complete(self) -> None:
        self._head_is_complete = True
        self._status = self._parser.get_status_code()
        if self._status < 200:
            return
        length = self._headers.get(b"content-length")
        coding = self._headers.get(b"transfer-encoding")
        if coding is not None and (length is not None or coding.lower() != b"chunked"):
            self._refuse("its length is ambiguous")
        elif length is not None and int(length) > self._max_body_bytes:
            self._refuse(f"it is longer than {self._max_body_bytes} bytes")
        self._ends_with_connection = length is None and coding is None
        self._keeps_alive = self._keeps_alive and self._parser.should_keep_alive()

    def on_body(self, chunk: bytes) -> None:
        self._body_bytes += len(chunk)
        if self._body_bytes > self._max_body_bytes:
            self._refuse(f"it is longer than {self._max_body_bytes} bytes")
            self._chunks.clear()
        else:
            self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        if self._status >= 200:
            self._complete()
        else:
            self._begin_message()

    def _begin_message(self) -> None:
        self._status = 0
        self._headers: dict[bytes, bytes] = {}
        self._chunks: list[bytes] = []
        self._body_bytes = 0
        self._head_is_complete = False
        self._ends_with_connection = False

    def _check_head(self, size: int) -> None:
        if size > MAX_HEAD_BYTES:
            self._refuse(f"its headers are longer than {MAX_HEAD_BYTES} bytes")

    def _complete(self) -> None:
        self._ends_with_connection = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Answer(self._status, self._headers, b"".join(self._chunks)))

    def _refuse(self, reason: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(BadAnswerError(reason))
        self.abort()
