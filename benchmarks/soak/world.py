"""What is soaked: a gateway and the reference backends in processes of their own, and a stand-in for one of them."""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.contest import wait_for
from benchmarks.gateway.settings import gateway_settings
from benchmarks.machine import Process, free_port, python
from tests.end_to_end.stand_in import StandIn, standing_in
from tests.gateway import CallRecorder, Gateway

SERVICE: Final = "listings"
"""The one that is not always well."""

_SETTINGS: Final = {
    "LISTINGS_TIMEOUT": "1",
    "LISTINGS_MAX_RESPONSE_BYTES": "200000",  # what `sends far too much` exceeds
    "EVENT_LOG_SIZE": "2000",  # what is kept is no growth: the log and the cache are full after a minute or two
    "CACHE_MAX_BYTES": "2000000",
    "RATE_LIMITS": "false",
}


@dataclass(frozen=True, slots=True)
class World:
    gateway: Gateway
    process: Process
    stand_in: StandIn


@asynccontextmanager
async def running() -> AsyncIterator[World]:
    """The world, for as long as the block runs."""
    cores = frozenset(os.sched_getaffinity(0))
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stand_in = await stack.enter_async_context(standing_in())
        port, backends_port = free_port(), free_port()
        urls = {"BACKENDS": f"http://127.0.0.1:{backends_port}", "EVENTS_URL": f"http://127.0.0.1:{port}/events"}
        stand_in.upstream = f"{urls['BACKENDS']}/{SERVICE}"
        environment = {**urls, "PORT": str(backends_port), "DATA_DIR": str(directory), "STEP_SECONDS": "0.1"}
        backends = Process(python("benchmarks.gateway.backends"), cores, directory / "backends.log", environment)
        stack.callback(backends.stop)
        environment = {**urls, **_SETTINGS, "PORT": str(port), "LISTINGS_URL": stand_in.url}
        gateway = Process(python("benchmarks.gateway.atrium"), cores, directory / "gateway.log", environment)
        stack.callback(gateway.stop)
        wait_for(f"{urls['BACKENDS']}/calls", backends)
        wait_for(f"http://127.0.0.1:{port}/health", gateway)
        yield World(Gateway(gateway_settings(), CallRecorder(), port), gateway, stand_in)
