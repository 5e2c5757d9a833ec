"""A real server on a port of the system's choice, in the event loop of the test."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that is up. `stop` is what SIGTERM does."""

    port: int
    server: uvicorn.Server
    task: asyncio.Task[None]

    async def stop(self) -> None:
        self.server.should_exit = True
        await self.task


class _Server(uvicorn.Server):
    """Says when it accepts connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[Serving]:
    """Serve an application while the block runs."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        server = _Server(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=5)
        )
        task = asyncio.create_task(server.serve([listening]))
        await server.is_up.wait()
        running = Serving(listening.getsockname()[1], server, task)
        try:
            yield running
        finally:
            await running.stop()
