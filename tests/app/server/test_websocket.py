"""graphql-transport-ws, message by message, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from unittest.mock import ANY

import pytest
import websockets

from app.server.websocket import WebSocketSettings
from tests.app.server.live_graph import Client, LiveGraph, bearer, live_graph, no_task_left


@pytest.fixture
async def graph() -> AsyncIterator[LiveGraph]:
    async with live_graph() as graph:
        yield graph


@pytest.fixture
async def client(graph: LiveGraph) -> AsyncIterator[Client]:
    """A client that is known as usr_1."""
    async with graph.connect() as client:
        await client.initialise({"authorization": bearer()})
        yield client


def error(message: str, code: str, **more: object) -> dict[str, object]:
    return {"message": message, "extensions": {"code": code, "requestId": ANY}, **more}


async def test_a_query_gives_one_result_and_completes(client: Client) -> None:
    await client.subscribe("1", "query Q($name: String!) { greet(name: $name) me }", name="Ada")
    assert await client.transcript(2) == [
        {"id": "1", "type": "next", "payload": {"data": {"greet": "Hello, Ada!", "me": "usr_1"}}},
        {"id": "1", "type": "complete"},
    ]


async def test_a_mutation_gives_one_result_and_completes(graph: LiveGraph, client: Client) -> None:
    graph.graph.may_finish.set()
    await client.subscribe("1", "mutation { finish }")
    assert await client.transcript(2) == [
        {"id": "1", "type": "next", "payload": {"data": {"finish": True}}},
        {"id": "1", "type": "complete"},
    ]


async def test_a_subscription_gives_its_results_in_order_and_completes(client: Client) -> None:
    await client.subscribe("a", "subscription { count(to: 3) }")
    assert await client.transcript(4) == [
        {"id": "a", "type": "next", "payload": {"data": {"count": 0}}},
        {"id": "a", "type": "next", "payload": {"data": {"count": 1}}},
        {"id": "a", "type": "next", "payload": {"data": {"count": 2}}},
        {"id": "a", "type": "complete"},
    ]


async def test_the_operation_is_chosen_by_name(client: Client) -> None:
    payload = {
        "query": "query A { greet } query B { me }",
        "operationName": "B",
        "variables": None,
        "extensions": {"a": 1},
    }
    await client.send({"id": "1", "type": "subscribe", "payload": payload})
    assert await client.receive() == {"id": "1", "type": "next", "payload": {"data": {"me": "usr_1"}}}


async def test_errors_of_fields_come_with_the_data(client: Client) -> None:
    await client.subscribe("1", "{ greet fail }")
    failed = error("There is no such thing.", "NOT_FOUND", path=["fail"], locations=[{"line": 1, "column": 9}])
    assert await client.transcript(2) == [
        {"id": "1", "type": "next", "payload": {"data": {"greet": "Hello, world!", "fail": None}, "errors": [failed]}},
        {"id": "1", "type": "complete"},
    ]


@pytest.mark.parametrize(
    ("query", "message", "code"),
    [
        ("{ greet", "Syntax Error: Expected Name, found <EOF>.", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "Cannot query field 'nothing' on type 'Query'.", "GRAPHQL_VALIDATION_FAILED"),
        (
            "query ($name: String!) { greet(name: $name) }",
            "Variable '$name' has invalid value: Expected a value of non-null type 'String!' to be provided.",
            "BAD_USER_INPUT",
        ),
        (
            "query A { greet } query B { me }",
            "The document has several operations: say which by operationName.",
            "OPERATION_RESOLUTION_FAILURE",
        ),
        ("subscription { refused }", "There is nothing to follow.", "NOT_FOUND"),
        ("subscription { breaks(after: 0) }", "Internal server error", "INTERNAL_SERVER_ERROR"),
    ],
)
async def test_what_fails_before_there_is_a_result_is_an_error_message(
    client: Client, query: str, message: str, code: str
) -> None:
    await client.subscribe("1", query)
    answer = await client.receive()
    [told] = answer.pop("payload")
    assert answer == {"id": "1", "type": "error"}
    assert (told["message"], told["extensions"]) == (message, {"code": code, "requestId": ANY})
    assert await client.is_quiet()


async def test_a_source_that_fails_ends_its_subscription_only(client: Client) -> None:
    await client.subscribe("1", "subscription { breaks(after: 1) }")
    assert await client.transcript(2) == [
        {"id": "1", "type": "next", "payload": {"data": {"breaks": 0}}},
        {"id": "1", "type": "error", "payload": [error("Internal server error", "INTERNAL_SERVER_ERROR")]},
    ]
    await client.subscribe("1", "{ greet }")
    assert (await client.receive())["type"] == "next"


async def test_an_id_may_be_used_again_once_its_operation_has_ended(client: Client) -> None:
    for _ in range(50):
        await client.subscribe("1", "{ greet }")
        assert [message["type"] for message in await client.transcript(2)] == ["next", "complete"]


async def test_an_id_in_use_closes_the_socket(client: Client) -> None:
    await client.subscribe("1", "subscription { events { id } }")
    await client.subscribe("1", "{ greet }")
    assert await client.closed() == (4409, "Subscriber for 1 already exists")


async def test_operations_run_side_by_side(graph: LiveGraph, client: Client) -> None:
    await client.subscribe("slow", "mutation { finish }")
    await client.subscribe("quick", "{ greet }")
    assert [message["id"] for message in await client.transcript(2)] == ["quick", "quick"]
    graph.graph.may_finish.set()
    assert [message["id"] for message in await client.transcript(2)] == ["slow", "slow"]


async def test_complete_stops_the_operation_and_nothing_is_sent_after(graph: LiveGraph, client: Client) -> None:
    await client.subscribe("1", "subscription { events { id } }")
    await graph.graph.running.reaches(1)
    await graph.append("a")
    assert (await client.receive())["payload"] == {"data": {"events": {"id": "a"}}}
    await client.send({"id": "1", "type": "complete"})
    assert await client.is_quiet()
    await graph.graph.running.reaches(0)
    await graph.append("b")
    assert await client.is_quiet()
    await client.subscribe("1", "subscription { count(to: 1) }")
    assert (await client.receive())["payload"] == {"data": {"count": 0}}


async def test_complete_stops_a_query(graph: LiveGraph, client: Client) -> None:
    await client.subscribe("1", "{ hang }")
    await graph.graph.running.reaches(1)
    await client.send({"id": "1", "type": "complete"})
    assert await client.is_quiet()
    await graph.graph.running.reaches(0)


async def test_a_mutation_that_began_is_finished_though_nobody_waits_for_it(graph: LiveGraph, client: Client) -> None:
    await client.subscribe("1", "mutation { finish }")
    await graph.graph.running.reaches(1)
    await client.send({"id": "1", "type": "complete"})
    assert await client.is_quiet()
    await client.connection.close()
    graph.graph.may_finish.set()
    await asyncio.wait_for(graph.graph.finished.wait(), 5)


async def test_complete_of_an_unknown_operation_is_ignored(client: Client) -> None:
    await client.send({"id": "nothing", "type": "complete"})
    assert await client.is_quiet()


async def test_pings_are_answered_at_any_time(graph: LiveGraph) -> None:
    async with graph.connect() as client:
        await client.send({"type": "ping"}, {"type": "pong"}, {"type": "ping", "payload": {"at": 1}})
        assert await client.transcript(2) == [{"type": "pong"}, {"type": "pong", "payload": {"at": 1}}]
        await client.initialise()
        await client.send({"type": "ping", "payload": None}, {"type": "pong", "payload": {}})
        assert await client.receive() == {"type": "pong"}


async def test_the_server_pings_and_drops_a_client_that_does_not_answer() -> None:
    async with (
        live_graph(WebSocketSettings(ping_interval=0.02, silence_timeout=0.5)) as graph,
        graph.connect() as client,
    ):
        await client.initialise()
        for _ in range(3):
            assert await client.receive() == {"type": "ping"}
            await client.send({"type": "pong"})
        assert await client.receive() == {"type": "ping"}
        assert await client.closed() == (4408, "The client does not answer")


async def test_more_operations_than_allowed_are_refused_one_by_one() -> None:
    async with live_graph(WebSocketSettings(max_operations=2)) as graph, graph.connect() as client:
        await client.initialise({"authorization": bearer()})
        for id_ in ("1", "2", "3"):
            await client.subscribe(id_, "subscription { events { id } }")
        refused = error("More than 2 operations on one socket.", "TOO_MANY_OPERATIONS")
        assert await client.receive() == {"id": "3", "type": "error", "payload": [refused]}
        await client.send({"id": "2", "type": "complete"})
        assert await client.is_quiet()
        await client.subscribe("3", "{ greet }")
        assert (await client.receive())["payload"] == {"data": {"greet": "Hello, world!"}}


async def test_a_query_has_a_time_limit() -> None:
    async with live_graph(seconds=0.05) as graph, graph.connect() as client:
        await client.initialise()
        await client.subscribe("1", "{ hang }")
        late = error("The request took longer than 0.05 seconds.", "REQUEST_TIMEOUT")
        assert await client.receive() == {"id": "1", "type": "error", "payload": [late]}


async def test_without_the_subprotocol_the_socket_is_closed(graph: LiveGraph) -> None:
    async with graph.connect(subprotocols=[]) as client:
        assert await client.closed() == (4406, "Subprotocol not acceptable")
    async with graph.connect(subprotocols=["graphql-ws"]) as client:
        assert await client.closed() == (4406, "Subprotocol not acceptable")
    async with graph.connect(subprotocols=["graphql-ws", "graphql-transport-ws"]) as client:
        assert client.connection.subprotocol == "graphql-transport-ws"


async def test_a_client_that_does_not_initialise_is_dropped() -> None:
    async with live_graph(WebSocketSettings(init_timeout=0.05)) as graph, graph.connect() as client:
        await client.send({"type": "ping"})
        assert await client.receive() == {"type": "pong"}
        assert await client.closed() == (4408, "Connection initialisation timeout")


async def test_a_second_initialisation_closes_the_socket(client: Client) -> None:
    await client.send({"type": "connection_init"})
    assert await client.closed() == (4429, "Too many initialisation requests")


async def test_an_operation_before_the_acknowledgement_closes_the_socket(graph: LiveGraph) -> None:
    async with graph.connect() as client:
        await client.subscribe("1", "{ greet }")
        assert await client.closed() == (4401, "Unauthorized")


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "null",
        "[]",
        '"ping"',
        "{}",
        '{"type": 1}',
        '{"type": "start"}',
        '{"type": "next", "id": "1", "payload": {}}',
        '{"type": "ping", "payload": 1}',
        '{"type": "complete"}',
        '{"type": "subscribe", "payload": {"query": "{ greet }"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ greet }"}}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ greet }"}}',
        '{"type": "subscribe", "id": "1"}',
        '{"type": "subscribe", "id": "1", "payload": {}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ greet }", "variables": []}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ greet }", "operationName": 1}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ greet }", "extensions": "x"}}',
        '{"type": "ping", "payload": {"authorization": ["Bearer x"]}}',
        '{"type":' + "[" * 100_000,
        b'{"type": "ping"}',
    ],
)
async def test_an_invalid_message_closes_the_socket(client: Client, message: str | bytes) -> None:
    await client.send(message)
    code, reason = await client.closed()
    assert code == 4400
    assert reason.startswith("Invalid message: ")
    assert len(reason.encode()) <= 123


async def test_a_message_that_is_too_long_closes_the_socket(client: Client) -> None:
    message = '{"type":"ping","payload":{"x":"%s"}}'
    await client.send(message % ("é" * 499_983))
    assert (await client.receive())["type"] == "pong"
    await client.send(message % ("é" * 499_984))
    assert await client.closed() == (1009, "The message is longer than 1000000 bytes")


async def test_the_operations_of_a_client_that_left_are_stopped_and_leave_no_task(graph: LiveGraph) -> None:
    with no_task_left():
        async with graph.connect() as client:
            await client.initialise({"authorization": bearer()})
            for number in range(20):
                await client.subscribe(f"s{number}", "subscription { events { id } }")
            await client.subscribe("q", "{ hang }")
            await graph.graph.running.reaches(21)
            assert graph.log.readers == 20
            client.connection.transport.abort()
        await graph.server.idle()
        assert (graph.graph.running.value, graph.log.readers) == (0, 0)


async def test_a_server_that_stops_closes_its_sockets(graph: LiveGraph, client: Client) -> None:
    await client.subscribe("1", "subscription { events { id } }")
    await graph.graph.running.reaches(1)
    await graph.server.stop()
    code, _ = await client.closed()
    assert code == 1012
    assert (graph.graph.running.value, graph.log.readers) == (0, 0)


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 101),
        ("http://127.0.0.1:{port}", 101),
        ("https://127.0.0.1:{port}", 101),
        ("https://studio.example", 101),
        ("https://evil.example", 403),
        ("http://127.0.0.1", 403),
        ("http://127.0.0.1:{port}.evil.example", 403),
        ("https://studio.example.evil.example", 403),
        ("null", 403),
        ("http://[", 403),
        ("", 403),
    ],
)
async def test_a_page_of_another_origin_may_not_connect(origin: str | None, status: int) -> None:
    async with live_graph(WebSocketSettings(allowed_origins=["https://studio.example"])) as graph:
        headers = {} if origin is None else {"Origin": origin.format(port=graph.server.port)}
        try:
            async with graph.connect(headers=headers) as client:
                await client.initialise()
            answered = 101
        except websockets.InvalidStatus as refused:
            answered = refused.response.status_code
        assert answered == status


async def test_any_origin_may_connect_where_all_are_allowed() -> None:
    async with (
        live_graph(WebSocketSettings(allowed_origins=["*"])) as graph,
        graph.connect(headers={"Origin": "https://anywhere.example"}) as client,
    ):
        await client.initialise()
