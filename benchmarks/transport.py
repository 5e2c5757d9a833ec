"""What one plain read costs over each HTTP client: `python -m benchmarks.transport`.

A loopback server in a process of its own answers every request with the same JSON. Each candidate reads it one at a
time and 64 at a time; the figure is reads per second of the client's own CPU time, because that is what a gateway
runs out of. Candidates that are not installed are skipped.
"""

import argparse
import asyncio
import contextlib
import importlib.util
import json
import math
import multiprocessing
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib import import_module
from multiprocessing.connection import Connection as Pipe
from typing import Any, TypeAlias

from app.rest import Caller, Deadline, RestClient, Service
from app.rest.pool import Pool
from app.rest.service import Origin
from app.settings import ServiceSettings
from app.telemetry import TraceContext
from benchmarks.show import show

Read: TypeAlias = Callable[[], Awaitable[object]]
Candidate: TypeAlias = Callable[[str], contextlib.AbstractAsyncContextManager[Read]]

CONCURRENCIES = (1, 64)
BODY = json.dumps({"items": [{"id": f"lst_{n}", "address": f"{n} Elm Street"} for n in range(20)], "total": 20})


class FixedAnswer(asyncio.Protocol):
    """A server that costs next to nothing: one answer for each blank line that ends a request."""

    answer = (
        f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(BODY)}\r\n\r\n{BODY}"
    ).encode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.write = transport.write  # type: ignore[attr-defined]  # a stream transport

    def data_received(self, data: bytes) -> None:
        self.write(self.answer * data.count(b"\r\n\r\n"))


def serve(pipe: Pipe) -> None:
    """Listen on a port of the system's choosing, report it, and serve until terminated."""

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(FixedAnswer, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


@contextlib.asynccontextmanager
async def lean(url: str) -> AsyncIterator[Read]:
    origin = Origin.parse(url)
    request = f"GET /things HTTP/1.1\r\nhost: {origin.authority}\r\n\r\n".encode()
    pool = Pool(origin, max_body_bytes=1_000_000)
    yield lambda: pool.exchange(request)
    await pool.aclose()


@contextlib.asynccontextmanager
async def rest_client(url: str) -> AsyncIterator[Read]:
    """All of it: deadline, headers, decoding; the reads are told apart so that none is shared."""
    client = RestClient(Service("things", 0), ServiceSettings(url=url))
    deadline = Deadline.after(math.inf)
    numbers = iter(range(1_000_000_000))
    trace = TraceContext(b"00-%032x-%016x-01" % (1, 1))
    yield lambda: client.get(Caller(f"Bearer {next(numbers)}", "benchmark", deadline, trace), "/things", dict)
    await client.aclose()


@contextlib.asynccontextmanager
async def httpx(url: str) -> AsyncIterator[Read]:
    module: Any = import_module("httpx")
    async with module.AsyncClient(trust_env=False, timeout=5) as client:

        async def read() -> object:
            return (await client.get(f"{url}/things")).content

        yield read


@contextlib.asynccontextmanager
async def aiohttp(url: str) -> AsyncIterator[Read]:
    module: Any = import_module("aiohttp")
    async with module.ClientSession() as session:

        async def read() -> object:
            async with session.get(f"{url}/things") as response:
                return await response.read()

        yield read


@contextlib.asynccontextmanager
async def pyreqwest(url: str) -> AsyncIterator[Read]:
    module: Any = import_module("pyreqwest.client")
    async with module.ClientBuilder().build() as client:

        async def read() -> object:
            response = await client.get(f"{url}/things").build().send()
            return await response.bytes()

        yield read


CANDIDATES: dict[str, tuple[str, Candidate]] = {
    "httpx": ("httpx", httpx),
    "aiohttp": ("aiohttp", aiohttp),
    "pyreqwest": ("pyreqwest", pyreqwest),
    "lean reader (app.rest.pool)": ("httptools", lean),
    "RestClient.get, all of it": ("httptools", rest_client),
}


async def measure(candidate: Candidate, url: str, concurrency: int, seconds: float) -> float:
    """Reads per second of this process's CPU time."""
    async with candidate(url) as read:
        await asyncio.gather(*[read() for _ in range(concurrency)])
        ends_at = time.monotonic() + seconds

        async def worker() -> int:
            count = 0
            while time.monotonic() < ends_at:
                await read()
                count += 1
            return count

        started = time.process_time()
        counts = await asyncio.gather(*[worker() for _ in range(concurrency)])
        return sum(counts) / (time.process_time() - started)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=2.0, help="for each candidate and concurrency")
    seconds = options.parse_args().seconds
    runner: Callable[[Any], float] = asyncio.run
    if importlib.util.find_spec("uvloop"):
        runner = import_module("uvloop").run
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ours.recv()}"
    show(f"{'reads per CPU second':<30}" + "".join(f"{f'{n} at once':>14}{'ratio':>8}" for n in CONCURRENCIES))
    baseline: list[float] = []
    try:
        for name, (package, candidate) in CANDIDATES.items():
            if not importlib.util.find_spec(package):
                show(f"{name:<30}  skipped: {package} is not installed")
                continue
            rates = [runner(measure(candidate, url, concurrency, seconds)) for concurrency in CONCURRENCIES]
            baseline = baseline or rates
            figures = [f"{rate:>14,.0f}{rate / first:>7.1f}x" for rate, first in zip(rates, baseline, strict=True)]
            show(f"{name:<30}" + "".join(figures))
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
