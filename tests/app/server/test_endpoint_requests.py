"""GraphQL over HTTP: the requests that are refused, and those that only look as if they should be."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.app.server.small_graph import GRAPHQL, JSON, MAX_BODY, PREFLIGHT, Work, error, post


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
    message = (
        "Subscriptions come as a stream: accept text/event-stream or multipart/mixed;subscriptionSpec=1.0, or use"
        " graphql-transport-ws over WebSocket."
    )
    assert (answer.status_code, answer.json()) == (406, {"errors": [error(message, "SUBSCRIPTION_NEEDS_A_STREAM")]})
