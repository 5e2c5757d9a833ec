"""A backend whose answers say what the test wants of keeping them, and a clock that the test moves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from app.rest import MemoryCache, ResponseCache, RestClient
from tests.app.rest.backend import Backend, Request, Thing, answering, caller, calling

NOON = 1_700_000_000.0


@dataclass
class Clock:
    now: float = NOON

    def __call__(self) -> float:
        return self.now


@dataclass
class Scripted:
    """Answers reads with `headers`, 304 where the tag is the same; a write changes the thing."""

    headers: dict[str, str]
    version: int = 1
    status: int = 200
    etag: str | None = None
    conditions: list[str | None] = field(default_factory=list)

    async def __call__(self, request: Request) -> None:
        headers = self.headers | ({"etag": self.etag} if self.etag else {})
        if request.method != "GET":
            self.version += 1
            return await request.answer(b"{}")
        self.conditions.append(request.headers.get("if-none-match"))
        if self.status != 200:
            await request.answer(b"", self.status)
        elif self.etag and self.etag in (request.headers.get("if-none-match") or "").split(", "):
            await request.answer(b"", 304, **headers)
        else:
            await request.answer(b'{"id":"v%d"}' % self.version, 200, **headers)
        return None


@dataclass
class World:
    """A client with a cache before a scripted backend."""

    client: RestClient
    backend: Backend
    script: Scripted
    cache: ResponseCache
    clock: Clock

    async def read(self, who: str | None = "Bearer t", path: str = "/things") -> str:
        return (await self.client.get(caller(authorization=who), path, Thing)).id

    async def write(self, who: str = "Bearer t", **more: Any) -> None:
        await self.client.send(caller(authorization=who), "PUT", "/things", dict, idempotency_key="k", **more)

    @property
    def calls(self) -> int:
        return len([call for call in self.backend.calls if call.startswith("GET")])


@asynccontextmanager
async def keeping(
    cache_control: str | None = None, *, etag: str | None = None, cache: ResponseCache | None = None, **headers: str
) -> AsyncIterator[World]:
    """A world whose backend answers with these headers."""
    clock = Clock()
    script = Scripted(({"cache_control": cache_control} if cache_control else {}) | headers, etag=etag)
    used = MemoryCache(100_000) if cache is None else cache
    used.clock = clock
    async with answering(script) as backend, calling(backend, cache=used) as client:
        yield World(client, backend, script, used, clock)
