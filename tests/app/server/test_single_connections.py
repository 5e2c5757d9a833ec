"""Server-sent events, one stream for many operations: GraphQL over SSE, single connection mode."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import ANY

import httpx
import pytest

from app.server.streaming import StreamSettings
from tests.app.server.event_stream import EVENTS, EventReader
from tests.app.server.live_graph import LiveGraph, bearer, live_graph, no_task_left
from tests.app.server.live_graph import token as issued

TOKEN = "X-GraphQL-Event-Stream-Token"
FOLLOW = "subscription { events { id token } }"
COUNT = "subscription { count(to: 1) }"


@pytest.fixture
async def graph() -> AsyncIterator[LiveGraph]:
    async with live_graph() as graph:
        yield graph


@pytest.fixture
async def client(graph: LiveGraph) -> AsyncIterator[httpx.AsyncClient]:
    async with graph.http(authorization=bearer()) as client:
        yield client


async def reserve(client: httpx.AsyncClient) -> str:
    answer = await client.put("/graphql")
    assert (answer.status_code, answer.headers["content-type"]) == (201, "text/plain; charset=utf-8")
    return answer.text


@asynccontextmanager
async def opened(client: httpx.AsyncClient, token: str) -> AsyncIterator[EventReader]:
    async with client.stream("GET", "/graphql", headers={"accept": EVENTS, TOKEN: token}) as response:
        assert response.status_code == 200
        reader = EventReader(response)
        assert await reader.raw() == ":"
        yield reader


async def run(client: httpx.AsyncClient, token: str, id_: object, query: str, **headers: str) -> httpx.Response:
    body = {"query": query, "extensions": {"operationId": id_}}
    return await client.post("/graphql", json=body, headers={TOKEN: token, **headers})


async def stop(client: httpx.AsyncClient, token: str, id_: str) -> httpx.Response:
    return await client.delete("/graphql", params={"operationId": id_}, headers={TOKEN: token})


def next_(id_: str, payload: object) -> dict[str, object]:
    return {"event": "next", "data": {"id": id_, "payload": payload}}


def complete(id_: str) -> dict[str, object]:
    return {"event": "complete", "data": {"id": id_}}


def refusal(answer: httpx.Response) -> tuple[int, str]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["extensions"]["code"]


def unauthenticated(message: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": "UNAUTHENTICATED", "requestId": ANY}}]}


async def test_results_of_many_operations_come_in_one_stream(client: httpx.AsyncClient) -> None:
    token = await reserve(client)
    async with opened(client, token) as stream:
        for id_, query in (("a", COUNT), ("b", "{ me }")):
            answer = await run(client, token, id_, query)
            assert (answer.status_code, answer.content) == (202, b"")
            result = {"data": {"count": 0} if id_ == "a" else {"me": "usr_1"}}
            assert await stream.events(2) == [next_(id_, result), complete(id_)]


async def test_operations_may_come_before_the_stream_is_open(client: httpx.AsyncClient) -> None:
    token = await reserve(client)
    assert (await run(client, token, "a", COUNT)).status_code == 202
    assert (await run(client, token, "b", COUNT)).status_code == 202
    assert (await stop(client, token, "a")).status_code == 200
    async with opened(client, token) as stream:
        assert await stream.events(2) == [next_("b", {"data": {"count": 0}}), complete("b")]


async def test_an_operation_that_is_stopped_sends_no_more_and_its_id_is_free(
    graph: LiveGraph, client: httpx.AsyncClient
) -> None:
    token = await reserve(client)
    async with opened(client, token) as stream:
        await run(client, token, "a", FOLLOW)
        await graph.graph.running.reaches(1)
        answer = await stop(client, token, "a")
        assert (answer.status_code, answer.content) == (200, b"")
        await graph.graph.running.reaches(0)
        assert (await stop(client, token, "a")).status_code == 200
        await run(client, token, "a", COUNT)
        assert await stream.events(2) == [next_("a", {"data": {"count": 0}}), complete("a")]


async def test_the_token_may_be_in_the_url_as_for_event_source(graph: LiveGraph, client: httpx.AsyncClient) -> None:
    token = await reserve(client)
    async with client.stream("GET", "/graphql", params={"token": token}, headers={"accept": EVENTS}) as response:
        stream = EventReader(response)
        body = {"query": COUNT, "extensions": {"operationId": "a"}}
        assert (await client.post("/graphql", params={"token": token}, json=body)).status_code == 202
        assert await stream.events(2) == [next_("a", {"data": {"count": 0}}), complete("a")]
        url = {"token": token, "operationId": "a"}
        assert (await client.delete("/graphql", params=url)).status_code == 200


async def test_a_stream_can_be_opened_once(client: httpx.AsyncClient) -> None:
    token = await reserve(client)
    async with opened(client, token):
        answer = await client.get("/graphql", headers={"accept": EVENTS, TOKEN: token})
        assert refusal(answer) == (409, "STREAM_ALREADY_OPEN")


async def test_a_stream_that_was_left_is_gone_with_its_operations(graph: LiveGraph, client: httpx.AsyncClient) -> None:
    with no_task_left():
        async with graph.http(authorization=bearer()) as leaving:
            token = await reserve(leaving)
            async with opened(leaving, token):
                await run(leaving, token, "a", FOLLOW)
                await graph.graph.running.reaches(1)
            await graph.graph.running.reaches(0)
        await graph.server.idle()
    assert len(graph.streams.single) == 0
    assert refusal(await run(client, token, "a", COUNT)) == (404, "STREAM_NOT_FOUND")


@pytest.mark.parametrize("authorization", [None, bearer("usr_2")])
async def test_a_stream_is_for_who_reserved_it(
    graph: LiveGraph, client: httpx.AsyncClient, authorization: str | None
) -> None:
    token = await reserve(client)
    async with graph.http(**({"authorization": authorization} if authorization else {})) as other:
        assert refusal(await other.get("/graphql", headers={"accept": EVENTS, TOKEN: token})) == (403, "FORBIDDEN")
        assert refusal(await run(other, token, "a", COUNT)) == (403, "FORBIDDEN")
        assert refusal(await stop(other, token, "a")) == (403, "FORBIDDEN")


async def test_what_is_wrong_with_a_request_is_answered_and_not_streamed(client: httpx.AsyncClient) -> None:
    token = await reserve(client)
    assert refusal(await run(client, token, "a", "{")) == (400, "GRAPHQL_PARSE_FAILED")
    assert refusal(await run(client, token, "a", "{ nothing }")) == (422, "GRAPHQL_VALIDATION_FAILED")
    assert refusal(await run(client, token, 1, "{ me }")) == (422, "BAD_REQUEST")
    assert refusal(await run(client, token, "", "{ me }")) == (422, "BAD_REQUEST")
    assert refusal(await run(client, "nonsense", "a", "{ me }")) == (404, "STREAM_NOT_FOUND")
    assert refusal(await client.delete("/graphql", headers={TOKEN: token})) == (422, "BAD_REQUEST")
    assert refusal(await client.delete("/graphql", params={"operationId": "a"})) == (422, "BAD_REQUEST")
    bad = await run(client, token, "a", "{ me }", authorization="Bearer nonsense")
    assert refusal(bad) == (401, "UNAUTHENTICATED")
    assert refusal(await client.put("/graphql", headers={"accept": "image/png"})) == (406, "NOT_ACCEPTABLE")
    json_alone = await client.get("/graphql", headers={"accept": "application/json", TOKEN: token})
    assert refusal(json_alone) == (406, "NOT_ACCEPTABLE")
    assert (await client.patch("/graphql")).headers["allow"] == "GET, POST, PUT, DELETE"


async def test_an_id_in_use_and_too_many_operations_are_refused() -> None:
    settings = StreamSettings(max_operations=2)
    async with live_graph(streams=settings) as graph, graph.http(authorization=bearer()) as client:
        token = await reserve(client)
        await run(client, token, "a", FOLLOW)
        assert refusal(await run(client, token, "a", FOLLOW)) == (409, "OPERATION_EXISTS")
        async with opened(client, token):
            await run(client, token, "b", FOLLOW)
            await graph.graph.running.reaches(2)
            assert refusal(await run(client, token, "c", FOLLOW)) == (429, "TOO_MANY_OPERATIONS")
            await stop(client, token, "a")
            await graph.graph.running.reaches(1)
            assert (await run(client, token, "c", FOLLOW)).status_code == 202


async def test_a_reservation_that_nobody_opens_expires() -> None:
    settings = StreamSettings(reservation_timeout=0.05)
    async with live_graph(streams=settings) as graph, graph.http(authorization=bearer()) as client:
        token = await reserve(client)
        async with asyncio.timeout(10):
            while (await run(client, token, "a", COUNT)).status_code != 404:  # noqa: ASYNC110 -- nothing tells
                await asyncio.sleep(0.01)
        assert len(graph.streams.single) == 0


async def test_only_so_many_streams_can_be_reserved_at_a_time() -> None:
    settings = StreamSettings(max_reservations=1)
    async with live_graph(streams=settings) as graph, graph.http(authorization=bearer()) as client:
        token = await reserve(client)
        refused = await client.put("/graphql")
        assert refusal(refused) == (429, "TOO_MANY_RESERVATIONS")
        assert refused.headers["retry-after"] == "30"
        async with graph.http(authorization=bearer("usr_2")) as other:
            await reserve(other)
        async with opened(client, token):
            await reserve(client)


async def test_operations_end_when_the_token_expires_unless_a_newer_one_came() -> None:
    late = StreamSettings(clock=lambda: time.time() + 3599.7)
    async with live_graph(streams=late) as graph, graph.http(authorization=bearer()) as client:
        token = await reserve(client)
        async with opened(client, token) as stream:
            await run(client, token, "a", FOLLOW)
            assert await stream.events(2) == [next_("a", unauthenticated("The token has expired.")), complete("a")]
            await run(client, token, "b", "{ me }")
            assert await stream.events(2) == [next_("b", unauthenticated("The token has expired.")), complete("b")]
            newer = f"Bearer {issued(lifetime=2 * 3600)}"
            await run(client, token, "c", FOLLOW, authorization=newer)
            await graph.graph.running.reaches(1)
            assert (await run(client, token, "older", COUNT)).status_code == 202
            assert await stream.events(2) == [next_("older", {"data": {"count": 0}}), complete("older")]
            await graph.append("event")
            shown = {"data": {"events": {"id": "event", "token": newer.removeprefix("Bearer ")}}}
            assert await stream.event() == next_("c", shown)
