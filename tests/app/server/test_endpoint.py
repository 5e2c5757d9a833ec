"""GraphQL over HTTP, through a real server and the real executor."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
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
from app.server.authentication import Authenticator, issue_token
from app.server.endpoint import GraphQLEndpoint
from app.server.introspection import NoIntrospection
from app.server.middleware import middleware
from app.server.reporting import Reporter
from app.settings import Settings
from tests.app.server.serving import serving

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

    async def run(self, *_: object) -> str:
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
    traceparent: str | None
    tracestate: str | None


class Contexts:
    def create(
        self,
        principal: Principal | None,
        *,
        request_id: str,
        traceparent: str | None = None,
        tracestate: str | None = None,
    ) -> Context:
        return Context(principal, request_id, traceparent, tracestate)


def a_schema(work: Work) -> GraphQLSchema:
    def missing(*_: object) -> str:
        raise NotFoundError("There is no such thing.")

    def who(_root: object, info: GraphQLResolveInfo[Context]) -> str | None:
        return info.context.principal.subject if info.context.principal else None

    async def ticks(*_: object) -> AsyncIterator[int]:
        yield 1

    query = GraphQLObjectType(
        "Query",
        {
            "greet": GraphQLField(
                GraphQLString,
                args={"name": GraphQLArgument(GraphQLString)},
                resolve=lambda _root, _info, name="you": f"Hello, {name}",
            ),
            "double": GraphQLField(
                GraphQLInt,
                args={"number": GraphQLArgument(GraphQLNonNull(GraphQLInt))},
                resolve=lambda _root, _info, number: number * 2,
            ),
            "missing": GraphQLField(GraphQLString, resolve=missing),
            "surely": GraphQLField(GraphQLNonNull(GraphQLString), resolve=missing),
            "who": GraphQLField(GraphQLString, resolve=who),
            "trace": GraphQLField(GraphQLString, resolve=lambda _root, info: info.context.traceparent),
            "unserialisable": GraphQLField(GraphQLInt, resolve=lambda *_: "a secret"),
            "wait": GraphQLField(GraphQLString, resolve=work.run),
        },
    )
    mutation = GraphQLObjectType("Mutation", {"work": GraphQLField(GraphQLString, resolve=work.run)})
    subscription = GraphQLObjectType("Subscription", {"ticks": GraphQLField(GraphQLInt, subscribe=ticks)})
    return GraphQLSchema(query, mutation, subscription)


SETTINGS = Settings()


def an_app(work: Work, *, timeout: float = 10.0, is_open: bool = True) -> Starlette:
    endpoint = GraphQLEndpoint(
        Executor(a_schema(work), rules=() if is_open else (NoIntrospection,)),
        Contexts(),
        Authenticator(SETTINGS, Revocations()),
        Reporter(debug=False, suggests=is_open),
        timeout=timeout,
        max_body_bytes=MAX_BODY,
        page=PlainTextResponse("the page"),
    )
    return Starlette(routes=[Route("/graphql", endpoint)], middleware=middleware(SETTINGS))


@pytest.fixture
def work() -> Work:
    return Work()


def client_of(app: Starlette) -> httpx.AsyncClient:
    """A client of an app that is not served: enough where nothing streams and nobody goes away."""
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://gateway", headers={"Accept": GRAPHQL})


@pytest.fixture
async def client(work: Work) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(an_app(work)) as client:
        yield client


@pytest.fixture
async def served(work: Work) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app behind a real server."""
    async with (
        serving(an_app(work)) as server,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", headers={"Accept": GRAPHQL}) as client,
    ):
        yield client


async def post(client: httpx.AsyncClient, body: object, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await client.post(
        "/graphql", content=content, headers={"Content-Type": JSON, "X-Request-ID": "r1", **headers}
    )


def error(message: str, code: str, **rest: object) -> dict[str, object]:
    return {"message": message, **rest, "extensions": {"code": code, "requestId": "r1"}}


async def test_a_query_is_answered_with_its_data(served: httpx.AsyncClient) -> None:
    answer = await post(served, {"query": "query Q($n: String) { greet(name: $n) }", "variables": {"n": "Ann"}})
    assert answer.status_code == 200
    assert answer.content == b'{"data":{"greet":"Hello, Ann"}}'
    assert answer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
    assert answer.headers["x-request-id"] == "r1"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (GRAPHQL, GRAPHQL),
        (JSON, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (f"{GRAPHQL}, {JSON}", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON};q=0.9", JSON),
        (f"{GRAPHQL};q=0, */*", JSON),
        (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
        (f"{GRAPHQL}; charset=latin1, {JSON}", JSON),
        ("text/html, */*;q=0.1", JSON),
    ],
)
async def test_the_accept_header_chooses_the_media_type(
    client: httpx.AsyncClient, accept: str, content_type: str
) -> None:
    answer = await post(client, {"query": "{ greet }"}, Accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"{content_type}; charset=utf-8")


async def test_without_an_accept_header_json_is_sent(client: httpx.AsyncClient) -> None:
    del client.headers["Accept"]
    answer = await post(client, {"query": "{ greet }"})
    assert answer.headers["content-type"] == f"{JSON}; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/plain", "image/*", f"{JSON};q=0", f"{JSON};q=nonsense"])
async def test_other_media_types_are_not_acceptable(client: httpx.AsyncClient, accept: str) -> None:
    answer = await post(client, {"query": "{ greet }"}, Accept=accept)
    message = "Answers are application/graphql-response+json or application/json."
    assert answer.status_code == 406
    assert answer.json() == {"errors": [error(message, "NOT_ACCEPTABLE")]}


async def test_a_browser_that_opens_the_url_gets_the_page(client: httpx.AsyncClient) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    answer = await client.get("/graphql", headers={"Accept": browser})
    assert answer.text == "the page"


# Statuses of requests that are well-formed


@pytest.mark.parametrize(
    ("query", "status", "payload"),
    [
        (
            "{ greet",
            400,
            {
                "errors": [
                    error(
                        "Syntax Error: Expected Name, found <EOF>.",
                        "GRAPHQL_PARSE_FAILED",
                        locations=[{"line": 1, "column": 8}],
                    )
                ]
            },
        ),
        (
            "{ gret }",
            422,
            {
                "errors": [
                    error(
                        "Cannot query field 'gret' on type 'Query'. Did you mean 'greet'?",
                        "GRAPHQL_VALIDATION_FAILED",
                        locations=[{"line": 1, "column": 3}],
                    )
                ]
            },
        ),
        (
            "query A { greet } query B { greet }",
            422,
            {
                "errors": [
                    error(
                        "The document has several operations: say which by operationName.",
                        "OPERATION_RESOLUTION_FAILURE",
                    )
                ]
            },
        ),
        (
            "query Q($n: Int!) { double(number: $n) }",
            422,
            {
                "errors": [
                    error(
                        "Variable '$n' has invalid value: Expected a value of non-null type 'Int!' to be provided.",
                        "BAD_USER_INPUT",
                        locations=[{"line": 1, "column": 9}],
                    )
                ]
            },
        ),
        (
            "{ greet missing }",
            294,
            {
                "errors": [
                    error(
                        "There is no such thing.",
                        "NOT_FOUND",
                        locations=[{"line": 1, "column": 9}],
                        path=["missing"],
                    )
                ],
                "data": {"greet": "Hello, you", "missing": None},
            },
        ),
        (
            "{ surely }",
            294,
            {
                "errors": [
                    error(
                        "There is no such thing.",
                        "NOT_FOUND",
                        locations=[{"line": 1, "column": 3}],
                        path=["surely"],
                    )
                ],
                "data": None,
            },
        ),
    ],
)
async def test_errors_of_well_formed_requests_have_their_status_or_200_as_plain_json(
    client: httpx.AsyncClient, query: str, status: int, payload: dict[str, object]
) -> None:
    answer = await post(client, {"query": query})
    assert (answer.status_code, answer.json()) == (status, payload)
    legacy = await post(client, {"query": query}, Accept=JSON)
    assert (legacy.status_code, legacy.json()) == (200, payload)


async def test_the_operation_name_chooses_the_operation(client: httpx.AsyncClient) -> None:
    query = 'query A { greet(name: "A") } query B { greet(name: "B") }'
    answer = await post(client, {"query": query, "operationName": "B", "variables": None, "extensions": None})
    assert answer.json() == {"data": {"greet": "Hello, B"}}


# Requests that are not well-formed


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        (b"nonsense", 400, "INVALID_JSON", "The body is not JSON in UTF-8."),
        (b"", 400, "INVALID_JSON", "The body is not JSON in UTF-8."),
        (b'{"query":', 400, "INVALID_JSON", "The body is not JSON in UTF-8."),
        (b'{"query":"\xff"}', 400, "INVALID_JSON", "The body is not JSON in UTF-8."),
        (b'{"query":"","variables":{"a":' + b"[" * 1500, 400, "INVALID_JSON", "The body is not JSON in UTF-8."),
        (b' [{"query":"{ greet }"}]', 400, "BATCHING_DISABLED", "Batches are not supported: send one request."),
        (b"null", 422, "BAD_REQUEST", "Expected `object`, got `null`"),
        (b"1", 422, "BAD_REQUEST", "Expected `object`, got `int`"),
        (b'"{ greet }"', 422, "BAD_REQUEST", "Expected `object`, got `str`"),
        (b"{}", 422, "BAD_REQUEST", "Object missing required field `query`"),
        (b'{"query":null}', 422, "BAD_REQUEST", "Expected `str`, got `null` - at `$.query`"),
        (b'{"query":{}}', 422, "BAD_REQUEST", "Expected `str`, got `object` - at `$.query`"),
        (
            b'{"query":"","variables":[]}',
            422,
            "BAD_REQUEST",
            "Expected `object | null`, got `array` - at `$.variables`",
        ),
        (
            b'{"query":"","operationName":1}',
            422,
            "BAD_REQUEST",
            "Expected `str | null`, got `int` - at `$.operationName`",
        ),
        (
            b'{"query":"","extensions":"x"}',
            422,
            "BAD_REQUEST",
            "Expected `object | null`, got `str` - at `$.extensions`",
        ),
    ],
)
@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
async def test_ill_formed_bodies_are_refused_in_either_media_type(
    client: httpx.AsyncClient, accept: str, body: bytes, status: int, code: str, message: str
) -> None:
    if status == 422:
        message = f"Not a well-formed GraphQL request: {message}."
    answer = await post(client, body, Accept=accept)
    assert answer.headers["content-type"] == f"{accept}; charset=utf-8"
    assert (answer.status_code, answer.json()) == (status, {"errors": [error(message, code)]})


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json; charset=latin1", "application/x-www-form-urlencoded", ""]
)
async def test_other_content_types_are_refused(client: httpx.AsyncClient, content_type: str) -> None:
    answer = await post(client, {"query": "{ greet }"}, **{"Content-Type": content_type})
    message = "The body must be sent as application/json in UTF-8."
    assert (answer.status_code, answer.json()) == (415, {"errors": [error(message, "UNSUPPORTED_MEDIA_TYPE")]})


@pytest.mark.parametrize("content_type", ["application/json;charset=UTF-8", 'Application/JSON; charset="utf-8"'])
async def test_json_in_utf_8_is_read_however_it_is_spelt(client: httpx.AsyncClient, content_type: str) -> None:
    answer = await post(client, {"query": "{ greet }"}, **{"Content-Type": content_type})
    assert answer.status_code == 200


async def test_a_body_that_says_it_is_too_long_is_not_read(served: httpx.AsyncClient) -> None:
    answer = await post(served, b"x" * (MAX_BODY + 1))
    message = f"The body is longer than {MAX_BODY} bytes."
    assert (answer.status_code, answer.json()) == (413, {"errors": [error(message, "PAYLOAD_TOO_LARGE")]})


async def test_a_body_without_a_length_is_read_up_to_the_limit(served: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * (MAX_BODY // 2)

    answer = await served.post("/graphql", content=chunks(), headers={"Content-Type": JSON})
    assert answer.status_code == 413


async def test_a_body_in_several_chunks_is_put_together(served: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"query":'
        yield b'"{ greet }"}'

    answer = await served.post("/graphql", content=chunks(), headers={"Content-Type": JSON})
    assert answer.json() == {"data": {"greet": "Hello, you"}}


async def test_too_many_headers_are_refused(served: httpx.AsyncClient) -> None:
    answer = await post(served, {"query": "{ greet }"}, **{f"X-{number}": "1" for number in range(101)})
    assert answer.status_code == 431


# GET


async def test_a_get_carries_its_request_in_the_url(client: httpx.AsyncClient) -> None:
    parameters = {
        "query": "query A { greet } query B($n: String) { greet(name: $n) }",
        "variables": '{"n": "Ann"}',
        "operationName": "B",
        "extensions": "{}",
    }
    answer = await client.get("/graphql", params=parameters, headers=PREFLIGHT)
    assert (answer.status_code, answer.json()) == (200, {"data": {"greet": "Hello, Ann"}})


async def test_empty_parameters_of_a_get_are_as_good_as_absent(client: httpx.AsyncClient) -> None:
    parameters = {"query": "{ greet }", "variables": "", "operationName": "", "extensions": "null"}
    answer = await client.get("/graphql", params=parameters, headers=PREFLIGHT)
    assert answer.json() == {"data": {"greet": "Hello, you"}}


@pytest.mark.parametrize(
    ("query_string", "status", "code"),
    [
        ("", 422, "BAD_REQUEST"),
        ("query={greet}&query={who}", 422, "BAD_REQUEST"),
        ("query={greet}&variables=[]", 422, "BAD_REQUEST"),
        ("query={greet}&variables={", 400, "INVALID_JSON"),
        ("query=%ff", 400, "BAD_REQUEST"),
        ("&".join(f"p{number}=1" for number in range(101)), 400, "BAD_REQUEST"),
    ],
)
async def test_ill_formed_urls_are_refused(
    client: httpx.AsyncClient, query_string: str, status: int, code: str
) -> None:
    answer = await client.get(f"/graphql?{query_string}", headers=PREFLIGHT)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)


async def test_a_url_that_is_too_long_is_refused(served: httpx.AsyncClient) -> None:
    answer = await served.get("/graphql", params={"query": "{" + " " * 16_384}, headers=PREFLIGHT)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (414, "URI_TOO_LONG")


async def test_a_get_that_another_site_could_have_sent_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql", params={"query": "{ greet }"}, headers={"X-Request-ID": "r1"})
    message = "A GET needs a header that other sites cannot send: 'GraphQL-Preflight: 1', for one."
    assert (answer.status_code, answer.json()) == (400, {"errors": [error(message, "CSRF_PREVENTED")]})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Apollo-Require-Preflight": "true"}, 200),
        ({"X-Apollo-Operation-Name": "Q"}, 200),
        ({"GraphQL-Require-Preflight": "1"}, 200),
        ({"Content-Type": "application/json"}, 200),
        ({"Content-Type": "text/plain"}, 400),
        ({"GraphQL-Preflight": ""}, 400),
    ],
)
async def test_a_get_passes_with_a_header_that_makes_browsers_ask_first(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await client.get("/graphql", params={"query": "{ greet }"}, headers=headers)
    assert answer.status_code == status


async def test_a_mutation_by_get_is_not_run(client: httpx.AsyncClient, work: Work) -> None:
    answer = await client.get(
        "/graphql", params={"query": "mutation { work }"}, headers={**PREFLIGHT, "X-Request-ID": "r1"}
    )
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json() == {"errors": [error("Mutations must be sent by POST.", "METHOD_NOT_ALLOWED")]}
    assert not work.begun.is_set()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_methods_are_not_allowed(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/graphql", headers={"X-Request-ID": "r1"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert answer.json() == {"errors": [error(f"{method} is not allowed here.", "METHOD_NOT_ALLOWED")]}


async def test_a_subscription_is_told_where_to_go(client: httpx.AsyncClient) -> None:
    answer = await post(client, {"query": "subscription { ticks }"})
    message = "Subscriptions are served over WebSocket, by the graphql-transport-ws protocol."
    assert (answer.status_code, answer.json()) == (406, {"errors": [error(message, "SUBSCRIPTION_NEEDS_A_STREAM")]})


# Who asks, and for how long


async def test_the_context_knows_who_asks(client: httpx.AsyncClient) -> None:
    token = issue_token(SETTINGS, subject="usr_1", roles=["agent"])
    answer = await post(client, {"query": "{ who }"}, Authorization=f"Bearer {token}")
    assert answer.json() == {"data": {"who": "usr_1"}}


async def test_who_shows_no_token_is_nobody(client: httpx.AsyncClient) -> None:
    answer = await post(client, {"query": "{ who }"})
    assert answer.json() == {"data": {"who": None}}


async def test_a_token_that_does_not_hold_is_refused(client: httpx.AsyncClient) -> None:
    answer = await post(client, {"query": "{ who }"}, Authorization="Basic dXNlcjpwYXNz")
    message = "The Authorization header must be 'Bearer <token>'."
    assert (answer.status_code, answer.json()) == (401, {"errors": [error(message, "UNAUTHENTICATED")]})
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_the_context_is_in_the_trace_of_the_request(client: httpx.AsyncClient) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    answer = await post(client, {"query": "{ trace }"}, traceparent=f"00-{trace_id}-b7ad6b7169203331-01")
    trace = answer.json()["data"]["trace"]
    assert trace.startswith(f"00-{trace_id}-")
    assert trace.endswith("-01")


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
async def test_an_operation_that_takes_too_long_is_stopped(work: Work, accept: str) -> None:
    async with client_of(an_app(work, timeout=0.05)) as client:
        answer = await post(client, {"query": "mutation { work }"}, Accept=accept)
    message = "The request took longer than 0.05 seconds."
    assert (answer.status_code, answer.json()) == (504, {"errors": [error(message, "REQUEST_TIMEOUT")]})
    assert work.cancelled.is_set()


async def test_a_query_is_cancelled_when_its_client_goes(served: httpx.AsyncClient, work: Work) -> None:
    with send_and_hold(served, "{ wait }"):
        await work.begun.wait()
    await asyncio.wait_for(work.cancelled.wait(), 5)


async def test_a_mutation_is_finished_when_its_client_goes(served: httpx.AsyncClient, work: Work) -> None:
    with send_and_hold(served, "mutation { work }"):
        await work.begun.wait()
    await post(served, {"query": "{ greet }"})
    work.may_end.set()
    await asyncio.wait_for(work.ended.wait(), 5)
    assert not work.cancelled.is_set()


def send_and_hold(client: httpx.AsyncClient, query: str) -> socket.socket:
    """A connection on which the request was sent; closing it is going away."""
    body = json.dumps({"query": query}).encode()
    connection = socket.create_connection((client.base_url.host, client.base_url.port or 80))
    head = f"POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    return connection


# What is not shown


async def test_a_value_that_cannot_be_serialised_is_not_shown(client: httpx.AsyncClient) -> None:
    answer = await post(client, {"query": "{ unserialisable }"})
    assert answer.json() == {
        "errors": [
            error(
                "Internal server error",
                "INTERNAL_SERVER_ERROR",
                locations=[{"line": 1, "column": 3}],
                path=["unserialisable"],
            )
        ],
        "data": {"unserialisable": None},
    }


@pytest.mark.parametrize("query", ["{ __schema { queryType { name } } }", '{ __type(name: "Query") { name } }'])
async def test_a_closed_schema_cannot_be_asked_for(work: Work, query: str) -> None:
    async with client_of(an_app(work, is_open=False)) as client:
        answer = await post(client, {"query": query})
        typename = await post(client, {"query": "{ __typename }"})
    locations = [{"line": 1, "column": 3}]
    assert answer.status_code == 422
    assert answer.json() == {
        "errors": [error("Introspection is disabled.", "INTROSPECTION_DISABLED", locations=locations)]
    }
    assert typename.json() == {"data": {"__typename": "Query"}}


async def test_a_closed_schema_suggests_no_names(work: Work) -> None:
    async with client_of(an_app(work, is_open=False)) as client:
        answer = await post(client, {"query": "{ gret }"})
    assert answer.json()["errors"][0]["message"] == "Cannot query field 'gret' on type 'Query'."
