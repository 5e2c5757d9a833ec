"""What a service can do wrong: each fault with the code that a client is told, and whether the breaker opens on it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final

from tests.end_to_end.stand_in import (
    Asked,
    Misbehaviour,
    StandIn,
    be_overloaded,
    break_off_json,
    close_in_the_middle,
    fail,
    hang,
    reset,
    send_other_rows,
    send_too_much,
    show_a_page,
    speak_nonsense,
)

HEAD: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
DRIP_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Fault:
    """`misbehave` is None where nobody listens on the port."""

    misbehave: Misbehaviour | None
    code: str
    opens: bool = True

    def at(self, stand_in: StandIn) -> AbstractAsyncContextManager[None]:
        """The fault, for as long as the block runs."""
        return stand_in.misbehaving(self.misbehave) if self.misbehave else stand_in.refusing()

    def after_serving(self, stand_in: StandIn) -> AbstractAsyncContextManager[None]:
        """The same, but the real backend is asked first: what is written is written, and nobody hears of it."""
        misbehave = self.misbehave
        assert misbehave is not None

        async def serve_then_misbehave(stand_in: StandIn, asked: Asked) -> None:
            await stand_in.fetch(asked)
            await misbehave(stand_in, asked)

        return stand_in.misbehaving(serve_then_misbehave)


def dripping(data: bytes) -> Callable[[StandIn, Asked], Awaitable[None]]:
    """Sends a byte at a time, and so slowly that it never ends."""

    async def drip(_stand_in: StandIn, asked: Asked) -> None:
        for at in range(len(data)):
            asked.writer.write(data[at : at + 1])
            await asked.writer.drain()
            await asyncio.sleep(DRIP_SECONDS)

    return drip


async def promise_too_much(_stand_in: StandIn, asked: Asked) -> None:
    asked.writer.write(HEAD + b'content-length: 1000\r\n\r\n{"items": [], "total": 0}')
    await asked.writer.drain()


async def promise_too_little(_stand_in: StandIn, asked: Asked) -> None:
    asked.writer.write(HEAD + b'content-length: 5\r\n\r\n{"items": [], "total": 0}')
    await asked.writer.drain()


async def redirect_to_itself(_stand_in: StandIn, asked: Asked) -> None:
    target = asked.head.split(b" ")[1]
    asked.writer.write(b"HTTP/1.1 302 Found\r\nlocation: " + target + b"\r\ncontent-length: 0\r\n\r\n")
    await asked.writer.drain()


FAULTS: Final[dict[str, Fault]] = {
    "refuses connections": Fault(None, "BACKEND_UNAVAILABLE"),
    "resets connections": Fault(reset, "BACKEND_UNAVAILABLE"),
    "never answers": Fault(hang, "BACKEND_TIMEOUT"),
    "drips its headers": Fault(dripping(HEAD * 10), "BACKEND_TIMEOUT"),
    "drips its body": Fault(dripping(HEAD + b"content-length: 1000\r\n\r\n" + b" " * 1000), "BACKEND_TIMEOUT"),
    "breaks off its body": Fault(close_in_the_middle, "BACKEND_INVALID_RESPONSE"),
    "breaks off its JSON": Fault(break_off_json, "BACKEND_INVALID_RESPONSE", opens=False),
    "promises too much": Fault(promise_too_much, "BACKEND_TIMEOUT"),
    "promises too little": Fault(promise_too_little, "BACKEND_INVALID_RESPONSE", opens=False),
    "is no HTTP server": Fault(speak_nonsense, "BACKEND_INVALID_RESPONSE"),
    "answers 500": Fault(fail, "BACKEND_ERROR"),
    "answers 503": Fault(be_overloaded, "BACKEND_UNAVAILABLE"),
    "answers with HTML": Fault(show_a_page, "BACKEND_INVALID_RESPONSE", opens=False),
    "has other rows": Fault(send_other_rows, "BACKEND_INVALID_RESPONSE", opens=False),
    "sends far too much": Fault(send_too_much, "BACKEND_INVALID_RESPONSE"),
    "redirects in a loop": Fault(redirect_to_itself, "BACKEND_INVALID_RESPONSE", opens=False),
}
"""A breaker counts connections and statuses; what is wrong inside a whole answer may be well in the next one."""


def flapping() -> Misbehaviour:
    """Serves every second request, and resets the connection of the others."""
    count = 0

    async def flap(stand_in: StandIn, asked: Asked) -> None:
        nonlocal count
        count += 1
        if count % 2:
            asked.writer.transport.abort()
        else:
            asked.writer.write(await stand_in.fetch(asked))
            await asked.writer.drain()

    return flap
