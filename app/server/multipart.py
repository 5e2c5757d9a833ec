"""Multipart: the parts of a multipart/form-data body (RFC 7578), one after the other, as they come."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.types import Receive

from app.errors import RequestError
from app.server.time_limit import ClientDisconnected

MEDIA_TYPE: Final = b"multipart/form-data"
MAX_PART_HEADERS: Final = 8
MAX_PART_HEADER_BYTES: Final = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The head of a part. `file_name` is None for a field that is no file."""

    name: str
    file_name: str | None
    content_type: str


class _PartEnd:
    """Where a part ends."""


_Piece: TypeAlias = Part | bytes | _PartEnd
_PART_END: Final = _PartEnd()


@lru_cache(maxsize=128)
def is_multipart(content_type: bytes | None) -> bool:
    """Whether a Content-Type is that of a form with files."""
    return content_type is not None and content_type.partition(b";")[0].strip().lower() == MEDIA_TYPE


class Parts:
    """Reads a body part by part, and of each part no more at once than the server gives.

    `is_read` when nothing more will come; `is_broken_off` when the client went before the end.
    """

    def __init__(self, receive: Receive, content_type: bytes, max_bytes: int) -> None:
        """Raises `RequestError` when the Content-Type has no usable boundary."""
        self.is_read = False
        self.is_broken_off = False
        self._receive = receive
        self._left = max_bytes
        self._pieces: deque[_Piece] = deque()
        self._current: Part | None = None
        self._reading = asyncio.Lock()
        self._is_closed = False
        self._headers: dict[bytes, bytes] = {}
        self._field, self._value = b"", b""
        self._parser = self._create_parser(parse_options_header(content_type)[1].get(b"boundary", b""))

    def _create_parser(self, boundary: bytes) -> MultipartParser:
        if not boundary:
            raise ill_formed("its boundary is missing")
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._headers.clear,
                    "on_header_field": self._add_to_field,
                    "on_header_value": self._add_to_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._begin_part,
                    "on_part_data": self._add_data,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
                max_header_count=MAX_PART_HEADERS,
                max_header_size=MAX_PART_HEADER_BYTES,
            )
        except FormParserError as error:
            raise ill_formed("its boundary is too long") from error

    async def next(self) -> Part | None:
        """The next part, passing over what is left of this one; None after the last."""
        async with self._reading:
            self._current = None
            while (piece := await self._piece()) is not None:
                if isinstance(piece, Part):
                    self._current = piece
                    return piece
            return None

    async def chunks(self, part: Part) -> AsyncIterator[bytes]:
        """The content of the part that `next` gave last."""
        while True:
            async with self._reading:
                if self._current is not part:
                    raise RequestError("The file was passed over.", code="UPLOAD_OUT_OF_ORDER")
                piece = await self._piece()
                if not isinstance(piece, bytes):
                    self._current = None
                    return
            yield piece

    async def _piece(self) -> _Piece | None:
        while not self._pieces:
            if self._is_closed:
                return None
            await self._read()
        return self._pieces.popleft()

    async def _read(self) -> None:
        if self.is_read:
            raise ill_formed("it ends before its last boundary")
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.is_read = self.is_broken_off = True
            raise ClientDisconnected
        self.is_read = not message.get("more_body", False)
        content: bytes = message.get("body", b"")
        self._left -= len(content)
        if self._left < 0:
            raise RequestError("The body is too long.", status=413, code="PAYLOAD_TOO_LARGE")
        try:
            self._parser.write(content)
        except FormParserError as error:
            raise ill_formed("it is not multipart/form-data") from error

    def _add_to_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field, self._value = b"", b""

    def _begin_part(self) -> None:
        disposition, options = parse_options_header(self._headers.get(b"content-disposition"))
        if disposition != b"form-data" or b"name" not in options:
            raise ill_formed("a part has no name")
        file_name = options.get(b"filename")
        content_type = self._headers.get(b"content-type", b"application/octet-stream")
        self._pieces.append(
            Part(
                options[b"name"].decode(errors="replace"),
                None if file_name is None else file_name.decode(errors="replace"),
                content_type.decode("latin-1"),
            )
        )

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if end > start:
            self._pieces.append(data[start:end])

    def _end_part(self) -> None:
        self._pieces.append(_PART_END)

    def _end(self) -> None:
        self._is_closed = True


def ill_formed(reason: str) -> RequestError:
    """A body that is not what its Content-Type says, or not what the specification of uploads has."""
    return RequestError(f"The multipart body cannot be used: {reason}.", code="INVALID_MULTIPART")
