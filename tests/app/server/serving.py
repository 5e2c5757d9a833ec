"""A real server on a port of the system's choice, in the event loop of the test."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    """Says when it accepts connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that is up."""

    server: uvicorn.Server
    task: asyncio.Task[None]

    @property
    def port(self) -> int:
        port: int = self.server.servers[0].sockets[0].getsockname()[1]
        return port

    async def idle(self) -> None:
        """Wait until every request and every socket has been served to its end."""
        if self.server.server_state.tasks:
            await asyncio.wait(self.server.server_state.tasks, timeout=5)

    async def stop(self) -> None:
        """Stop as SIGTERM makes it stop."""
        self.server.should_exit = True
        await self.task


@asynccontextmanager
async def serving(
    app: ASGIApp, http: type[asyncio.Protocol] | None = None, ws: type[asyncio.Protocol] | None = None
) -> AsyncIterator[Serving]:
    """Serve an application while the block runs, over protocols of uvicorn's or these."""
    config = uvicorn.Config(
        app,
        http=http or "auto",
        ws=ws or "auto",
        host="127.0.0.1",
        port=0,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=5,
    )
    server = _Server(config)
    running = Serving(server, asyncio.create_task(server.serve()))
    await server.is_up.wait()
    try:
        yield running
    finally:
        await running.stop()
