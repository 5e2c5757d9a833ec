"""The reference services as one ASGI app, each mounted under its name, or one of them alone."""

import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import Final, TypeAlias

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Mount

from backends.accounts import AccountService
from backends.agents import AgentService
from backends.analytics import AnalyticsService
from backends.characters import CharacterService
from backends.content import ContentService
from backends.files import FileService
from backends.listings import ListingService
from backends.notifications import NotificationService
from backends.problem import answer_problem
from backends.publishing import PublishingService
from backends.sample import load_sample
from backends.service import Service
from backends.sessions import SessionService
from backends.settings import BackendSettings
from backends.social import SocialService

SERVICES: Final[Mapping[str, type[Service]]] = {
    service.name: service
    for service in (
        AccountService,
        AgentService,
        AnalyticsService,
        CharacterService,
        ContentService,
        FileService,
        ListingService,
        NotificationService,
        PublishingService,
        SessionService,
        SocialService,
    )
}

MakesService: TypeAlias = Callable[[BackendSettings, httpx.AsyncClient], Service]


@cache
def trusted_certificates() -> ssl.SSLContext:
    """Reading them takes about 25 ms, a tenth of a start."""
    return httpx.create_ssl_context(trust_env=False)


def create_backends(settings: BackendSettings, *, sample: bool = False) -> Starlette:
    """Every service under `/<name>`; `settings.located_at(base_url)` tells them where that is."""
    return assemble({f"/{name}": service for name, service in SERVICES.items()}, settings, sample=sample)


def create_service(name: str, settings: BackendSettings, *, sample: bool = False) -> Starlette:
    """One service at the root."""
    return assemble({"": SERVICES[name]}, settings, sample=sample)


def assemble(mounts: Mapping[str, MakesService], settings: BackendSettings, *, sample: bool) -> Starlette:
    """Services call each other and the gateway with one client; proxies of the environment are not for them."""
    http = httpx.AsyncClient(trust_env=False, verify=trusted_certificates())
    services = {path: service(settings, http) for path, service in mounts.items()}
    if sample:
        for service in services.values():
            load_sample(service)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(http)
            for service in services.values():
                await stack.enter_async_context(service.running())
            yield

    return Starlette(
        routes=[Mount(path, app=service) for path, service in services.items()],
        exception_handlers={HTTPException: answer_problem},
        lifespan=lifespan,
    )
