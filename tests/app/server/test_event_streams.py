"""Server-sent events, a stream for each operation: GraphQL over SSE, distinct connections mode."""

import asyncio
import time
from collections.abc import AsyncIterator
from unittest.mock import ANY

import httpx
import pytest

from app.execution.reading import LONG
from app.server.streaming import StreamSettings
from tests.app.execution.slow import SlowParser
from tests.app.server.event_stream import EVENTS, EventReader, streamed
from tests.app.server.live_graph import LiveGraph, bearer, live_graph, no_task_left

FOLLOW = "subscription ($after: String) { events(after: $after) { id cursor } }"
COUNT = "subscription { count(to: 2) }"
COMPLETE = {"event": "complete", "data": None}


@pytest.fixture
async def graph() -> AsyncIterator[LiveGraph]:
    async with live_graph() as graph:
        yield graph


@pytest.fixture
async def client(graph: LiveGraph) -> AsyncIterator[httpx.AsyncClient]:
    async with graph.http(authorization=bearer()) as client:
        yield client


def next_(data: object) -> dict[str, object]:
    return {"event": "next", "data": {"data": data}}


def failed(message: str, code: str, **more: object) -> dict[str, object]:
    errors = [{"message": message, "extensions": {"code": code, "requestId": ANY}, **more}]
    return {"event": "next", "data": {"errors": errors}}


async def test_a_subscription_comes_as_events_and_completes(client: httpx.AsyncClient) -> None:
    async with streamed(client, COUNT) as stream:
        headers = stream.response.headers
        assert (stream.response.status_code, headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
        assert await stream.rest() == [next_({"count": 0}), next_({"count": 1}), COMPLETE]


async def test_lines_end_with_a_line_feed_alone_and_the_first_says_that_the_stream_is_open(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/graphql", json={"query": COUNT}, headers={"accept": EVENTS})
    assert answer.content == (
        b":\n\n"
        b'event: next\ndata: {"data":{"count":0}}\n\n'
        b'event: next\ndata: {"data":{"count":1}}\n\n'
        b"event: complete\ndata:\n\n"
    )


@pytest.mark.parametrize("accept", [EVENTS, f"{EVENTS}, application/json;q=0.9", f"application/json;q=0.9, {EVENTS}"])
async def test_a_query_comes_as_events_when_these_are_wanted_more(client: httpx.AsyncClient, accept: str) -> None:
    async with streamed(client, "{ me }", accept=accept) as stream:
        assert await stream.rest() == [next_({"me": "usr_1"}), COMPLETE]


@pytest.mark.parametrize(
    "accept",
    [
        f"application/graphql-response+json, {EVENTS}",
        f"{EVENTS};q=0.9, application/json",
        f"application/graphql-response+json, application/json, {EVENTS}, multipart/mixed",
        f"*/*, {EVENTS};q=0.1",
        f"{EVENTS};q=0, */*",
    ],
)
async def test_a_query_is_answered_in_one_piece_where_events_are_only_mentioned(
    client: httpx.AsyncClient, accept: str
) -> None:
    answer = await client.post("/graphql", json={"query": "{ me }"}, headers={"accept": accept})
    assert answer.json() == {"data": {"me": "usr_1"}}
    assert answer.headers["content-type"].partition(";")[0].endswith("json")


async def test_a_subscription_comes_as_events_where_nothing_else_that_is_accepted_could_carry_it(
    client: httpx.AsyncClient,
) -> None:
    async with streamed(client, COUNT, accept=f"application/json, {EVENTS};q=0.5, multipart/mixed") as stream:
        assert (await stream.rest())[-1] == COMPLETE
    answer = await client.post("/graphql", json={"query": COUNT}, headers={"accept": "*/*"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
        406,
        "SUBSCRIPTION_NEEDS_A_STREAM",
    )


async def test_a_subscription_may_be_asked_for_by_get(client: httpx.AsyncClient) -> None:
    headers = {"accept": EVENTS, "graphql-preflight": "1"}
    answer = await client.get("/graphql", params={"query": COUNT}, headers=headers)
    assert answer.text.endswith("event: complete\ndata:\n\n")
    other_site = await client.get("/graphql", params={"query": COUNT}, headers={"accept": EVENTS})
    assert (other_site.status_code, other_site.json()["errors"][0]["extensions"]["code"]) == (400, "CSRF_PREVENTED")


async def test_a_mutation_may_be_streamed_by_post_only(graph: LiveGraph, client: httpx.AsyncClient) -> None:
    graph.graph.may_finish.set()
    async with streamed(client, "mutation { finish }") as stream:
        assert await stream.rest() == [next_({"finish": True}), COMPLETE]
    headers = {"accept": EVENTS, "graphql-preflight": "1"}
    answer = await client.get("/graphql", params={"query": "mutation { finish }"}, headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("query", "message", "code"),
    [
        ("{", "Syntax Error: Expected Name, found <EOF>.", "GRAPHQL_PARSE_FAILED"),
        (
            "subscription { nothing }",
            "Cannot query field 'nothing' on type 'Subscription'.",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "query A { me } query B { me }",
            "The document has several operations: say which by operationName.",
            "OPERATION_RESOLUTION_FAILURE",
        ),
    ],
)
async def test_errors_of_the_document_come_as_an_event(
    client: httpx.AsyncClient, query: str, message: str, code: str
) -> None:
    async with streamed(client, query) as stream:
        first, last = await stream.rest()
    assert [(error["message"], error["extensions"]["code"]) for error in first["data"]["errors"]] == [(message, code)]
    assert last == COMPLETE


async def test_errors_of_the_document_are_a_status_where_another_answer_is_as_welcome(
    client: httpx.AsyncClient,
) -> None:
    accept = f"application/graphql-response+json, {EVENTS}"
    answer = await client.post("/graphql", json={"query": "{"}, headers={"accept": accept})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "GRAPHQL_PARSE_FAILED")


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", {}, 400, "INVALID_JSON"),
        (b"{}", {}, 422, "BAD_REQUEST"),
        (b"x" * 100_001, {}, 413, "PAYLOAD_TOO_LARGE"),
        (b"{}", {"content-type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b'{"query": "{ me }"}', {"authorization": "Bearer nonsense"}, 401, "UNAUTHENTICATED"),
    ],
)
async def test_what_is_wrong_with_the_request_itself_is_a_status(
    client: httpx.AsyncClient, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    sent = {"accept": EVENTS, "content-type": "application/json", **headers}
    answer = await client.post("/graphql", content=body, headers=sent)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)


async def test_errors_of_fields_come_with_the_data_and_of_sources_alone(client: httpx.AsyncClient) -> None:
    async with streamed(client, "{ me fail }") as stream:
        first, last = await stream.rest()
    assert first["data"]["data"] == {"me": "usr_1", "fail": None}
    assert first["data"]["errors"] == failed_field()
    assert last == COMPLETE
    async with streamed(client, "subscription { refused }") as stream:
        refused = failed("There is nothing to follow.", "NOT_FOUND", path=["refused"], locations=[ANY])
        assert await stream.rest() == [refused, COMPLETE]
    async with streamed(client, "subscription { breaks(after: 1) }") as stream:
        broken = failed("Internal server error", "INTERNAL_SERVER_ERROR")
        assert await stream.rest() == [next_({"breaks": 0}), broken, COMPLETE]


def failed_field() -> list[object]:
    extensions = {"code": "NOT_FOUND", "requestId": ANY}
    return [{"message": "There is no such thing.", "path": ["fail"], "locations": [ANY], "extensions": extensions}]


async def test_events_carry_their_cursor_as_id(graph: LiveGraph, client: httpx.AsyncClient) -> None:
    start = graph.log.head()
    cursors = [await graph.append(name) for name in ("a", "b")]
    async with streamed(client, FOLLOW, {"after": start}) as stream:
        for name, cursor in zip(("a", "b"), cursors, strict=True):
            assert await stream.event() == {
                "event": "next",
                "id": cursor,
                "data": {"data": {"events": {"id": name, "cursor": cursor}}},
            }


async def test_what_happens_while_the_document_is_read_is_not_lost() -> None:
    slow = SlowParser()
    async with live_graph(parse=slow.parse) as graph, graph.http(authorization=bearer()) as client:

        async def first_event() -> object:
            async with streamed(client, FOLLOW + " " * LONG) as stream:
                return await stream.event()

        first = asyncio.create_task(first_event())
        await asyncio.to_thread(slow.begun.wait, 10)
        cursor = await graph.append("a")
        slow.go.set()
        assert await first == {
            "event": "next",
            "id": cursor,
            "data": {"data": {"events": {"id": "a", "cursor": cursor}}},
        }


async def test_a_silent_stream_shows_that_it_lives() -> None:
    settings = StreamSettings(event_interval=0.01)
    async with (
        live_graph(streams=settings) as graph,
        graph.http(authorization=bearer()) as client,
        streamed(client, FOLLOW) as stream,
    ):
        assert [await stream.raw() for _ in range(4)] == [":"] * 4


async def test_a_client_that_goes_ends_its_subscription_and_leaves_nothing_behind(graph: LiveGraph) -> None:
    async with graph.http(authorization=bearer()) as warm:
        await warm.post("/graphql", json={"query": "{ me }"})
    with no_task_left():
        async with graph.http(authorization=bearer()) as client, streamed(client, FOLLOW):
            await graph.graph.running.reaches(1)
        await graph.graph.running.reaches(0)
        await graph.server.idle()
    assert graph.log.readers == 0


async def test_a_mutation_is_finished_when_its_client_has_gone(graph: LiveGraph) -> None:
    async with graph.http(authorization=bearer()) as client, streamed(client, "mutation { finish }"):
        await graph.graph.running.reaches(1)
    graph.graph.may_finish.set()
    async with asyncio.timeout(10):
        await graph.graph.finished.wait()
    await graph.server.idle()


async def test_a_client_that_takes_nothing_for_too_long_is_given_up() -> None:
    async with live_graph(streams=StreamSettings(patience=0.2)) as graph:
        reader, writer = await asyncio.open_connection("127.0.0.1", graph.server.port, limit=2**10)
        body = b'{"query":"subscription { payloads(size: 1000000) }"}'
        writer.write(
            b"POST /graphql HTTP/1.1\r\nhost: gateway\r\naccept: text/event-stream\r\n"
            b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
        )
        await reader.readline()
        await graph.graph.running.reaches(1)
        await graph.graph.running.reaches(0)
        writer.transport.abort()
        await graph.server.idle()


async def test_the_expiry_of_the_token_ends_the_stream_with_a_code() -> None:
    late = StreamSettings(clock=lambda: time.time() + 3599.9)
    async with live_graph(streams=late) as graph:
        async with graph.http(authorization=bearer()) as client, streamed(client, FOLLOW) as stream:
            assert await stream.rest() == [failed("The token has expired.", "UNAUTHENTICATED"), COMPLETE]
        assert graph.log.readers == 0


async def test_a_revoked_token_ends_the_stream_with_its_next_event(graph: LiveGraph, client: httpx.AsyncClient) -> None:
    async with streamed(client, FOLLOW) as stream:
        await graph.graph.running.reaches(1)
        principal = graph.graph.contexts[0].identity
        graph.revocations.revoke(principal.token_id, principal.expires_at)
        await graph.append("a")
        assert await stream.rest() == [failed("The token has been revoked.", "UNAUTHENTICATED"), COMPLETE]


async def test_streams_break_off_when_the_gateway_stops_and_none_is_taken_for_complete(graph: LiveGraph) -> None:
    async with graph.http(authorization=bearer()) as client, streamed(client, FOLLOW) as stream:
        await graph.graph.running.reaches(1)
        graph.streams.close()
        assert await stream.rest() == []
    assert graph.graph.running.value == 0


async def test_many_streams_get_every_event_in_order() -> None:
    async def follow(stream: EventReader) -> list[str]:
        return [event["data"]["data"]["events"]["id"] for event in await stream.events(5) if event]

    names = [str(number) for number in range(5)]
    async with live_graph() as graph, graph.http(authorization=bearer()) as client:
        async with asyncio.timeout(60):
            streams = [streamed(client, FOLLOW) for _ in range(200)]
            readers = await asyncio.gather(*(stream.__aenter__() for stream in streams))
            await graph.graph.running.reaches(200)
            for name in names:
                await graph.append(name)
            assert await asyncio.gather(*(follow(reader) for reader in readers)) == [names] * 200
            await asyncio.gather(*(stream.__aexit__(None, None, None) for stream in streams))
        await graph.graph.running.reaches(0)
