"""How the Python servers under test are served: uvicorn with uvloop and httptools, one process, no access log."""

import asyncio
import os
import socket
from typing import Literal

import uvicorn
from starlette.types import ASGIApp


def listener() -> socket.socket:
    """The socket of the loopback port that this process was told to serve on."""
    return socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=2048)


def serve(app: ASGIApp, http: type[asyncio.Protocol] | Literal["httptools"] = "httptools") -> None:
    """Serve until the process is told to end, over a protocol of its own where the app has one."""
    config = uvicorn.Config(app, http=http, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    with listener() as open_socket:
        uvicorn.Server(config).run([open_socket])
