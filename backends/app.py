"""The reference services as one ASGI app, each mounted under its name, or one of them alone."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Mount
from starlette.types import ASGIApp

from backends.accounts import AccountService
from backends.content import ContentService
from backends.listings import ListingService
from backends.problem import answer_problem
from backends.sample import load_sample
from backends.service import Service
from backends.settings import BackendSettings

SERVICES: Final[Mapping[str, type[Service]]] = {
    service.name: service for service in (AccountService, ListingService, ContentService)
}


def create_backends(settings: BackendSettings, *, sample: bool = False) -> Starlette:
    """Every service under `/<name>`; `settings.located_at(base_url)` tells them where that is."""
    http = create_http()
    services = [service(settings, http) for service in SERVICES.values()]
    if sample:
        for service in services:
            load_sample(service)

    @asynccontextmanager
    async def lifespan(_app: ASGIApp) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(http)
            for service in services:
                await stack.enter_async_context(service.running())
            yield

    return Starlette(
        routes=[Mount(f"/{service.name}", app=service) for service in services],
        exception_handlers={HTTPException: answer_problem},
        lifespan=lifespan,
    )


def create_http() -> httpx.AsyncClient:
    """What services call each other and the gateway with; proxies of the environment are not for them."""
    return httpx.AsyncClient(trust_env=False)
