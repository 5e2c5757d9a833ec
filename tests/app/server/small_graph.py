"""A small graph behind the real endpoint, and how tests ask it."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLString,
)
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.errors import NotFoundError
from app.execution import Executor
from app.graph.principal import Principal, Revocations
from app.graph.rate_limit import Standing
from app.rest import Usage
from app.server.authentication import Authenticator
from app.server.endpoint import GraphQLEndpoint
from app.server.introspection import NoIntrospection
from app.server.limits.bodies import BodyLimits
from app.server.limits.gate import Gate
from app.server.middleware import middleware
from app.server.reporting import Reporter
from app.server.time_limit import OperationTime
from app.settings import Settings
from app.telemetry import TraceContext

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
PREFLIGHT = {"GraphQL-Preflight": "1"}
MAX_BODY = 2000


@dataclass
class Work:
    """A field that begins, and waits until the test lets it end."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    runs: int = 0

    async def run(self, *_: object) -> str:
        self.runs += 1
        self.begun.set()
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        self.ended.set()
        return "done"


@dataclass
class Context:
    principal: Principal | None
    request_id: str
    trace: TraceContext | None
    usage: Usage = field(default_factory=Usage)
    standing: Standing | None = None
    idempotency_key: str | None = None


class Contexts:
    def position(self) -> str:
        return ""

    def create(
        self,
        principal: Principal | None,
        *,
        request_id: str,
        trace: TraceContext | None = None,
        resume_after: str | None = None,
        since: str | None = None,
        idempotency_key: str | None = None,
    ) -> Context:
        return Context(principal, request_id, trace, idempotency_key=idempotency_key)


def a_schema(work: Work) -> GraphQLSchema:
    def missing(*_: object) -> str:
        raise NotFoundError("There is no such thing.")

    def who(_root: object, info: GraphQLResolveInfo[Context]) -> str | None:
        return info.context.principal.subject if info.context.principal else None

    async def late(*_: object) -> str:
        await asyncio.sleep(0)
        return "in the end"

    async def ticks(*_: object) -> AsyncIterator[int]:
        yield 1

    query = GraphQLObjectType(
        "Query",
        {
            "greet": GraphQLField(
                GraphQLString,
                args={"name": GraphQLArgument(GraphQLString)},
                resolve=lambda _root, _info, name="you": f"Hello, {name}",
                extensions=IMMEDIATE,
            ),
            "double": GraphQLField(
                GraphQLInt,
                args={"number": GraphQLArgument(GraphQLNonNull(GraphQLInt))},
                resolve=lambda _root, _info, number: number * 2,
            ),
            "missing": GraphQLField(GraphQLString, resolve=missing, extensions=IMMEDIATE),
            "surely": GraphQLField(GraphQLNonNull(GraphQLString), resolve=missing),
            "who": GraphQLField(GraphQLString, resolve=who, extensions=IMMEDIATE),
            "trace": GraphQLField(GraphQLString, resolve=lambda _root, info: info.context.trace.span()),
            "unserialisable": GraphQLField(GraphQLInt, resolve=lambda *_: "a secret", extensions=IMMEDIATE),
            "late": GraphQLField(GraphQLString, resolve=late, extensions=IMMEDIATE),
            "wait": GraphQLField(GraphQLString, resolve=work.run),
        },
    )
    mutation = GraphQLObjectType("Mutation", {"work": GraphQLField(GraphQLString, resolve=work.run)})
    subscription = GraphQLObjectType("Subscription", {"ticks": GraphQLField(GraphQLInt, subscribe=ticks)})
    return GraphQLSchema(query, mutation, subscription)


SETTINGS = Settings()
IMMEDIATE = {"is_immediate": True}
"""A promise of the field, which `late` does not keep."""


def an_endpoint(work: Work, *, timeout: float = 10.0, is_open: bool = True, share: bool = True) -> GraphQLEndpoint:
    return GraphQLEndpoint(
        Executor(a_schema(work), rules=() if is_open else (NoIntrospection,), hide_suggestions=not is_open),
        Contexts(),
        Authenticator(SETTINGS, Revocations()),
        Reporter(debug=False),
        time=OperationTime(timeout),
        bodies=BodyLimits(Gate(), MAX_BODY),
        share=share,
        page=PlainTextResponse("the page"),
    )


def an_app(work: Work, *, timeout: float = 10.0, is_open: bool = True, share: bool = True) -> Starlette:
    endpoint = an_endpoint(work, timeout=timeout, is_open=is_open, share=share)
    return Starlette(routes=[Route("/graphql", endpoint)], middleware=middleware(SETTINGS))


def client_of(app: Starlette) -> httpx.AsyncClient:
    """A client of an app that is not served: enough where nothing streams and nobody goes away."""
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://gateway", headers={"Accept": GRAPHQL})


async def post(client: httpx.AsyncClient, body: object, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await client.post(
        "/graphql", content=content, headers={"Content-Type": JSON, "X-Request-ID": "r1", **headers}
    )


def error(message: str, code: str, **rest: object) -> dict[str, object]:
    return {"message": message, **rest, "extensions": {"code": code, "requestId": "r1"}}
