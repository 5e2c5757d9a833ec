"""Load: many connections that each send the next request as soon as the last was answered.

`wrk` sends it where it is installed. Elsewhere a lean client of our own does, which may well be slower than the
server that it is to measure: good enough to check answers, and said beside the figures.
"""

import asyncio
import math
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

import httptools
import msgspec

WRK: Final = shutil.which("wrk")
_SCRIPT = Path(__file__).with_name("wrk.lua")


class Request(msgspec.Struct, frozen=True):
    """One GraphQL request, and the Authorization header that it is sent with."""

    query: str
    authorization: str = ""

    @property
    def body(self) -> bytes:
        return msgspec.json.encode({"query": self.query})


class Figures(msgspec.Struct, frozen=True):
    """What one run came to.

    `received` is in bytes; `failures` are refused, broken and late requests, and statuses that are no success.
    """

    requests: int
    seconds: float
    received: int
    failures: int
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def generator() -> str:
    """What sends the load."""
    return "wrk" if WRK else "a Python client, which may be slower than the server: install wrk to compare rates"


def send(url: str, requests: Sequence[Request], *, connections: int, seconds: float) -> Figures:
    """Send the requests in turn, over and over, for so many seconds."""
    if WRK is None:
        return asyncio.run(_send(url, cycle(requests), connections, seconds))
    with tempfile.TemporaryDirectory() as directory:
        lines = Path(directory) / "requests"
        lines.write_bytes(b"".join(b"%s\t%s\n" % (each.authorization.encode(), each.body) for each in requests))
        options = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "-s", str(_SCRIPT)]
        command = [WRK, *options, url, "--", str(lines)]
        printed = subprocess.run(command, check=True, capture_output=True, timeout=seconds + 30).stdout  # noqa: S603
    return msgspec.json.decode(printed.splitlines()[-1], type=Figures)


def send_each(url: str, requests: Sequence[Request], *, connections: int) -> Figures:
    """Send every request once."""
    return asyncio.run(_send(url, iter(requests), connections, math.inf))


async def _send(url: str, requests: Iterator[Request], connections: int, seconds: float) -> Figures:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    started = time.monotonic()
    tally = _Tally((rendered(parts.path, parts.netloc, request) for request in requests), started + seconds)
    loop = asyncio.get_running_loop()
    opened = [await loop.create_connection(lambda: _Sender(tally), host, port) for _ in range(connections)]
    await asyncio.gather(*[sender.closed for _, sender in opened])
    times = sorted(tally.times) or [0.0]
    return Figures(
        requests=len(tally.times),
        seconds=time.monotonic() - started,
        received=tally.received,
        failures=tally.failures,
        p50_ms=times[len(times) // 2] * 1000,
        p99_ms=times[len(times) * 99 // 100] * 1000,
    )


def rendered(path: str, host: str, request: Request) -> bytes:
    """The request as it goes over the wire."""
    authorization = f"authorization: {request.authorization}\r\n" if request.authorization else ""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\naccept: application/json\r\n"
        f"{authorization}content-length: {len(request.body)}\r\n\r\n"
    )
    return head.encode() + request.body


@dataclass(slots=True)
class _Tally:
    """What all connections share: the requests to come, and what became of those that went."""

    coming: Iterator[bytes]
    ends_at: float
    times: list[float] = field(default_factory=list)
    received: int = 0
    failures: int = 0

    def next(self) -> bytes | None:
        """The next request, or None when it is enough."""
        return next(self.coming, None) if time.monotonic() < self.ends_at else None


class _Sender(asyncio.Protocol):
    """One connection."""

    def __init__(self, tally: _Tally) -> None:
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tally = tally
        self._parser = httptools.HttpResponseParser(self)
        self._sent_at = 0.0
        self._is_answered = False
        self._is_done = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._go_on()

    def data_received(self, data: bytes) -> None:
        self._tally.received += len(data)
        self._parser.feed_data(data)
        if self._is_answered:
            self._go_on()

    def on_message_complete(self) -> None:
        self._is_answered = True
        self._tally.times.append(time.monotonic() - self._sent_at)
        self._tally.failures += not 200 <= self._parser.get_status_code() < 400

    def connection_lost(self, _error: Exception | None) -> None:
        self._tally.failures += not self._is_done
        self.closed.set_result(None)

    def _go_on(self) -> None:
        self._is_answered = False
        self._sent_at = time.monotonic()
        request = self._tally.next()
        if request is None:
            self._is_done = True
            self._transport.close()
        else:
            self._transport.write(request)
