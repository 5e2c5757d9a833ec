"""A small graph over the event log behind a real server, and a client that speaks the protocol word by word."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx
import pytest
import websockets
from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, build_schema
from graphql.execution.incremental import IncrementalExecutor
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect

from app.errors import NotFoundError
from app.events import CloudEvent, Cursor, EventLog, LoggedEvent, MemoryStore
from app.execution import Executor
from app.execution.reading import Parse
from app.graph.context import Context, ContextFactory
from app.graph.principal import Revocations
from app.server.authentication import Authenticator, issue_token
from app.server.endpoint import GraphQLEndpoint
from app.server.limits.bodies import BodyLimits
from app.server.limits.gate import Gate
from app.server.middleware import middleware
from app.server.reporting import Reporter
from app.server.streaming import Services, StreamEndpoint, StreamSettings
from app.server.time_limit import OperationTime
from app.server.websocket import WebSocketEndpoint, WebSocketSettings
from app.settings import Settings
from tests.app.server.serving import Serving, serving

SDL = """
directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @stream(if: Boolean! = true, label: String, initialCount: Int = 0) on FIELD
type Query {
  greet(name: String = "world"): String!
  fail: String
  me: String
  hang: String
  book: Book
  shelf(size: Int!): [Book!]
}
type Book { title: String!  pages: Int!  fail: String  surely: String! }
type Mutation { finish: Boolean! }
type Event { id: ID!  cursor: String!  token: String!  request: ID! }
type Subscription {
  count(to: Int!): Int!
  refused: Int
  breaks(after: Int!): Int
  events(subject: String, after: String): Event!
  payloads(size: Int!): String!
}
"""
SETTINGS = Settings(_env_file=None)
TYPE = "task.progressed"
Info: TypeAlias = GraphQLResolveInfo[Context]


class Level:
    """A number that can be waited for."""

    def __init__(self) -> None:
        self.value = 0
        self._changed = asyncio.Condition()

    async def add(self, amount: int) -> None:
        self.value += amount
        async with self._changed:
            self._changed.notify_all()

    async def reaches(self, value: int) -> None:
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: self.value == value)


class Graph:
    """The resolvers, named as their fields, and what they saw."""

    def __init__(self) -> None:
        self.running = Level()
        self.may_finish = asyncio.Event()
        self.finished = asyncio.Event()
        self.pulled = 0
        self.contexts: list[Context] = []

    def schema(self) -> GraphQLSchema:
        schema = build_schema(SDL)
        for type_ in (schema.query_type, schema.mutation_type, schema.type_map["Event"], schema.type_map["Book"]):
            assert isinstance(type_, GraphQLObjectType)
            for name, field in type_.fields.items():
                field.resolve = getattr(self, name)
        assert schema.subscription_type is not None
        for name, field in schema.subscription_type.fields.items():
            field.subscribe = getattr(self, name)
            field.resolve = lambda value, _info, **_arguments: value
        return schema

    def greet(self, _root: object, _info: Info, name: str) -> str:
        return f"Hello, {name}!"

    def fail(self, _root: object, _info: Info) -> str:
        raise NotFoundError("There is no such thing.")

    def me(self, _root: object, info: Info) -> str | None:
        return info.context.principal.subject if info.context.principal else None

    def book(self, _root: object, _info: Info) -> str:
        return "Emma"

    def shelf(self, _root: object, _info: Info, size: int) -> list[str]:
        return [str(number) for number in range(size)]

    def title(self, book: str, _info: Info) -> str:
        return book

    async def pages(self, _book: str, _info: Info) -> int:
        return 474

    def surely(self, _book: str, _info: Info) -> str:
        raise NotFoundError("There is no such thing.")

    async def hang(self, _root: object, _info: Info) -> None:
        await self.running.add(1)
        try:
            await asyncio.Event().wait()
        finally:
            await self.running.add(-1)

    async def finish(self, _root: object, _info: Info) -> bool:
        await self.running.add(1)
        await self.may_finish.wait()
        self.finished.set()
        return True

    async def count(self, _root: object, _info: Info, to: int) -> AsyncGenerator[int, None]:
        for number in range(to):
            yield number

    def refused(self, _root: object, _info: Info) -> AsyncGenerator[int, None]:
        raise NotFoundError("There is nothing to follow.")

    async def breaks(self, _root: object, _info: Info, after: int) -> AsyncGenerator[int, None]:
        for number in range(after):
            yield number
        raise ValueError("a secret")

    async def payloads(self, _root: object, _info: Info, size: int) -> AsyncGenerator[str, None]:
        await self.running.add(1)
        try:
            while True:
                self.pulled += 1
                yield "x" * size
        finally:
            await self.running.add(-1)

    async def events(
        self, _root: object, info: Info, subject: str | None = None, after: str | None = None
    ) -> AsyncGenerator[LoggedEvent, None]:
        self.contexts.append(info.context)
        reader = info.context.follow(TYPE, subject=subject, after=after)
        await self.running.add(1)
        try:
            async with aclosing(reader):
                async for logged in reader:
                    assert isinstance(logged, LoggedEvent)
                    yield logged
        finally:
            await self.running.add(-1)

    def id(self, logged: LoggedEvent, _info: Info) -> str:
        return logged.event.id

    def cursor(self, logged: LoggedEvent, _info: Info) -> str:
        return logged.cursor

    def token(self, _logged: LoggedEvent, info: Info) -> str:
        return info.context.identity.token

    def request(self, _logged: LoggedEvent, info: Info) -> str:
        self.contexts.append(info.context)
        return info.context.request_id


class Client:
    """A client of graphql-transport-ws that hides nothing."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, *sent: object) -> None:
        for message in sent:
            await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def transcript(self, count: int) -> list[dict[str, Any]]:
        return [await self.receive() for _ in range(count)]

    async def initialise(self, payload: object = None) -> None:
        await self.send({"type": "connection_init"} | ({} if payload is None else {"payload": payload}))
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, id_: str, query: str, **variables: object) -> None:
        await self.send({"id": id_, "type": "subscribe", "payload": {"query": query, "variables": variables}})

    async def closed(self) -> tuple[int, str]:
        """Wait for the server to close the socket; the code and the reason."""
        with pytest.raises(websockets.ConnectionClosed) as raised:
            await self.receive()
        close = raised.value.rcvd
        assert close is not None
        return close.code, close.reason

    async def is_quiet(self) -> bool:
        """Whether nothing was sent before the answer to a ping."""
        await self.send({"type": "ping", "payload": {"quiet": True}})
        return await self.receive() == {"type": "pong", "payload": {"quiet": True}}


@dataclass(frozen=True, slots=True)
class LiveGraph:
    """The graph, served."""

    server: Serving
    log: EventLog
    graph: Graph
    revocations: Revocations
    streams: StreamEndpoint

    @asynccontextmanager
    async def http(self, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """A client of the same graph over HTTP."""
        url = f"http://127.0.0.1:{self.server.port}"
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10, limits=limits) as client:
            yield client

    @asynccontextmanager
    async def connect(
        self,
        subprotocols: Sequence[str] = ("graphql-transport-ws",),
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> AsyncIterator[Client]:
        async with connect(
            f"ws://127.0.0.1:{self.server.port}/graphql",
            subprotocols=[websockets.Subprotocol(name) for name in subprotocols] or None,
            additional_headers=headers,
            **options,
        ) as connection:
            yield Client(connection)

    async def append(self, name: str, subject: str | None = None, owner: str = "usr_1") -> Cursor | None:
        return await self.log.append(
            CloudEvent(specversion="1.0", id=name, source="/test", type=TYPE, subject=subject, owner=owner)
        )


def token(subject: str = "usr_1", lifetime: float = 3600) -> str:
    return issue_token(SETTINGS, subject=subject, roles=["agent"], lifetime=lifetime)


def bearer(subject: str = "usr_1") -> str:
    return f"Bearer {token(subject)}"


@asynccontextmanager
async def live_graph(
    settings: WebSocketSettings | None = None,
    log_size: int = 10_000,
    authenticator: Authenticator | None = None,
    streams: StreamSettings | None = None,
    parse: Parse | None = None,
    seconds: float = 15.0,
) -> AsyncIterator[LiveGraph]:
    """Serve the graph while the block runs. `seconds` is how long a query or a mutation may take."""
    graph = Graph()
    log = EventLog(MemoryStore(size=log_size))
    revocations = Revocations()
    services = Services(
        executor=Executor(graph.schema(), field_executor=IncrementalExecutor, parse=parse),
        contexts=ContextFactory({}, log, revocations, request_timeout=15.0),
        authenticator=authenticator or Authenticator(SETTINGS, revocations),
        revocations=revocations,
        reporter=Reporter(debug=False),
        time=OperationTime(seconds),
    )
    over_http = StreamEndpoint(services, streams)
    endpoint = GraphQLEndpoint(
        services.executor,
        services.contexts,
        services.authenticator,
        services.reporter,
        time=services.time,
        bodies=BodyLimits(Gate(), 100_000),
        streams=over_http,
    )
    routes = [Route("/graphql", endpoint), WebSocketRoute("/graphql", WebSocketEndpoint(services, settings))]
    async with serving(Starlette(routes=routes, middleware=middleware(SETTINGS))) as server:
        yield LiveGraph(server, log, graph, revocations, over_http)


@contextmanager
def no_task_left() -> Iterator[None]:
    """Hold that the block leaves no task behind."""
    before = asyncio.all_tasks()
    yield
    assert asyncio.all_tasks() == before
