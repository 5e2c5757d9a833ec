"""The reference services on one loopback port, inside the running event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from backends.app import create_backends
from backends.settings import BackendSettings


class EmbeddedServer(uvicorn.Server):
    """A server that leaves signals to the program it runs in, and says when it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.has_started = asyncio.Event()
        self.is_stopping = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.has_started.set()

    async def main_loop(self) -> None:
        """Ticks as it always does, and ends at once when it is to stop."""
        ticking = asyncio.create_task(super().main_loop())
        await self.is_stopping.wait()
        ticking.cancel()


@asynccontextmanager
async def serve(
    settings: BackendSettings, *, sample: bool = False, wrap: Callable[[ASGIApp], ASGIApp] | None = None
) -> AsyncIterator[str]:
    """Serves every service for the length of the block; yields the URL that they are mounted under.

    `wrap` may put a layer around the app, to record requests for example.
    """
    with bound() as (listener, base_url):
        backends = create_backends(settings.located_at(base_url), sample=sample)
        async with (
            listening(wrap(backends) if wrap else backends, listener),
            backends.router.lifespan_context(backends),
        ):
            yield base_url


@contextmanager
def bound() -> Iterator[tuple[socket.socket, str]]:
    """A loopback port of the system's choosing, and its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio sets it on sockets of its own only
        yield listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


@asynccontextmanager
async def listening(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Work in the background is started after the server and stopped before it, as it calls the services."""
    config = uvicorn.Config(
        app, lifespan="off", ws="none", log_config=None, access_log=False, timeout_graceful_shutdown=2
    )
    server = EmbeddedServer(config)
    serving = asyncio.create_task(server.serve([listener]))
    await server.has_started.wait()
    try:
        yield
    finally:
        server.is_stopping.set()
        await serving
