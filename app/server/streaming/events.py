"""Server-sent events, by the GraphQL over SSE protocol (github.com/enisdenjo/graphql-sse, PROTOCOL.md)."""

from collections.abc import Callable

import msgspec

from app.server.streaming.channel import Channel
from app.server.streaming.operation import Errors, Payload
from app.server.streaming.operations import Operations
from app.server.streaming.response import Form

_encode = msgspec.json.Encoder().encode
_COMMENT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"  # with empty data, as EventSource passes over an event that has none
_LINE_ENDS = frozenset("\r\n\0")


def event_stream(interval: float) -> Form:
    """A stream of events; its first comment makes browsers that wait for a byte see that it is open."""
    return Form(b"text/event-stream; charset=utf-8", _COMMENT, _COMMENT, interval)


class DistinctSink:
    """The events of the one operation of a stream."""

    def __init__(self, channel: Channel[bytes]) -> None:
        self._channel = channel

    async def next(self, payload: Payload, cursor: str | None) -> None:
        id_ = b"" if cursor is None or not _LINE_ENDS.isdisjoint(cursor) else b"id: %s\n" % cursor.encode()
        await self._channel.send(b"event: next\n%sdata: %s\n\n" % (id_, _encode(payload)))

    async def error(self, errors: Errors) -> None:
        await self.next({"errors": errors}, None)
        await self.complete()

    async def complete(self) -> None:
        await self._channel.send(_COMPLETE)


class SharedSink:
    """The events of one operation among others; they carry its id, as their stream has no cursor of its own."""

    def __init__(self, id_: str, channel: Callable[[], Channel[bytes]], operations: Operations) -> None:
        """`channel` is asked once there is something to send; `operations` are told right before the last event is."""
        self._id = id_
        self._channel = channel
        self._operations = operations

    async def next(self, payload: Payload, _cursor: str | None) -> None:
        event = b"event: next\ndata: %s\n\n" % _encode({"id": self._id, "payload": payload})
        await self._channel().send(event)

    async def error(self, errors: Errors) -> None:
        await self.next({"errors": errors}, None)
        await self.complete()

    async def complete(self) -> None:
        await self._channel().send(b"event: complete\ndata: %s\n\n" % _encode({"id": self._id}), self._end)

    def _end(self) -> None:
        self._operations.forget(self._id, self)
