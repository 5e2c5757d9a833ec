"""GraphQL over HTTP: what well-formed requests are answered, by whom and for how long they may run."""

import asyncio
import json
import socket
from collections.abc import Mapping

import httpx
import pytest

from app.server.authentication import issue_token
from tests.app.server.small_graph import (
    GRAPHQL,
    JSON,
    SETTINGS,
    Work,
    an_app,
    client_of,
    error,
    post,
)


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


def send_and_hold(client: httpx.AsyncClient, query: str, headers: Mapping[str, str] | None = None) -> socket.socket:
    """A connection on which the request was sent; closing it is going away."""
    body = json.dumps({"query": query}).encode()
    connection = socket.create_connection((client.base_url.host, client.base_url.port or 80))
    sent = {"Host": "gateway", "Content-Type": JSON, "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    connection.sendall(f"POST /graphql HTTP/1.1\r\n{head}\r\n".encode() + body)
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
