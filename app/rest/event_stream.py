"""Server-sent events, read from the body of an answer as it comes (WHATWG HTML, section 9.2.6)."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Final

MAX_EVENT_BYTES: Final = 1_000_000


class EventStreamError(Exception):
    """What comes is no stream of events."""


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event; its data may have lines."""

    type: str
    data: str


async def server_events(chunks: AsyncIterator[bytes]) -> AsyncGenerator[ServerEvent, None]:
    """The events of a stream, each as soon as it is there; one that is cut off at the end is none.

    Raises `EventStreamError` for an event longer than `MAX_EVENT_BYTES`, and for what is not UTF-8.
    """
    kind, size = "", 0
    data: list[str] = []
    async for line in _lines(chunks):
        size += len(line)
        if size > MAX_EVENT_BYTES:
            raise EventStreamError("an event is too long")
        if not line:
            if data:
                yield ServerEvent(kind or "message", "\n".join(data))
            kind, data, size = "", [], 0
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name == "event":
            kind = value


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """The lines, which end with LF or CR LF; nobody ends them with CR alone."""
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > MAX_EVENT_BYTES:
            raise EventStreamError("a line is too long")
        for line in lines:
            try:
                yield line.removesuffix(b"\r").decode()
            except UnicodeDecodeError as error:
                raise EventStreamError("it is not UTF-8") from error
