"""The sending half of a stream."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from starlette.websockets import WebSocketDisconnect

M = TypeVar("M")


class ClientGoneError(Exception):
    """There is nobody at the other end any more."""


class SlowClientError(Exception):
    """The client made no room for a message in time."""


class Channel(Generic[M]):
    """Sends one message at a time, at the pace of the client: who has something to send waits for its turn.

    So a slow client slows down what it subscribed to, and nothing piles up for it.
    """

    def __init__(self, transmit: Callable[[M], Awaitable[None]], patience: float) -> None:
        """`patience` is how many seconds the client may take to make room for one message."""
        self._transmit = transmit
        self._patience = patience
        self._turn = asyncio.Lock()

    async def send(self, message: M, before: Callable[[], None] | None = None) -> None:
        """Send a message; `before` is called when it is its turn. Raises `ClientGoneError` or `SlowClientError`."""
        async with self._turn:
            if before is not None:
                before()
            try:
                async with asyncio.timeout(self._patience):
                    await self._transmit(message)
            except TimeoutError as error:
                raise SlowClientError from error
            except (WebSocketDisconnect, OSError, RuntimeError) as error:  # what servers raise once it is closed
                raise ClientGoneError from error
