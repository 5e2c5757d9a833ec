"""The services with a clock that stands until a test moves it, and what there is to publish with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx

from backends.app import SERVICES, assemble, trusted_certificates
from backends.document import new_id
from backends.embedded import bound, listening
from backends.publishing import PublishingService
from backends.publishing.scheduler import Clock
from tests.backends.backend_world import Json, User, Webhook, World, settings_for

START = datetime(2031, 3, 3, 12, 0, tzinfo=UTC)


class StandingClock(Clock):
    """A clock that a test moves; the scheduler looks at it again at every move."""

    def __init__(self) -> None:
        self._now = START
        self._sleeper = asyncio.Event()

    def now(self) -> datetime:
        return self._now

    async def wait(self, until: datetime | None, woken: asyncio.Event) -> None:
        self._sleeper = woken
        await woken.wait()

    def advance(self, **duration: float) -> datetime:
        self._now += timedelta(**duration)
        self._sleeper.set()
        return self._now


@asynccontextmanager
async def publishing_world(
    data_dir: Path, webhook: Webhook, clock: Clock, *, sample: bool = False
) -> AsyncIterator[World]:
    """All services, with publishing by that clock."""
    settings = settings_for(data_dir, webhook)
    mounts = {f"/{name}": service for name, service in SERVICES.items()}
    with bound() as (listener, url):
        located = settings.located_at(url)
        backends = assemble(
            mounts | {"/publishing": partial(PublishingService, clock=clock)},
            located,
            sample=sample,
        )
        async with (
            listening(backends, listener),
            backends.router.lifespan_context(backends),
            httpx.AsyncClient(base_url=url, trust_env=False, verify=trusted_certificates()) as http,
        ):
            yield World(url, http, webhook, settings)


async def connected_account(owner: User, platform: str = "instagram", name: str | None = None, **more: str) -> Json:
    """An account that the platform lets the owner use."""
    auth = {"type": "browser_session", "username": name or new_id("name"), "password": "correct horse"}
    answer = await owner.post("/social/accounts/connect", {"platform": platform, "auth": auth, **more})
    assert answer.status_code == 201, answer.text
    account: Json = answer.json()
    return account


async def created(owner: User, path: str, **body: object) -> Json:
    answer = await owner.post(path, body)
    assert answer.status_code == 201, answer.text
    thing: Json = answer.json()
    return thing


async def character_of(owner: User, **facts: object) -> Json:
    body = {"name": "Luna Reyes", "interests": ["surfing", "vegan food"], "timezone": "America/New_York"}
    return await created(owner, "/characters/characters", **body, **facts)
