"""Clients that leave together are let go one after the other, so that others are served meanwhile."""

import asyncio
from typing import cast

import pytest
from starlette.types import Receive, Scope, Send

from app.server import leaving
from app.server.guard import ConnectionLimits
from app.server.leaving import behind_those_who_leave, let_go, let_one_go
from app.server.websocket.protocol import SocketProtocol
from tests.app.server.event_stream import EVENTS, streamed
from tests.app.server.live_graph import bearer, live_graph
from tests.app.server.serving import Serving, serving
from tests.app.server.test_direct import an_answer
from tests.app.server.test_guard import guarded, post
from tests.app.server.test_websocket_protocol import app as echo
from tests.attacks.floods import HANDSHAKE, HEAD, reset

MANY = 100
SECONDS = 5


async def most_in_a_turn(server: Serving, begun: bytes, *, is_answered: bool = False) -> int:
    """How many of those who begin so and leave together are let go in one turn of the event loop, at most."""
    opened = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(MANY)]
    for reader, writer in opened:
        writer.write(begun)
        if is_answered:
            await reader.readuntil(b"\r\n\r\n")
    there = server.server.server_state.connections
    async with asyncio.timeout(SECONDS):
        while len(there) < MANY:  # noqa: ASYNC110 -- the server has no word for it
            await asyncio.sleep(0)
        for _, writer in opened:
            writer.transport.abort()
        most = 0
        while before := len(there):
            await asyncio.sleep(0)
            most = max(most, before - len(there))
    return most


async def test_connections() -> None:
    async with guarded(ConnectionLimits()) as server:
        assert await most_in_a_turn(server, HEAD) == 1


async def test_connections_that_are_refused() -> None:
    async with guarded(ConnectionLimits()) as server:
        assert await most_in_a_turn(server, b"hello\r\n\r\n", is_answered=True) == 1


async def test_sockets() -> None:
    async with serving(echo, ws=SocketProtocol) as server:
        assert await most_in_a_turn(server, HANDSHAKE + b"\r\n", is_answered=True) == 1


class Endless:
    """An application that begins an answer, and goes on until the client leaves."""

    def __init__(self) -> None:
        self.ended = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        await receive()
        self.ended += 1


async def test_answers_that_go_on() -> None:
    async with guarded(ConnectionLimits(), Endless()) as server:
        assert await most_in_a_turn(server, post(0), is_answered=True) == 1


async def most_ended_in_a_turn(server: Serving, begun: bytes, app: Endless) -> int:
    """Of those who begin so and reset their connections together, how many are cleared up after in a turn, at most."""
    opened = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(MANY)]
    for reader, writer in opened:
        writer.write(begun)
        await reader.readuntil(b"\r\n\r\n")
    for _, writer in opened:
        reset(writer)
    most = 0
    async with asyncio.timeout(SECONDS):
        while (before := app.ended) < MANY:
            await asyncio.sleep(0)
            most = max(most, app.ended - before)
    assert not server.server.server_state.connections
    return most


async def test_answers_that_go_on_whose_connections_are_reset() -> None:
    async with guarded(ConnectionLimits(), app := Endless()) as server:
        assert await most_ended_in_a_turn(server, post(0), app) == 1


async def test_sockets_that_are_reset() -> None:
    async with serving(app := Endless(), ws=SocketProtocol) as server:
        assert await most_ended_in_a_turn(server, HANDSHAKE + b"\r\n", app) == 1


async def test_many_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "PATIENT", 10)
    monkeypatch.setattr(leaving, "PAUSE_SECONDS", SECONDS / 20)  # all of them would take too long
    async with guarded(ConnectionLimits()) as server:
        assert await most_in_a_turn(server, HEAD) == 1


class Plain(asyncio.Transport):
    """A connection without TLS."""

    def __init__(self) -> None:
        super().__init__()
        self.is_closed = False

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        self.is_closed = True


async def test_who_comes_comes_after_those_who_leave() -> None:
    await asyncio.wait_for(behind_those_who_leave(), SECONDS)
    there = [Plain() for _ in range(10)]
    assert all(let_go(each) for each in there[:-1])
    coming = asyncio.create_task(behind_those_who_leave())
    await asyncio.sleep(0)
    assert let_go(there[-1])
    await asyncio.wait_for(coming, SECONDS)
    assert [each.is_closed for each in there] == [True] * 9 + [False]
    await asyncio.wait_for(behind_those_who_leave(), SECONDS)
    assert there[-1].is_closed


async def test_who_has_gone_while_waiting_to_come_keeps_nobody_waiting() -> None:
    let_go(Plain())
    gone, coming = asyncio.create_task(behind_those_who_leave()), asyncio.create_task(behind_those_who_leave())
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait_for(coming, SECONDS)


async def test_whose_place_is_wanted_is_let_go_at_once_the_first_one_first() -> None:
    assert not let_one_go()
    first, second = Plain(), Plain()
    let_go(first)
    let_go(second)
    assert let_one_go()
    assert (first.is_closed, second.is_closed) == (True, False)
    await asyncio.wait_for(behind_those_who_leave(), SECONDS)
    assert second.is_closed
    assert not let_one_go()


async def test_where_there_are_too_many_who_comes_has_the_place_of_one_that_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leaving, "PAUSE_SECONDS", 2 * SECONDS)
    async with guarded(ConnectionLimits(max_connections=2, timeout=60)) as server:
        there = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2)]
        for reader, writer in there:
            writer.write(post(0))
            await an_answer(reader)
        there[0][1].write_eof()
        there[1][1].write(post(0))
        await an_answer(there[1][0])
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(post(0))
        assert (await an_answer(reader))[0] == 200
        for _, opened in [*there, (reader, writer)]:
            opened.close()


async def test_a_socket_comes_after_those_who_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "PAUSE_SECONDS", 0.3)
    async with live_graph() as graph:
        let_go(leaver := Plain())
        async with graph.connect():
            assert leaver.is_closed


async def test_an_event_stream_comes_after_those_who_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "PAUSE_SECONDS", 0.3)
    async with live_graph() as graph, graph.http(accept=EVENTS) as client:
        let_go(leaver := Plain())
        async with streamed(client, "subscription { count(to: 1) }"):
            assert leaver.is_closed


async def test_an_event_stream_that_was_reserved_does_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "PAUSE_SECONDS", 0.3)
    async with live_graph() as graph, graph.http(authorization=bearer()) as client:
        token = (await client.put("/graphql", headers={"accept": "text/plain"})).text
        let_go(leaver := Plain())
        async with client.stream("GET", "/graphql", headers={"accept": EVENTS, "x-graphql-event-stream-token": token}):
            assert leaver.is_closed


async def test_a_query_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "PAUSE_SECONDS", 2 * SECONDS)
    async with live_graph() as graph, graph.http() as client:
        let_go(leaver := Plain())
        assert (await client.post("/graphql", json={"query": "{ __typename }"})).status_code == 200
        assert not leaver.is_closed


class Encrypted(asyncio.Transport):
    def can_write_eof(self) -> bool:
        return False


async def test_who_leaves_a_connection_with_tls_is_let_go_at_once() -> None:
    assert not let_go(cast(asyncio.Transport, Encrypted()))
