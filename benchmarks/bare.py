"""The public job on a gateway with nothing that can be left out: what being safe is measured against."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.events import EventLog, MemoryStore
from app.graph import ContextFactory
from app.graph.principal import Revocations
from app.main import Gateway, create_executor
from app.rest import RestClient
from app.server.authentication import Authenticator
from app.server.endpoint import GraphQLEndpoint
from app.server.limits.bodies import BodyLimits
from app.server.limits.gate import Gate
from app.server.reporting import Reporter
from app.server.time_limit import OperationTime
from app.settings import ServiceSettings
from app.telemetry import log_exchange
from benchmarks.peers.atrium_posts import POSTS, BlogClient, posts_settings


def create_bare_posts(upstream: str) -> Gateway:
    """As `create_posts`, which shares nothing, makes it, but for what it has against clients and the upstream.

    Towards the upstream there are no retries, no breaker and no kept answers; towards clients no limits of cost and
    variables, no rate limits, no persisted operations and no mutations that can be repeated.
    """
    settings, service = posts_settings(), BlogClient.service
    service_settings = ServiceSettings(url=upstream, retries=0, breaker=False)
    backend = RestClient(service, service_settings, share_reads=False, observers=[log_exchange])
    revocations = Revocations()
    contexts = ContextFactory(
        {service.name: backend}, EventLog(MemoryStore(size=1, seconds=1)), revocations, settings.request_timeout
    )
    endpoint = GraphQLEndpoint(
        create_executor(settings, POSTS.create_schema()),
        contexts,
        Authenticator(settings, revocations),
        Reporter(debug=False),
        time=OperationTime(settings.request_timeout),
        bodies=BodyLimits(Gate(), settings.max_body_bytes),
        share=False,
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await backend.aclose()

    app = Gateway(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.serve_directly("/graphql", endpoint, settings)
    return app
