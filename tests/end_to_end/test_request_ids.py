"""Every answer carries a request id, and nothing unexpected is shown."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.end_to_end.sockets import subscribed
from tests.gateway import SERVICE_KEY, Gateway


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=gateway.url, verify=False) as client:  # noqa: S501 -- there is no TLS
        yield client


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/graphql"),
        ("GET", "/graphql"),
        ("PUT", "/graphql"),
        ("GET", "/health"),
        ("GET", "/health/ready"),
        ("POST", "/events"),
        ("GET", "/nowhere"),
        ("OPTIONS", "/graphql"),
    ],
)
async def test_every_answer_has_a_request_id(client: httpx.AsyncClient, method: str, path: str) -> None:
    made = await client.request(method, path)
    given = await client.request(method, path, headers={"x-request-id": "of-the-client.1"})

    assert re.fullmatch("[0-9a-f]{32}", made.headers["x-request-id"])
    assert given.headers["x-request-id"] == "of-the-client.1"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "a/b", '"'])
async def test_a_request_id_that_no_log_line_should_hold_is_replaced(client: httpx.AsyncClient, given: str) -> None:
    response = await client.get("/health", headers={"x-request-id": given})

    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ('{ listing(id: "lst_unknown") { id } }', "NOT_FOUND"),
        ("{ listings(first: 0) { totalCount } }", "BAD_USER_INPUT"),
        ('{ content(id: "") { id } }', "BAD_USER_INPUT"),
        ("subscription { contentChanged { cursor } }", "SUBSCRIPTION_NEEDS_A_STREAM"),
    ],
)
async def test_every_error_names_the_request(gateway: Gateway, document: str, code: str) -> None:
    answer = await gateway.query(document)

    (error,) = answer.body["errors"]
    assert error["extensions"] == {"code": code, "requestId": answer.headers["x-request-id"]}


async def test_the_backends_are_told_the_request_id(gateway: Gateway) -> None:
    first = await gateway.query("{ listings { nodes { agent { name } } } }")

    assert len(first.calls) == 2  # they are recorded by the request id that they came with


async def test_errors_of_a_socket_name_a_request_as_well(gateway: Gateway) -> None:
    async with subscribed(gateway, gateway.token(), "{ nothing }") as stream:
        error = await stream.refusal()

    assert re.fullmatch("[0-9a-f]{32}", error["extensions"]["requestId"])


async def test_without_the_service_key_no_event_is_taken(client: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/cloudevents+json"}
    for key in ({}, {"x-service-key": ""}, {"x-service-key": SERVICE_KEY + "x"}):
        response = await client.post("/events", content=b"{}", headers={**headers, **key})
        assert (response.status_code, response.json()["code"]) == (401, "UNAUTHENTICATED")


async def test_entities_need_a_token_as_everything_does(gateway: Gateway) -> None:
    document = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Listing { address } } }"
    listing = (await gateway.query("{ listings(first: 1) { nodes { id } } }")).data["listings"]["nodes"][0]["id"]

    answer = await gateway.query(document, {"r": [{"__typename": "Listing", "id": listing}]}, email=None)

    assert answer.body["data"] in (None, {"_entities": [None]})
    assert {error["code"] for error in answer.errors} == {"UNAUTHENTICATED"}
