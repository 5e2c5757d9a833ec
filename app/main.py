"""The composition root: from settings to clients, schema and ASGI app. Nothing happens at import."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from functools import partial
from typing import Protocol

import msgspec
import structlog
from fastapi import FastAPI
from graphql import GraphQLError
from redis.asyncio import Redis
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.events import CloudEvent, EventLog, MemoryStore
from app.execution import Executor, Prepared
from app.graph import ComposedSchema, ContextFactory
from app.graph.contract import known_values, operations_of_loaders
from app.graph.principal import Revocations
from app.graph.rate_limit import RateLimiter
from app.rest import MemoryCache, Observer, RedisCache, ResponseCache, RestClient, Timing
from app.rest.contract.guard import Report, check
from app.rest.contract.operation import operations_of
from app.schema import PLATFORM, Graph
from app.server.addresses import ClientAddresses
from app.server.authentication import Authenticator
from app.server.direct import DirectProtocol, direct_protocol
from app.server.endpoint import GraphQLEndpoint
from app.server.explanation import explain
from app.server.graphiql import GraphiQL
from app.server.guard import ConnectionLimits
from app.server.health import Health
from app.server.idempotency import Idempotency
from app.server.ingress import create_ingress
from app.server.introspection import NoIntrospection
from app.server.jwks import KeySetSource
from app.server.limits.admission import Admission
from app.server.limits.bodies import BodyLimits
from app.server.limits.documents import DocumentLimits
from app.server.limits.gate import Gate
from app.server.metering import create_metrics
from app.server.middleware import middleware, security_headers
from app.server.persisted import PersistedOperations
from app.server.rate_limiting import AddressRateLimitMiddleware
from app.server.reporting import Reporter
from app.server.stores import create_store, shared_counts
from app.server.streaming import Services, StreamEndpoint
from app.server.time_limit import OperationTime
from app.server.uploads import Limits, Uploads
from app.server.websocket import WebSocketEndpoint, WebSocketSettings
from app.settings import ServiceSettings, Settings
from app.telemetry import log_exchange

GRAPHQL_PATH = "/graphql"
REDIS_SECONDS = 0.25

log = structlog.get_logger(__name__)


class Closable(Protocol):
    """What is closed when the gateway stops."""

    async def aclose(self) -> None: ...


class Gateway(FastAPI):
    """The app, with a shorter way in for the path that nearly all requests are for."""

    http_protocol: type[DirectProtocol]
    """For the server (`uvicorn.Config(http=…)`): reads plain GraphQL requests without ASGI."""

    def serve_directly(
        self,
        path: str,
        endpoint: GraphQLEndpoint,
        settings: Settings,
        around: Sequence[Middleware] | None = None,
        sockets: ASGIApp | None = None,
    ) -> None:
        """Serve a path without looking for its route, and plain requests for it without ASGI, unless they are counted.

        `around` is the middleware, outermost first; None for the usual one. `sockets` serves the path's WebSockets.
        """
        self._direct: dict[tuple[str, str], ASGIApp] = {}
        for kind, app in (("http", endpoint), ("websocket", sockets)):
            if app is not None:
                for layer in reversed(middleware(settings) if around is None else around):
                    app = layer.cls(app, *layer.args, **layer.kwargs)
                self._direct[kind, path] = app
        self.http_protocol = direct_protocol(
            path,
            endpoint,
            max_body_bytes=settings.max_body_bytes,
            serves_any_origin=not settings.cors_origins,
            headers=security_headers(settings),
            is_counted=settings.ip_rate_limit is not None,
            limits=ConnectionLimits(settings.max_connections, settings.client_timeout),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._direct.get((scope["type"], scope.get("path", "")), super().__call__)
        await app(scope, receive, send)


def create_app(
    settings: Settings,
    service_urls: Mapping[str, str] | None = None,
    *,
    graph: Graph = PLATFORM,
    issue_token: Callable[[], str] | None = None,
    timing: Timing | None = None,
) -> Gateway:
    """The gateway as an ASGI app.

    `graph` is what it serves. `service_urls` says where backends are that no environment variable places, by the name
    of the service. `issue_token` makes the token that GraphiQL opens with: for development only. `timing` is what
    retries and breakers go by. Raises `ValueError` for settings that contradict each other.
    """
    events = EventLog(MemoryStore(size=settings.event_log_size, seconds=settings.event_log_seconds))
    revocations = Revocations()
    redis = connect_redis(settings)
    cache = create_cache(settings, redis)
    backends = connect_backends(graph, service_urls or {}, share_reads=settings.share_reads, cache=cache, timing=timing)
    events.watch(partial(note_change, backends))
    key_set = KeySetSource(settings.jwt_jwks_url) if settings.jwt_jwks_url else None
    authenticator = Authenticator(settings, revocations, fetch=key_set.fetch if key_set else None)
    reporter = Reporter(debug=not settings.is_production)
    gate = Gate(settings.limits_warn_only)
    time = OperationTime(settings.request_timeout, gate)
    upload_time = OperationTime(settings.upload_timeout)
    addresses = ClientAddresses(settings.trusted_proxies)
    counts = shared_counts(redis)
    schema = graph.create_schema()
    executor = create_executor(settings, schema, gate)
    health = Health({name: backend.ping for name, backend in backends.items()})
    contexts = ContextFactory(
        backends,
        events,
        revocations,
        time.most,
        RateLimiter(is_on=settings.rate_limits, storage=counts),
        health,
    )
    admission = Admission.of(settings, executor, gate, addresses, redis)
    persisted = PersistedOperations.of(settings, redis)

    closing: list[Closable | None] = [authenticator, redis, cache, *backends.values(), key_set]

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for part in closing:
                if part is not None:
                    stack.push_async_callback(part.aclose)
            await stack.enter_async_context(_beside(_watch_revocations(events, revocations)))
            if settings.checks_contract:
                await stack.enter_async_context(_beside(_warn_of_drift(graph, backends, schema)))
            stack.push_async_callback(events.close)
            yield
            health.drain()

    around = [*middleware(settings), *address_limits(settings, RateLimiter(storage=counts), addresses)]
    app = Gateway(lifespan=lifespan, middleware=around, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.events = events  # for who embeds the app: to append to, and to see who reads
    graphiql = GraphiQL(tabs=graph.examples, issue_token=issue_token) if settings.shows_graphiql else None
    services = Services(executor, contexts, authenticator, revocations, reporter, admission, time, persisted)
    sockets = WebSocketEndpoint(services, WebSocketSettings(allowed_origins=settings.cors_origins))
    streams = StreamEndpoint(services)
    endpoint = GraphQLEndpoint(
        executor,
        contexts,
        authenticator,
        reporter,
        time=time,
        bodies=BodyLimits(gate, settings.max_body_bytes, settings.max_batch),
        share=settings.share_operations,
        explain=None if settings.is_production else partial(explain_operation, executor),
        page=graphiql,
        uploads=Uploads(
            Limits(
                settings.max_body_bytes, settings.max_upload_bytes, settings.max_upload_files, settings.upload_types
            ),
            contexts.lasting(upload_time.most),
            upload_time,
        ),
        streams=streams,
        unprocessable=settings.invalid_request_status,
        admission=admission,
        persisted=persisted,
        idempotency=Idempotency(create_store(redis), seconds=settings.idempotency_seconds, patience=time.most + 5),
    )
    app.state.streams = streams  # for who serves the app: to end them when it stops
    app.router.routes += [
        *health.routes(),
        create_ingress(events, settings.service_key.get_secret_value(), settings.max_body_bytes),
    ]
    app.serve_directly(GRAPHQL_PATH, endpoint, settings, around, sockets)
    if settings.shows_metrics:
        app.router.routes.append(create_metrics(executor, endpoint, backends, cache, gate).route())
    if graphiql is not None:
        app.router.routes += [graphiql.route(), Route("/", RedirectResponse(GRAPHQL_PATH))]
    return app


async def check_contract(graph: Graph, backends: Mapping[str, RestClient], schema: ComposedSchema) -> list[Report]:
    """Hold what is asked and expected of each backend against its OpenAPI."""
    operations = [*operations_of(graph.clients), *operations_of_loaders(graph.subgraphs)]
    return await check(backends, operations, known_values(graph.subgraphs, schema.graphql_schema))


async def _warn_of_drift(graph: Graph, backends: Mapping[str, RestClient], schema: ComposedSchema) -> None:
    for report in await check_contract(graph, backends, schema):
        if report.unchecked is not None:
            log.info("contract.unchecked", service=report.service, reason=report.unchecked)
        for line in report.drift:
            log.warning("contract.drift", service=report.service, drift=line)


def connect_redis(settings: Settings) -> Redis | None:
    """A client of Redis, where there is one; it gives up soon, as nothing may wait for it long."""
    if settings.redis_url is None:
        return None
    return Redis.from_url(
        settings.redis_url.get_secret_value(),
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        retry=None,
    )


def create_cache(settings: Settings, redis: Redis | None) -> ResponseCache | None:
    """Where answers of backends are kept, if they are."""
    if not settings.cache_reads:
        return None
    return MemoryCache(settings.cache_max_bytes) if redis is None else RedisCache(redis)


def note_change(backends: Mapping[str, RestClient], event: CloudEvent) -> None:
    """Let no reader of an event have what was read before it: of the service that its source names, or else of all."""
    named = backends.keys() & set(re.split(r"[/.:]", event.source))
    for name in named or backends:
        backends[name].note_change()


def address_limits(settings: Settings, limiter: RateLimiter, addresses: ClientAddresses) -> list[Middleware]:
    """What keeps the limit of requests from one address, if there is one."""
    if settings.ip_rate_limit is None:
        return []
    return [Middleware(AddressRateLimitMiddleware, settings.ip_rate_limit, limiter, addresses)]


def connect_backends(
    graph: Graph,
    service_urls: Mapping[str, str],
    *,
    share_reads: bool = True,
    cache: ResponseCache | None = None,
    timing: Timing | None = None,
    observers: Sequence[Observer] = (log_exchange,),
) -> dict[str, RestClient]:
    """One client for each backend of a graph, by the name of the service; a URL of the environment has precedence."""
    backends: dict[str, RestClient] = {}
    for service in {client.service.name: client.service for client in graph.clients}.values():
        settings = ServiceSettings.named(service.name)
        if settings.url is None:
            settings = settings.model_copy(update={"url": service_urls.get(service.name)})
        backends[service.name] = RestClient(
            service, settings, share_reads=share_reads, cache=cache, observers=observers, timing=timing
        )
    return backends


def create_executor(settings: Settings, schema: ComposedSchema, gate: Gate | None = None) -> Executor:
    """What runs the operations of the schema; questions about the schema itself only where they are welcome."""
    return Executor(
        schema.graphql_schema,
        field_executor=schema.execution_context_class,
        parse=DocumentLimits(settings, gate or Gate(settings.limits_warn_only)).parse,
        rules=() if settings.shows_introspection else (NoIntrospection,),
        hide_suggestions=not settings.shows_introspection,
    )


def explain_operation(executor: Executor, prepared: Prepared) -> dict[str, object]:
    """The plan of an operation and the backend calls it can make; why there is none, when its variables are wrong."""
    try:
        return explain(executor.plan(prepared), prepared.variables or {}).as_json()
    except GraphQLError as error:
        return {"message": error.message}


async def _watch_revocations(events: EventLog, revocations: Revocations) -> None:
    """Refuse tokens from the moment that a backend says they are revoked."""
    async with aclosing(events.read(types=["token.revoked"], visible_to=lambda _event: True)) as revoked:
        async for logged in revoked:
            revoke(logged.event, revocations)


@asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Have work done while the block runs, at most until its end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class _RevokedToken(msgspec.Struct):
    token_id: str
    expires_at: float


def revoke(event: CloudEvent, revocations: Revocations) -> None:
    """Do what a `token.revoked` event says; one that does not say which token is logged."""
    try:
        token = msgspec.convert(event.data, _RevokedToken)
    except msgspec.ValidationError as error:
        log.error("event.invalid", type=event.type, reason=str(error))
        return
    revocations.revoke(token.token_id, token.expires_at)
