"""How the Python servers under test are served: one process each, on the port that it was told."""

import os
import socket

import uvicorn
from starlette.types import ASGIApp

from app.main import Gateway
from app.serving import listen, run_to_end
from app.serving import serve as serve_until_stopped


def listener() -> socket.socket:
    """The socket of the loopback port that this process was told to serve on."""
    return listen("127.0.0.1", int(os.environ["PORT"]))


def serve(app: ASGIApp) -> None:
    """Serve until the process is told to end, on uvicorn with uvloop and httptools, without an access log."""
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    with listener() as open_socket:
        uvicorn.Server(config).run([open_socket])


def serve_gateway(app: Gateway) -> None:
    """Serve Atrium as `gateway serve` does."""
    with listener() as open_socket:
        run_to_end(serve_until_stopped(app, open_socket))
