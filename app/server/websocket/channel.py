"""The sending half of a socket."""

import asyncio
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from app.server.websocket.messages import CloseCode, CloseSocketError


class ClientGoneError(Exception):
    """There is nobody at the other end any more."""


class Channel:
    """Sends one message at a time, at the pace of the client: who has something to send waits for its turn.

    So a slow client slows down what it subscribed to, and nothing piles up for it.
    """

    def __init__(self, websocket: WebSocket, patience: float) -> None:
        """`patience` is how many seconds the client may take to make room for one message."""
        self._websocket = websocket
        self._patience = patience
        self._turn = asyncio.Lock()

    async def send(self, message: str, before: Callable[[], None] | None = None) -> None:
        """Send a message; `before` is called when it is its turn. Raises `ClientGoneError` or `CloseSocketError`."""
        async with self._turn:
            if before is not None:
                before()
            try:
                async with asyncio.timeout(self._patience):
                    await self._websocket.send_text(message)
            except TimeoutError as error:
                raise CloseSocketError(CloseCode.TIMEOUT, "The client takes no messages") from error
            except (WebSocketDisconnect, RuntimeError) as error:  # what servers raise once the socket is closed
                raise ClientGoneError from error
