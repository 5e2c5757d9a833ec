"""The results of an operation as messages of its socket."""

from app.server.streaming.channel import Channel
from app.server.streaming.operation import Errors, Payload
from app.server.streaming.operations import Operations
from app.server.websocket import messages


class MessageSink:
    """Sends `next` messages, then one `error` or `complete`."""

    def __init__(self, id_: str, channel: Channel[str], operations: Operations) -> None:
        """`operations` are told of the end right before the last message is sent."""
        self._id = id_
        self._channel = channel
        self._operations = operations

    async def next(self, payload: Payload, _cursor: str | None) -> None:
        await self._channel.send(messages.next_(self._id, payload))

    async def error(self, errors: Errors) -> None:
        await self._channel.send(messages.error(self._id, errors), self._end)

    async def complete(self) -> None:
        await self._channel.send(messages.complete(self._id), self._end)

    def _end(self) -> None:
        self._operations.forget(self._id, self)
