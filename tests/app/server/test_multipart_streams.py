"""Answers in parts: subscriptions as Apollo has them over HTTP, `@defer` and `@stream`."""

import time
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import ANY

import httpx
import pytest

from app.server.streaming import StreamSettings
from tests.app.server.live_graph import LiveGraph, bearer, live_graph
from tests.app.server.parts import parts, parts_of

SUBSCRIPTION = 'multipart/mixed;boundary=graphql;subscriptionSpec="1.0", application/graphql-response+json'
V02 = "multipart/mixed;incrementalSpec=v0.2, application/graphql-response+json, application/json;q=0.9"
OF_2022 = "multipart/mixed;deferSpec=20220824, application/graphql-response+json, application/json;q=0.9"


@pytest.fixture
async def graph() -> AsyncIterator[LiveGraph]:
    async with live_graph() as graph:
        yield graph


@pytest.fixture
async def client(graph: LiveGraph) -> AsyncIterator[httpx.AsyncClient]:
    async with graph.http(authorization=bearer()) as client:
        yield client


async def post(client: httpx.AsyncClient, query: str, accept: str, **variables: Any) -> httpx.Response:
    return await client.post("/graphql", json={"query": query, "variables": variables}, headers={"accept": accept})


def error(message: str, code: str, **more: object) -> dict[str, object]:
    return {"message": message, "extensions": {"code": code, "requestId": ANY}, **more}


# Subscriptions


async def test_a_subscription_comes_in_parts_between_proper_boundaries(client: httpx.AsyncClient) -> None:
    answer = await post(client, "subscription { count(to: 2) }", SUBSCRIPTION)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'
    assert answer.content == (
        b"\r\n--graphql\r\ncontent-type: application/json\r\n\r\n"
        b'{"payload":{"data":{"count":0}}}'
        b"\r\n--graphql\r\ncontent-type: application/json\r\n\r\n"
        b'{"payload":{"data":{"count":1}}}'
        b"\r\n--graphql--\r\n"
    )


async def test_a_silent_subscription_shows_that_it_lives() -> None:
    settings = StreamSettings(part_interval=0.01)
    async with live_graph(streams=settings) as graph, graph.http(authorization=bearer()) as client:
        body = {"query": "subscription { events { id } }"}
        async with client.stream("POST", "/graphql", json=body, headers={"accept": SUBSCRIPTION}) as response:
            read = parts(response)
            assert [await anext(read) for _ in range(3)] == [{}, {}, {}]
            await graph.graph.running.reaches(1)
            await graph.append("a")
            while (part := await anext(read)) == {}:
                pass
            assert part == {"payload": {"data": {"events": {"id": "a"}}}}
        await graph.graph.running.reaches(0)


async def test_what_ends_a_subscription_comes_beside_no_payload(client: httpx.AsyncClient) -> None:
    refused = await post(client, "subscription { refused }", SUBSCRIPTION)
    not_found = error("There is nothing to follow.", "NOT_FOUND", path=["refused"], locations=[ANY])
    assert parts_of(refused) == [{"payload": None, "errors": [not_found]}]
    broken = await post(client, "subscription { breaks(after: 1) }", SUBSCRIPTION)
    masked = error("Internal server error", "INTERNAL_SERVER_ERROR")
    assert parts_of(broken) == [{"payload": {"data": {"breaks": 0}}}, {"payload": None, "errors": [masked]}]


async def test_the_expiry_of_the_token_ends_a_subscription_with_a_code() -> None:
    late = StreamSettings(clock=lambda: time.time() + 3599.9)
    async with live_graph(streams=late) as graph, graph.http(authorization=bearer()) as client:
        answer = await post(client, "subscription { events { id } }", SUBSCRIPTION)
    assert parts_of(answer) == [{"payload": None, "errors": [error("The token has expired.", "UNAUTHENTICATED")]}]


async def test_errors_of_the_document_have_a_status(client: httpx.AsyncClient) -> None:
    answer = await post(client, "subscription { nothing }", SUBSCRIPTION)
    assert (answer.status_code, answer.headers["content-type"]) == (
        422,
        "application/graphql-response+json; charset=utf-8",
    )


@pytest.mark.parametrize("accept", ["multipart/mixed", 'multipart/mixed;subscriptionSpec="2.0"'])
async def test_other_kinds_of_parts_are_not_taken_for_a_subscription(client: httpx.AsyncClient, accept: str) -> None:
    assert (await post(client, "subscription { count(to: 1) }", f"{accept}, application/json")).status_code == 406


async def test_the_better_of_two_streams_is_chosen(client: httpx.AsyncClient) -> None:
    for q, kind in (("0.5", "text/event-stream; charset=utf-8"), ("1", "text/event-stream; charset=utf-8")):
        accept = f"multipart/mixed;subscriptionSpec=1.0;q={q}, text/event-stream"
        answer = await post(client, "subscription { count(to: 1) }", accept)
        assert answer.headers["content-type"] == kind
    accept = "multipart/mixed;subscriptionSpec=1.0, text/event-stream;q=0.5"
    assert (await post(client, "subscription { count(to: 1) }", accept)).headers["content-type"].startswith("multipart")


# Incremental delivery

DEFERRED = '{ greet book { title ... @defer(label: "later") { pages } } }'
STREAMED = "{ shelf(size: 4) @stream(initialCount: 1) { title } }"
BROKEN = "{ book { title ... @defer { fail } ... @defer { surely } } }"
STREAM_IN_DEFER = (
    '{ greet ... @defer(label: "shelf") { shelf(size: 2) @stream(initialCount: 1, label: "item") { title } } }'
)


def folded(sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What all later parts bring: how much of it each has is a matter of time."""
    return [entry for part in sent[1:] for entry in part.get("incremental", [])]


async def test_what_is_deferred_comes_later(client: httpx.AsyncClient) -> None:
    answer = await post(client, DEFERRED, V02)
    assert answer.headers["content-type"] == 'multipart/mixed;boundary="graphql";incrementalSpec=v0.2'
    assert parts_of(answer) == [
        {
            "data": {"greet": "Hello, world!", "book": {"title": "Emma"}},
            "pending": [{"id": "0", "path": ["book"], "label": "later"}],
            "hasNext": True,
        },
        {"incremental": [{"id": "0", "data": {"pages": 474}}], "completed": [{"id": "0"}], "hasNext": False},
    ]


async def test_what_is_deferred_comes_as_apollo_client_asks_for_it(client: httpx.AsyncClient) -> None:
    answer = await post(client, DEFERRED, OF_2022)
    assert answer.headers["content-type"] == 'multipart/mixed;boundary="graphql";deferSpec=20220824'
    assert parts_of(answer) == [
        {"data": {"greet": "Hello, world!", "book": {"title": "Emma"}}, "hasNext": True},
        {"incremental": [{"data": {"pages": 474}, "path": ["book"], "label": "later"}], "hasNext": False},
    ]


async def test_what_is_streamed_comes_item_by_item(client: httpx.AsyncClient) -> None:
    sent = parts_of(await post(client, STREAMED, V02))
    assert sent[0]["data"] == {"shelf": [{"title": "0"}]}
    assert sent[0]["pending"] == [{"id": "0", "path": ["shelf"]}]
    items = [item for part in folded(sent) for item in part["items"]]
    assert items == [{"title": "1"}, {"title": "2"}, {"title": "3"}]
    assert sent[-1]["hasNext"] is False
    older = folded(parts_of(await post(client, STREAMED, OF_2022)))
    places = {part["path"][1] + place: item for part in older for place, item in enumerate(part["items"])}
    assert {part["path"][0] for part in older} == {"shelf"}
    assert places == {1: {"title": "1"}, 2: {"title": "2"}, 3: {"title": "3"}}


async def test_a_list_may_be_streamed_inside_of_what_is_deferred(client: httpx.AsyncClient) -> None:
    older = folded(parts_of(await post(client, STREAM_IN_DEFER, OF_2022)))
    assert older == [
        {"data": {"shelf": [{"title": "0"}]}, "path": [], "label": "shelf"},
        {"items": [{"title": "1"}], "path": ["shelf", 1], "label": "item"},
    ]


async def test_errors_of_what_is_deferred_have_their_codes(client: httpx.AsyncClient) -> None:
    of_field = error("There is no such thing.", "NOT_FOUND", path=["book", "fail"], locations=[ANY])
    of_fragment = error("There is no such thing.", "NOT_FOUND", path=["book", "surely"], locations=[ANY])
    sent = parts_of(await post(client, BROKEN, V02))
    assert folded(sent) == [{"id": "0", "data": {"fail": None}, "errors": [of_field]}]
    completed = [entry for part in sent[1:] for entry in part.get("completed", [])]
    assert completed == [{"id": "0"}, {"id": "1", "errors": [of_fragment]}]
    older = folded(parts_of(await post(client, BROKEN, OF_2022)))
    assert older == [
        {"data": {"fail": None}, "path": ["book"], "errors": [of_field]},
        {"data": None, "path": ["book"], "errors": [of_fragment]},
    ]


@pytest.mark.parametrize("accept", ["application/json", "multipart/mixed, application/json", "*/*"])
async def test_other_clients_get_everything_in_one_piece(client: httpx.AsyncClient, accept: str) -> None:
    answer = await post(client, DEFERRED, accept)
    assert answer.json() == {"data": {"greet": "Hello, world!", "book": {"title": "Emma", "pages": 474}}}
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


async def test_what_is_not_deferred_is_answered_in_one_piece_or_one_part(client: httpx.AsyncClient) -> None:
    assert (await post(client, "{ greet }", V02)).json() == {"data": {"greet": "Hello, world!"}}
    document = "query ($later: Boolean!) { greet ... @defer(if: $later) { me } }"
    for accept in (V02, OF_2022):
        answer = await post(client, document, accept, later=False)
        assert parts_of(answer) == [{"data": {"greet": "Hello, world!", "me": "usr_1"}, "hasNext": False}]


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("subscription ($yes: Boolean!) { ... @defer(if: $yes) { count(to: 1) } }", {"yes": True}),
        ("{ ... @defer(label: $label) { me } }", {}),
        ("mutation { ... @defer { finish } }", {}),
        ("{ greet @stream }", {}),
        ("{ shelf(size: 1) @stream(initialCount: -1) { title } }", {}),
        ("query ($count: Int!) { shelf(size: 1) @stream(initialCount: $count) { title } }", {"count": "x"}),
    ],
)
@pytest.mark.parametrize("accept", [V02, "application/graphql-response+json", "text/event-stream"])
async def test_what_cannot_be_deferred_or_streamed_is_an_error_of_the_caller(
    client: httpx.AsyncClient, query: str, variables: dict[str, Any], accept: str
) -> None:
    if query.startswith("subscription"):
        accept = SUBSCRIPTION
    answer = await post(client, query, accept, **variables)
    assert answer.status_code < 500
    assert "INTERNAL_SERVER_ERROR" not in answer.text
