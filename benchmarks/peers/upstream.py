"""The upstream of the job: nginx with fixed files, so that it is never what limits a server.

`/posts` is all posts and `/users?id=1&id=2` all users, whichever are asked for, as in the public job; `/users/1` is
one user. Where nginx is not installed a Python server gives the same answers, for checks only.
"""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Final

from benchmarks.machine import Cores, Process, free_port, python
from benchmarks.peers.data import encoded, posts, users

NGINX: Final = shutil.which("nginx", path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")

_CONFIGURATION = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/nginx-error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  default_type application/json;
  keepalive_requests 1000000000;
  open_file_cache max=100;
  sendfile on;
  tcp_nopush on;
  client_body_temp_path {directory}/t1;
  proxy_temp_path {directory}/t2;
  fastcgi_temp_path {directory}/t3;
  uwsgi_temp_path {directory}/t4;
  scgi_temp_path {directory}/t5;
  server {{
    listen 127.0.0.1:{port} backlog=2048;
    root {directory}/files;
    location = /posts {{ try_files /posts.json =404; }}
    location = /users {{ try_files /users.json =404; }}
    location /users/ {{ try_files $uri.json =404; }}
  }}
}}
"""


def name() -> str:
    """What serves."""
    return "nginx serving fixed JSON" if NGINX else "a Python server in place of nginx, which is not installed"


def start(cores: Cores, directory: Path) -> tuple[Process, str]:
    """The upstream and its URL."""
    port = free_port()
    if NGINX is None:
        command = python("benchmarks.peers.upstream")
    else:
        _write_files(directory / "files")
        configuration = directory / "nginx.conf"
        configuration.write_text(_CONFIGURATION.format(directory=directory, port=port))
        command = [NGINX, "-p", str(directory), "-c", str(configuration)]
    process = Process(command, cores, directory / "upstream.log", {"PORT": str(port)})
    return process, f"http://127.0.0.1:{port}"


def _write_files(directory: Path) -> None:
    (directory / "users").mkdir(parents=True)
    (directory / "posts.json").write_text(encoded(posts()))
    (directory / "users.json").write_text(encoded(users()))
    for user in users():
        (directory / "users" / f"{user['id']}.json").write_text(encoded(user))


class _Answers(asyncio.Protocol):
    """One answer for each request without a body."""

    def __init__(self) -> None:
        self._bodies = {b"/posts": encoded(posts()), b"/users": encoded(users())}
        self._bodies |= {b"/users/%d" % user["id"]: encoded(user) for user in users()}
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self._received = (self._received + data).split(b"\r\n\r\n")
        for request in requests:
            path = request.split(b" ", 2)[1].partition(b"?")[0]
            body = self._bodies.get(path, "null")
            head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            self._transport.write((head + body).encode())


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Answers, "127.0.0.1", int(os.environ["PORT"]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
