"""Multipart answers: subscriptions as Apollo has them over HTTP, and answers that are delivered incrementally."""

import msgspec

from app.server.streaming.channel import Channel
from app.server.streaming.operation import Errors, Payload
from app.server.streaming.response import Form

_encode = msgspec.json.Encoder().encode
_DELIMITER = b"\r\n--graphql"  # before the first part too: clients look for all of it
_END = b"--\r\n"
_NEVER = float(60 * 60)


def _part(content: object) -> bytes:
    """A part with the delimiter behind it, so that a client sees at once that it is whole."""
    return b"\r\ncontent-type: application/json\r\n\r\n%s%s" % (_encode(content), _DELIMITER)


def subscription_parts(interval: float) -> Form:
    """The parts of a subscription; an empty one says that it lives."""
    content_type = b'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'
    return Form(content_type, _DELIMITER, _part({}), interval, _END)


def delivery_parts(name: bytes) -> Form:
    """The parts of an answer, which takes no longer than a request may: nothing has to say that it lives."""
    return Form(b'multipart/mixed;boundary="graphql";' + name, _DELIMITER, b"", _NEVER, _END)


class SubscriptionSink:
    """Each result is the `payload` of a part; what ends the subscription itself are `errors` beside none."""

    def __init__(self, channel: Channel[bytes]) -> None:
        self._channel = channel

    async def next(self, payload: Payload, _cursor: str | None) -> None:
        await self._channel.send(_part({"payload": payload}))

    async def error(self, errors: Errors) -> None:
        await self._channel.send(_part({"payload": None, "errors": errors}))

    async def complete(self) -> None:
        """The end of the body says it."""


class DeliverySink:
    """Each result is a part."""

    def __init__(self, channel: Channel[bytes]) -> None:
        self._channel = channel

    async def next(self, payload: Payload, _cursor: str | None) -> None:
        await self._channel.send(_part(payload))

    async def error(self, errors: Errors) -> None:
        await self._channel.send(_part({"errors": errors, "hasNext": False}))

    async def complete(self) -> None:
        """The end of the body says it."""
