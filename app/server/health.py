"""Health: whether the process is alive, and whether it and its backends are ready to serve."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import BackendTimeoutError, GatewayError

Ping: TypeAlias = Callable[[], Awaitable[float]]
Report: TypeAlias = dict[str, object]


class Health:
    """Answers `/health` and `/health/ready`.

    Backends are asked at most once every `cache_seconds` and all at once, however many probes come.
    """

    def __init__(
        self,
        pings: Mapping[str, Ping],
        *,
        timeout: float = 1.0,
        cache_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`pings` by name of the backend; each gives the seconds its answer took, or raises."""
        self._pings = pings
        self._timeout = timeout
        self._cache_seconds = cache_seconds
        self._clock = clock
        self._is_draining = False
        self._check: asyncio.Task[dict[str, Report]] | None = None
        self._checked_at = 0.0
        self._started_at = clock()

    @property
    def uptime_seconds(self) -> float:
        """How long the process has been there."""
        return self._clock() - self._started_at

    def drain(self) -> None:
        """Answer "not ready" from now on: no new work, please."""
        self._is_draining = True

    def routes(self) -> list[Route]:
        return [Route("/health", self._live), Route("/health/ready", self._ready)]

    async def check(self) -> dict[str, Report]:
        """The state of each backend: `status` "up" with `latencyMs`, or "down" with the `error` code."""
        now = self._clock()
        if self._check is None or (self._check.done() and now - self._checked_at >= self._cache_seconds):
            self._checked_at = now
            self._check = asyncio.create_task(self._ask_all())
        return await asyncio.shield(self._check)

    async def _live(self, _request: Request) -> Response:
        return _response(200, {"status": "ok"})

    async def _ready(self, _request: Request) -> Response:
        if self._is_draining:
            return _response(503, {"status": "draining"})
        services = await self.check()
        if all(service["status"] == "up" for service in services.values()):
            return _response(200, {"status": "ready", "services": services})
        return _response(503, {"status": "not_ready", "services": services})

    async def _ask_all(self) -> dict[str, Report]:
        reports = await asyncio.gather(*(self._ask(name, ping) for name, ping in self._pings.items()))
        return dict(zip(self._pings, reports, strict=True))

    async def _ask(self, name: str, ping: Ping) -> Report:
        try:
            seconds = await asyncio.wait_for(ping(), self._timeout)
        except GatewayError as error:
            return {"status": "down", "error": error.code}
        except TimeoutError:
            return {"status": "down", "error": BackendTimeoutError.code}
        except Exception as error:  # a defect of one client must not hide the state of the others
            structlog.get_logger(__name__).error("health.failed", service=name, exc_info=error)
            return {"status": "down", "error": GatewayError.code}
        return {"status": "up", "latencyMs": round(seconds * 1000, 1)}


def _response(status: int, body: Report) -> Response:
    return Response(
        msgspec.json.encode(body),
        status,
        headers={"cache-control": "no-store"},
        media_type="application/json",
    )
