"""Streams over sockets: order, resumption, slow clients, many clients."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from unittest.mock import ANY

import pytest

from app.execution.reading import LONG
from app.server.websocket import WebSocketSettings
from tests.app.execution.slow import SlowParser
from tests.app.server.live_graph import Client, LiveGraph, bearer, live_graph, no_task_left
from tests.garbage import garbage

EVENTS = "subscription ($subject: String, $after: String) { events(subject: $subject, after: $after) { id cursor } }"


@pytest.fixture
async def graph() -> AsyncIterator[LiveGraph]:
    async with live_graph() as graph:
        yield graph


async def events(client: Client, count: int) -> list[tuple[str, str]]:
    """The next events of a client: id and cursor."""
    payloads = [message["payload"]["data"]["events"] for message in await client.transcript(count)]
    return [(payload["id"], payload["cursor"]) for payload in payloads]


async def test_a_client_that_comes_back_continues_without_a_gap_or_a_double(graph: LiveGraph) -> None:
    seen: list[str] = []
    cursor = graph.log.head()
    appended = 0
    for turn in range(10):
        async with graph.connect() as client:
            await client.initialise({"authorization": bearer()})
            await client.subscribe("1", EVENTS, after=cursor)
            for _ in range(7):
                await graph.append(str(appended))
                appended += 1
            taken = await events(client, 3 + turn % 5)  # the rest is lost with the socket
            seen += [name for name, _ in taken]
            cursor = taken[-1][1]
            client.connection.transport.abort()
    async with graph.connect() as client:
        await client.initialise({"authorization": bearer()})
        await client.subscribe("1", EVENTS, after=cursor)
        seen += [name for name, _ in await events(client, appended - len(seen))]
        assert await client.is_quiet()
    assert seen == [str(number) for number in range(70)]


async def test_what_happens_while_the_document_is_read_is_not_lost() -> None:
    slow = SlowParser()
    async with live_graph(parse=slow.parse) as graph, graph.connect() as client:
        await client.initialise({"authorization": bearer()})
        await client.subscribe("1", EVENTS + " " * LONG)
        await asyncio.to_thread(slow.begun.wait, 10)
        await graph.append("a")
        slow.go.set()
        assert [name for name, _ in await events(client, 1)] == ["a"]


async def test_operations_leave_nothing_to_the_collector(graph: LiveGraph) -> None:
    async with graph.connect() as client:
        await client.initialise({"authorization": bearer()})
        with garbage() as kinds:
            await client.subscribe("1", "{ me }")
            await client.transcript(2)
            await client.subscribe("2", EVENTS)
            await graph.graph.running.reaches(1)
            await graph.append("a")
            await client.transcript(1)
            await client.send({"id": "2", "type": "complete"})
            await graph.graph.running.reaches(0)
            assert await client.is_quiet()
    assert kinds == {}


async def test_a_cursor_that_is_too_old_is_an_error() -> None:
    async with live_graph(log_size=3) as graph, graph.connect() as client:
        start = graph.log.head()
        for number in range(4):
            await graph.append(str(number))
        await client.initialise({"authorization": bearer()})
        await client.subscribe("1", EVENTS, after=start)
        expired = {
            "message": "The event log does not reach back to this cursor: read the present state and start anew.",
            "extensions": {"code": "CURSOR_EXPIRED", "requestId": ANY},
        }
        assert await client.receive() == {"id": "1", "type": "error", "payload": [expired]}
        await client.subscribe("2", EVENTS, after="nonsense")
        malformed = {
            "message": "This is not a cursor of the event log.",
            "extensions": {"code": "BAD_USER_INPUT", "requestId": ANY},
        }
        assert await client.receive() == {"id": "2", "type": "error", "payload": [malformed]}


async def test_an_event_is_shown_to_its_owner_only(graph: LiveGraph) -> None:
    async with graph.connect() as client, graph.connect() as other:
        await client.initialise({"authorization": bearer("usr_1")})
        await other.initialise({"authorization": bearer("usr_2")})
        for each in (client, other):
            await each.subscribe("1", EVENTS)
        await graph.graph.running.reaches(2)
        await graph.append("a", owner="usr_1")
        await graph.append("b", owner="usr_2")
        assert [name for name, _ in await events(client, 1)] == ["a"]
        assert [name for name, _ in await events(other, 1)] == ["b"]
        assert await client.is_quiet()
        assert await other.is_quiet()


async def test_a_source_is_pulled_no_faster_than_the_client_reads(graph: LiveGraph) -> None:
    size = 100_000
    async with graph.connect(max_queue=1, compression=None) as client:
        await client.initialise()
        await client.subscribe("1", "subscription ($size: Int!) { payloads(size: $size) }", size=size)
        await graph.graph.running.reaches(1)
        pulled = await _settled(graph)
        assert pulled * size < 20_000_000  # what the kernel and the buffers of both ends hold
        for _ in range(pulled):
            assert len((await client.receive())["payload"]["data"]["payloads"]) == size
        assert graph.graph.pulled > pulled
        client.connection.transport.abort()
    await graph.graph.running.reaches(0)


async def _settled(graph: LiveGraph) -> int:
    """How often the source was pulled, once the client's buffers are full."""
    pulled = -1
    while pulled != graph.graph.pulled:
        pulled = graph.graph.pulled
        await asyncio.sleep(0.1)  # nothing tells when the kernel's buffers have filled up
    return pulled


async def test_a_client_that_reads_nothing_does_not_hold_up_another(graph: LiveGraph) -> None:
    async with graph.connect(max_queue=1, compression=None) as stuck, graph.connect() as client:
        await stuck.initialise()
        await stuck.subscribe("1", "subscription { payloads(size: 1000000) }")
        await graph.graph.running.reaches(1)
        await client.initialise({"authorization": bearer()})
        await client.subscribe("1", EVENTS)
        await graph.graph.running.reaches(2)
        for number in range(500):
            await graph.append(str(number))
        assert [name for name, _ in await events(client, 500)] == [str(number) for number in range(500)]
        stuck.connection.transport.abort()
        await graph.graph.running.reaches(1)


async def test_a_new_token_may_come_while_an_operation_waits_to_tell_its_error(graph: LiveGraph) -> None:
    async with graph.connect(max_queue=1, compression=None) as client:
        await client.initialise({"authorization": bearer()})
        await client.subscribe("failing", EVENTS)
        await graph.graph.running.reaches(1)
        await client.subscribe("flood", "subscription { payloads(size: 1000000) }")
        await graph.graph.running.reaches(2)
        await _settled(graph)
        principal = graph.graph.contexts[0].identity
        graph.revocations.revoke(principal.token_id, principal.expires_at)
        await graph.append("a")
        await graph.graph.running.reaches(1)
        await client.send({"type": "ping", "payload": {"authorization": bearer()}})
        told: list[object] = []
        while len(told) < 2:
            message = await client.receive()
            if message.get("id") != "flood":
                told.append(message)
        error = {"message": "The token has been revoked.", "extensions": {"code": "UNAUTHENTICATED", "requestId": ANY}}
        assert told == [
            {"id": "failing", "type": "error", "payload": [error]},
            {"type": "pong", "payload": {"authenticated": True}},
        ]
        client.connection.transport.abort()


async def test_a_client_that_takes_nothing_for_too_long_is_given_up() -> None:
    settings = WebSocketSettings(ping_interval=0.1, silence_timeout=0.3)
    async with live_graph(settings) as graph, graph.connect(max_queue=1, compression=None) as stuck:
        await stuck.initialise()
        await stuck.subscribe("1", "subscription { payloads(size: 1000000) }")
        await graph.graph.running.reaches(1)
        await graph.graph.running.reaches(0)
        stuck.connection.transport.abort()
        await graph.server.idle()


async def test_a_thousand_clients_get_every_event_in_order_and_leave_nothing_behind() -> None:
    patient = WebSocketSettings(init_timeout=60, ping_interval=60, silence_timeout=120)

    async def follow(client: Client) -> dict[str, list[str]]:
        seen: dict[str, list[str]] = {"shared": [], "own": []}
        for message in await client.transcript(11):
            seen[message["id"]].append(message["payload"]["data"]["events"]["id"])
        return seen

    shared = [str(number) for number in range(10)]
    async with live_graph(patient) as graph:
        with no_task_left():
            async with AsyncExitStack() as stack:
                clients = [await stack.enter_async_context(graph.connect(compression=None)) for _ in range(1000)]
                for number, client in enumerate(clients):
                    await client.initialise({"authorization": bearer()})
                    await client.subscribe("shared", EVENTS, subject="shared")
                    await client.subscribe("own", EVENTS, subject=f"tsk_{number}")
                await graph.graph.running.reaches(2000)
                followers = [asyncio.create_task(follow(client)) for client in clients]
                for name in shared:
                    await graph.append(name, subject="shared")
                for number in range(1000):
                    await graph.append(f"for {number}", subject=f"tsk_{number}")
                assert await asyncio.gather(*followers) == [
                    {"shared": shared, "own": [f"for {number}"]} for number in range(1000)
                ]
            await graph.server.idle()
        assert (graph.graph.running.value, graph.log.readers) == (0, 0)
