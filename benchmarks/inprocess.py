"""An app asked in its own process: its HTTP protocol is fed by hand, so that no client and no socket is in the figures.

What the app asks of backends goes over real connections; a backend in another process costs this one only its own end.
"""

import asyncio
import gc
import time
from collections.abc import Iterable
from typing import Any, Final

import httptools
import uvicorn
from uvicorn.server import ServerState

from app.main import Gateway

AT_ONCE: Final = 100
MAX_SECONDS: Final = 30.0


class Wire(asyncio.Transport):
    """A client at the other end of no socket. `answered` is called with each answer's status when it is there."""

    def __init__(self, app: Gateway) -> None:
        super().__init__({"sockname": ("127.0.0.1", 1), "peername": ("127.0.0.1", 2)})
        config = uvicorn.Config(app, http=app.http_protocol, log_config=None, access_log=False, lifespan="off")
        config.load()
        protocol: Any = app.http_protocol
        self._server = protocol(config=config, server_state=ServerState(), app_state={})
        self._server.connection_made(self)
        self.answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def ask(self, request: bytes) -> "asyncio.Future[int]":
        """Send a request; the status of its answer."""
        self._parser = httptools.HttpResponseParser(self)
        self.answer = asyncio.get_running_loop().create_future()
        self._server.data_received(request)
        return self.answer

    def on_message_complete(self) -> None:
        self.answer.set_result(self._parser.get_status_code())

    def write(self, data: Any) -> None:
        self._parser.feed_data(bytes(data))

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing is open."""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """There is no buffer."""

    def pause_reading(self) -> None:
        """Nothing is read but what is asked."""

    def resume_reading(self) -> None:
        """Nothing is read but what is asked."""


class InProcess:
    """An app with a hundred connections."""

    def __init__(self, app: Gateway) -> None:
        self._wires = [Wire(app) for _ in range(AT_ONCE)]

    async def cost(self, requests: Iterable[bytes]) -> float:
        """Microseconds of this process's CPU for each request, when each connection sends one of these at once.

        Raises `ValueError` when one is not answered with success.
        """
        gc.collect()
        began = time.process_time()
        answers = [wire.ask(request) for wire, request in zip(self._wires, requests, strict=True)]
        async with asyncio.timeout(MAX_SECONDS):
            statuses = await asyncio.gather(*answers)
        seconds = time.process_time() - began
        if set(statuses) != {200}:
            raise ValueError(f"The app answers {sorted(set(statuses))}.")
        return seconds / AT_ONCE * 1e6
