"""How the gateway is served: by uvicorn, with protocols of our own."""

import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager

import uvicorn

from app.main import Gateway
from app.server.collector import calm_collector, collect_now_and_then
from app.server.websocket.protocol import SocketProtocol

MAX_MESSAGE_BYTES = 1_100_000
"""Of a WebSocket message; just above the limit that is answered with a close code."""

SWITCH_SECONDS = 0.0001
"""How long a thread that reads a long document may keep the loop waiting, each time."""


def listen(host: str, port: int) -> socket.socket:
    """The socket to accept on; with port 0 the system has chosen one by now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=2048)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio sets it on sockets of its own only
    return listener


async def serve(app: Gateway, listener: socket.socket) -> None:
    """Serve until a signal says to stop; what is asked by then is answered."""
    config = uvicorn.Config(
        app,
        http=app.http_protocol,
        ws=SocketProtocol,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
        server_header=False,
        proxy_headers=False,  # whom to believe is TRUSTED_PROXIES' to say
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # a fifth less time and half the memory a socket; messages are small
    )
    calm_collector()
    collect_now_and_then(asyncio.get_running_loop())
    sys.setswitchinterval(SWITCH_SECONDS)
    await _Server(config, app.state.streams.close).serve([listener])


def run_to_end(main: Coroutine[None, None, None]) -> None:
    """Run until the server is told to stop, on uvloop where there is one."""
    loop_factory = None
    if sys.platform != "win32":
        import uvloop

        loop_factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main)


class _Server(uvicorn.Server):
    """A server that a signal stops in good order, and with it what surrounds it: uvicorn's own dies of the signal.

    `end_streams` is called first: requests are waited for, and streams would never end.
    """

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if sys.platform == "win32":
            with super().capture_signals():
                yield
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
