"""Requests that are none: each is told what is wrong with it, by a code, and the gateway serves on."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from tests.gateway import Gateway

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
WHO = "{ viewer { roles } }"


async def post(
    gateway: Gateway, body: bytes | str | AsyncIterator[bytes], content_type: str | None = JSON, **headers: str
) -> httpx.Response:
    """The answer to a body, sent as it is by an agent of the sample data."""
    sent = {"accept": GRAPHQL_RESPONSE, "authorization": f"Bearer {gateway.token()}", **headers}
    if content_type is not None:
        sent["content-type"] = content_type
    async with httpx.AsyncClient(verify=False) as client:  # noqa: S501 -- there is no TLS, and its setup is slow
        return await client.post(f"{gateway.url}/graphql", content=body, headers=sent)


async def refused(gateway: Gateway, response: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal that executed nothing, once a good request has been served after it."""
    assert response.headers["content-type"].startswith(GRAPHQL_RESPONSE)
    body = response.json()
    assert list(body) == ["errors"]
    for error in body["errors"]:
        assert error["message"]
        assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    (code,) = {error["extensions"]["code"] for error in body["errors"]}
    assert (await gateway.query(WHO)).data == {"viewer": {"roles": ["agent"]}}
    return response.status_code, code


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "INVALID_JSON"),
        ("{", 400, "INVALID_JSON"),
        ('{"query": "{ __typename }"', 400, "INVALID_JSON"),
        ('{"query": "{ __typename }"} {}', 400, "INVALID_JSON"),
        ("{'query': '{ __typename }'}", 400, "INVALID_JSON"),
        ('{"query": NaN}', 400, "INVALID_JSON"),
        (b'{"query": "\xff"}', 400, "INVALID_JSON"),
        ('{"query": "\\ud800"}', 400, "INVALID_JSON"),
        ('{"query": "", "variables": {"x": ' + "[" * 100_000, 400, "INVALID_JSON"),
        ("null", 422, "BAD_REQUEST"),
        ("7", 422, "BAD_REQUEST"),
        ('"{ __typename }"', 422, "BAD_REQUEST"),
        ("true", 422, "BAD_REQUEST"),
        ("[]", 400, "BATCHING_DISABLED"),
        ('[{"query": "{ __typename }"}]', 400, "BATCHING_DISABLED"),
        ("{}", 422, "BAD_REQUEST"),
        ('{"query": null}', 422, "BAD_REQUEST"),
        ('{"query": 7}', 422, "BAD_REQUEST"),
        ('{"query": "{ __typename }", "variables": []}', 422, "BAD_REQUEST"),
        ('{"query": "{ __typename }", "variables": "{}"}', 422, "BAD_REQUEST"),
        ('{"query": "{ __typename }", "operationName": 7}', 422, "BAD_REQUEST"),
        ('{"query": "{ __typename }", "extensions": 7}', 422, "BAD_REQUEST"),
    ],
)
async def test_a_body_that_is_no_request(gateway: Gateway, body: bytes | str, status: int, code: str) -> None:
    assert await refused(gateway, await post(gateway, body)) == (status, code)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=x",
        "application/json; charset=utf-16",
    ],
)
async def test_a_body_that_is_not_json_by_name(gateway: Gateway, content_type: str | None) -> None:
    response = await post(gateway, json.dumps({"query": WHO}), content_type)

    assert await refused(gateway, response) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    ("document", "status", "code"),
    [
        ("", 400, "GRAPHQL_PARSE_FAILED"),
        ("{", 400, "GRAPHQL_PARSE_FAILED"),
        ("{ viewer { roles }", 400, "GRAPHQL_PARSE_FAILED"),
        ("{ viewer\x00 { roles } }", 400, "GRAPHQL_PARSE_FAILED"),
        ("query { a: viewer { roles }", 400, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", 422, "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer { nothing } }", 422, "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer }", 422, "GRAPHQL_VALIDATION_FAILED"),
        ("{ listing { id } }", 422, "GRAPHQL_VALIDATION_FAILED"),
        ("{ listing(id: {}) { id } }", 422, "GRAPHQL_VALIDATION_FAILED"),
        ("{ listings(first: 1.5) { totalCount } }", 422, "GRAPHQL_VALIDATION_FAILED"),
        ("{ listings(first: 99999999999) { totalCount } }", 422, "GRAPHQL_VALIDATION_FAILED"),
        ("{ listings(filter: {status: [GONE]}) { totalCount } }", 422, "GRAPHQL_VALIDATION_FAILED"),
        ("{ listings(filter: {colour: RED}) { totalCount } }", 422, "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer { roles } } { viewer { scopes } }", 422, "GRAPHQL_VALIDATION_FAILED"),
        ("query A { viewer { roles } } query B { viewer { roles } }", 422, "OPERATION_RESOLUTION_FAILURE"),
        ("fragment F on Viewer { roles }", 422, "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer { ...F } } fragment F on Viewer { ...F }", 422, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { contentChanged { cursor } }", 406, "SUBSCRIPTION_NEEDS_A_STREAM"),
    ],
)
async def test_a_document_that_cannot_be_run(gateway: Gateway, document: str, status: int, code: str) -> None:
    response = await post(gateway, json.dumps({"query": document}))

    assert await refused(gateway, response) == (status, code)


@pytest.mark.parametrize(
    ("declared", "variables"),
    [
        ("$id: ID!", {}),
        ("$id: ID!", {"id": None}),
        ("$id: ID!", {"id": 1.5}),
        ("$id: ID!", {"id": True}),
        ("$id: ID!", {"id": ["lst_1"]}),
        ("$id: ID!", {"id": {"id": "lst_1"}}),
    ],
)
async def test_variables_that_do_not_fit(gateway: Gateway, declared: str, variables: dict[str, Any]) -> None:
    document = f"query ({declared}) {{ listing(id: $id) {{ id }} }}"
    response = await post(gateway, json.dumps({"query": document, "variables": variables}))

    assert await refused(gateway, response) == (422, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (2**31, "Int"),
        ("7", "Int"),
        (1e300, "Int"),
        ("first", "Int"),
        (7, "String"),
    ],
)
async def test_scalars_of_the_wrong_kind(gateway: Gateway, value: object, type_: str) -> None:
    argument = "first" if type_ == "Int" else "after"
    document = f"query ($x: {type_}) {{ listings({argument}: $x) {{ totalCount }} }}"
    response = await post(gateway, json.dumps({"query": document, "variables": {"x": value}}))

    assert await refused(gateway, response) == (422, "BAD_USER_INPUT")


def body_of(size: int) -> bytes:
    """A good request of exactly that many bytes."""
    shortest = json.dumps({"query": WHO, "extensions": {"padding": ""}}).encode()
    return shortest.replace(b'"padding": ""', b'"padding": "' + b"x" * (size - len(shortest)) + b'"')


async def test_a_body_as_long_as_the_limit_is_read(gateway: Gateway) -> None:
    body = body_of(gateway.settings.max_body_bytes)
    assert len(body) == 2_000_000

    response = await post(gateway, body)

    assert (response.status_code, response.json()) == (200, {"data": {"viewer": {"roles": ["agent"]}}})


async def test_a_body_longer_than_the_limit_is_refused(gateway: Gateway) -> None:
    response = await post(gateway, body_of(gateway.settings.max_body_bytes + 1))

    assert await refused(gateway, response) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(("content_type", "refusal"), [(JSON, 413), ("text/plain", 415)])
async def test_a_body_much_too_long_is_refused_by_an_answer_rather_than_a_reset(
    gateway: Gateway, content_type: str, refusal: int
) -> None:
    response = await post(gateway, b" " * 8_000_000, content_type)

    assert (await refused(gateway, response))[0] == refusal


async def test_a_long_body_that_does_not_say_how_long_is_refused(gateway: Gateway) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 65_536

    response = await post(gateway, chunks())

    assert await refused(gateway, response) == (413, "PAYLOAD_TOO_LARGE")


def nested(depth: int) -> str:
    return "{ viewer { agent " + "{ listings { nodes { agent " * depth + "{ name }" + " } } }" * depth + " } }"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        pytest.param("{" * 14_000, "GRAPHQL_PARSE_FAILED", id="brackets"),
        pytest.param("{ viewer { roles " + "a: roles " * 7_500 + "} }", "MAX_TOKENS_LIMIT", id="tokens"),
        pytest.param(
            "{ listing(id: " + "[" * 5_000 + "]" * 5_000 + ") { id } }", "MAX_RECURSION_LIMIT", id="nested list"
        ),
        pytest.param(
            "query ($a: " + "[" * 5_000 + "ID" + "]" * 5_000 + ") { __typename }",
            "MAX_RECURSION_LIMIT",
            id="nested type",
        ),
        pytest.param(nested(10), "MAX_DEPTH_LIMIT", id="depth"),
        pytest.param(nested(1000), "MAX_RECURSION_LIMIT", id="great depth"),
    ],
)
async def test_a_document_too_large_to_be_read(gateway: Gateway, document: str, code: str) -> None:
    response = await post(gateway, json.dumps({"query": document}))

    assert await refused(gateway, response) == (400, code)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        pytest.param(
            lambda n: "{ " + " ".join(f"a{i}: viewer {{ roles }}" for i in range(n)) + " }",
            "MAX_ROOT_FIELDS_LIMIT",
            id="root fields",
        ),
        pytest.param(
            lambda n: "{ viewer { " + " ".join(f"a{i}: roles" for i in range(n)) + " } }",
            "MAX_ALIASES_LIMIT",
            id="aliases",
        ),
        pytest.param(
            lambda n: (
                "{ viewer { ...F0 } } "
                + " ".join(f"fragment F{i} on Viewer {{ ...F{i + 1} ...F{i + 1} }}" for i in range(n // 20))
                + f" fragment F{n // 20} on Viewer {{ roles }}"
            ),
            "MAX_FIELDS_LIMIT",
            id="fragments",
        ),
        pytest.param(lambda n: "{ viewer { " + "roles " * n + "} }", "MAX_OVERLAPS_LIMIT", id="repeated fields"),
        pytest.param(
            lambda n: "{ viewer { roles " + "@skip(if: false) " * n + "} }", "MAX_DIRECTIVES_LIMIT", id="directives"
        ),
    ],
)
async def test_a_document_that_repeats_itself_is_refused(
    gateway: Gateway, make: Callable[[int], str], code: str
) -> None:
    response = await post(gateway, json.dumps({"query": make(1000)}))

    assert await refused(gateway, response) == (400, code)
