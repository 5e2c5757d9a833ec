"""Liveness and readiness."""

import asyncio
from dataclasses import dataclass, field

import httpx
import structlog
from starlette.applications import Starlette

from app.errors import BackendUnavailableError
from app.server.health import Health


@dataclass
class Backend:
    """A backend that answers pings, fails them, or keeps them waiting."""

    failure: Exception | None = None
    pings: int = 0
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_answer.set()

    async def ping(self) -> float:
        self.pings += 1
        await self.may_answer.wait()
        if self.failure:
            raise self.failure
        return 0.00184


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


async def get(health: Health, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(Starlette(routes=health.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return await client.get(path)


def a_health(clock: Clock | None = None, **backends: Backend) -> Health:
    pings = {name: backend.ping for name, backend in backends.items()}
    return Health(pings, timeout=0.05, clock=clock or Clock())


DOWN = BackendUnavailableError("refused", service="content")


async def test_a_process_that_answers_is_alive_whatever_its_backends_are() -> None:
    backend = Backend(DOWN)
    answer = await get(a_health(content=backend), "/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"
    assert backend.pings == 0


async def test_it_is_ready_when_every_backend_answers() -> None:
    answer = await get(a_health(listings=Backend(), content=Backend()), "/health/ready")
    up = {"status": "up", "latencyMs": 1.8}
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ready", "services": {"listings": up, "content": up}},
    )


async def test_it_is_not_ready_when_one_backend_is_down_or_slow_or_broken() -> None:
    slow = Backend()
    slow.may_answer.clear()
    with structlog.testing.capture_logs() as logged:
        answer = await get(
            a_health(listings=Backend(), content=Backend(DOWN), agents=slow, social=Backend(KeyError("x"))),
            "/health/ready",
        )
    assert (answer.status_code, answer.json()) == (
        503,
        {
            "status": "not_ready",
            "services": {
                "listings": {"status": "up", "latencyMs": 1.8},
                "content": {"status": "down", "error": "BACKEND_UNAVAILABLE"},
                "agents": {"status": "down", "error": "BACKEND_TIMEOUT"},
                "social": {"status": "down", "error": "INTERNAL_SERVER_ERROR"},
            },
        },
    )
    assert [(line["event"], line["service"]) for line in logged] == [("health.failed", "social")]


async def test_a_draining_process_is_alive_and_not_ready() -> None:
    backend = Backend()
    health = a_health(listings=backend)
    health.drain()
    ready, alive = await get(health, "/health/ready"), await get(health, "/health")
    assert (ready.status_code, ready.json()) == (503, {"status": "draining"})
    assert alive.status_code == 200
    assert backend.pings == 0


async def test_probes_of_one_second_share_one_check() -> None:
    clock, backend = Clock(), Backend()
    health = a_health(clock, listings=backend)
    await asyncio.gather(*(get(health, "/health/ready") for _ in range(10)))
    clock.now += 0.9
    await get(health, "/health/ready")
    assert backend.pings == 1
    clock.now += 0.1
    await get(health, "/health/ready")
    assert backend.pings == 2


async def test_a_probe_that_gives_up_leaves_the_check_to_the_others() -> None:
    backend = Backend()
    backend.may_answer.clear()
    health = a_health(listings=backend)
    impatient, patient = asyncio.create_task(health.check()), asyncio.create_task(health.check())
    await asyncio.sleep(0)
    impatient.cancel()
    backend.may_answer.set()
    assert await patient == {"listings": {"status": "up", "latencyMs": 1.8}}
    assert backend.pings == 1
