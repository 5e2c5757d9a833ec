"""Responses whose body comes bit by bit, for as long as both sides want it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import structlog
from starlette.types import Receive, Send

from app.errors import forget_frames
from app.server.streaming.channel import Channel, ClientGoneError, SlowClientError

_HEADERS = (
    (b"vary", b"accept"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would keep the pieces until it has many
)


class StoppingError(Exception):
    """The gateway stops."""


class Closing:
    """Whether the gateway stops: then streams end, and their clients go on elsewhere."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()

    def begin(self) -> None:
        """End every stream, at once and without a word, so that none is taken for complete."""
        self._begun.set()

    async def wait(self) -> None:
        """Raises as soon as it begins."""
        await self._begun.wait()
        raise StoppingError


@dataclass(frozen=True, slots=True)
class Form:
    """What a kind of stream is made of, beside its messages. `interval` is in seconds."""

    content_type: bytes
    preamble: bytes
    heartbeat: bytes
    interval: float
    epilogue: bytes = b""


class StreamedResponse:
    """Sends what its work gives, and heartbeats while that is silent; ends when the client goes or takes nothing."""

    def __init__(self, receive: Receive, send: Send, form: Form, patience: float, closing: Closing) -> None:
        self._receive = receive
        self._send = send
        self._form = form
        self._closing = closing
        self.channel = Channel(partial(_transmit, send), patience)

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Send the whole response. Raises nothing: it is too late for another answer."""
        headers = [(b"content-type", self._form.content_type), *_HEADERS]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        is_heard = True
        try:
            async with asyncio.TaskGroup() as tasks:
                besides = [
                    tasks.create_task(each) for each in (self._keep_alive(), self._watch(), self._closing.wait())
                ]
                await self._say(self._form.preamble)
                await work()
                await self._say(self._form.epilogue)
                for beside in besides:
                    beside.cancel()
        except ExceptionGroup as group:
            is_heard = group.subgroup((ClientGoneError, SlowClientError)) is None
            unexpected = group.split((ClientGoneError, SlowClientError, StoppingError))[1]
            if unexpected is not None:
                structlog.get_logger(__name__).error("error.unexpected", exc_info=unexpected)
            forget_frames(group)
        if is_heard:
            await self._send({"type": "http.response.body", "body": b""})

    async def _say(self, chunk: bytes) -> None:
        if chunk:
            await self.channel.send(chunk)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._form.interval)
            await self.channel.send(self._form.heartbeat)

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        raise ClientGoneError


async def _transmit(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})
