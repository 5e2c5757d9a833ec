"""The direct way in: it answers as ASGI does, gives way to ASGI for all else, and loses nobody."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.server.direct import direct_protocol
from app.server.endpoint import GraphQLEndpoint
from app.server.middleware import middleware, security_headers
from app.server.received import Answer, Received
from app.server.time_limit import WATCH_AFTER_SECONDS
from app.settings import Settings
from tests.app.server.live_graph import bearer
from tests.app.server.serving import Serving, serving
from tests.app.server.small_graph import GRAPHQL, JSON, MAX_BODY, Work, an_endpoint, error
from tests.garbage import garbage


@dataclass
class Graph:
    """A small graph that is served, and how often it was asked by ASGI."""

    serving: Serving
    endpoint: GraphQLEndpoint
    work: Work
    by_asgi: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.serving.port}"

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.serving.port)
        try:
            yield reader, writer
        finally:
            writer.close()


@asynccontextmanager
async def a_graph(*, share: bool = True, seconds: float = 10.0, origins: tuple[str, ...] = ()) -> AsyncIterator[Graph]:
    settings = Settings(cors_origins=list(origins))
    work = Work()
    endpoint = an_endpoint(work, share=share, timeout=seconds)
    app = Starlette(routes=[Route("/graphql", endpoint)], middleware=middleware(settings))
    protocol = direct_protocol(
        "/graphql",
        endpoint,
        max_body_bytes=MAX_BODY,
        serves_any_origin=not origins,
        headers=security_headers(settings),
    )
    graph: Graph

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        graph.by_asgi += 1
        await app(scope, receive, send)

    async with serving(counted, protocol) as server:
        graph = Graph(server, endpoint, work)
        yield graph


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with a_graph() as graph:
        yield graph


def a_request(query: str, *headers: str, target: str = "/graphql", method: str = "POST") -> bytes:
    body = json.dumps({"query": query}).encode()
    head = [f"{method} {target} HTTP/1.1", "host: gateway", f"content-type: {JSON}", f"content-length: {len(body)}"]
    return "\r\n".join([*head, *headers, "", ""]).encode() + body


async def an_answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    return int(head[0].split()[1]), headers, await reader.readexactly(int(headers["content-length"]))


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b'{"query":"{ greet }"}', {}),
        (b'{"query":"{ greet }"}', {"Accept": "*/*"}),
        (b'{"query":"query Named { greet missing }"}', {"X-Request-ID": "r1"}),
        (b'{"query":"{ nothing }"}', {}),
        (b'{"query":"{"}', {}),
        (b'{"query":"subscription { ticks }"}', {}),
        (b'{"query":1}', {}),
        (b"not JSON", {}),
        (b"", {}),
        (b'{"query":"{ who }"}', {"Authorization": "Bearer nonsense"}),
        (b'{"query":"{ unserialisable }"}', {}),
    ],
)
async def test_it_answers_as_asgi_does(graph: Graph, content: bytes, headers: dict[str, str]) -> None:
    sent = {"Content-Type": JSON, "Accept": GRAPHQL, "X-Request-ID": "same", **headers}
    async with httpx.AsyncClient(base_url=graph.url) as client:
        direct = await client.post("/graphql", content=content, headers=sent)
        again = await client.post("/graphql", content=content, headers=sent)
        assert graph.by_asgi == 0
        by_asgi = await client.post("/graphql?", content=content, headers=sent)
        assert graph.by_asgi == 1

    assert (direct.status_code, direct.content) == (by_asgi.status_code, by_asgi.content)
    assert (again.status_code, again.content) == (by_asgi.status_code, by_asgi.content)
    assert sorted(set(direct.headers.items()) - {("date", direct.headers["date"])}) == sorted(
        set(by_asgi.headers.items()) - {("date", by_asgi.headers["date"])}
    )


async def test_what_needs_no_waiting_is_answered_at_once_when_it_comes_again(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    answer = graph.endpoint.answer

    async def slowly(request: Received) -> Answer:
        asked.append(request.operation)
        return await answer(request)

    monkeypatch.setattr(graph.endpoint, "answer", slowly)
    token = {"Authorization": bearer("u1")}
    async with httpx.AsyncClient(base_url=graph.url) as client:
        for query, headers, data in (
            ("{ __typename greet }", {}, {"__typename": "Query", "greet": "Hello, you"}),
            ("{ who }", token, {"who": "u1"}),
            ("{ missing }", {}, {"missing": None}),
        ):
            for _ in range(3):
                sent = await client.post("/graphql", json={"query": query}, headers=headers)
                assert sent.json()["data"] == data
            assert len(asked) == 1
            asked.clear()
        stranger = bearer("u2")
        for _ in range(2):
            sent = await client.post("/graphql", json={"query": "{ who }"}, headers={"Authorization": stranger})
        assert len(asked) == 1, "whoever was never seen is looked at"
        assert graph.endpoint.sharing.executed == 11
        for _ in range(2):
            sent = await client.post("/graphql", json={"query": "{ late }"})
            assert sent.json()["data"] == {"late": "in the end"}
        assert len(asked) == 3


async def test_what_is_answered_at_once_is_shared_by_those_who_come_in_the_same_turn(graph: Graph) -> None:
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(graph.socket()) for _ in range(5)]
        for _ in range(3):
            for _, writer in sockets:
                writer.write(a_request("{ greet }"))
            answers = [await an_answer(reader) for reader, _ in sockets]
            assert {(status, body) for status, _, body in answers} == {(200, b'{"data":{"greet":"Hello, you"}}')}
            assert len({headers["x-request-id"] for _, headers, _ in answers}) == 5
    counted = graph.endpoint.sharing
    assert counted.executed + counted.shared == 15
    assert counted.shared > 0
    assert counted.waiting == 0


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (a_request("{ greet }", method="PUT"), 405),
        (a_request("{ greet }", "accept: text/plain"), 406),
        (a_request("{ greet }", "accept: text/event-stream, */*;q=0.1"), 200),
        (a_request("{ greet }", "accept: */*, multipart/mixed;deferSpec=20220824"), 200),
        (a_request("{ greet }" + " " * MAX_BODY), 413),
        (a_request("{ greet }", *[f"x-{number}: 1" for number in range(100)]), 431),
        (a_request("{ greet }", target="/elsewhere"), 404),
        (a_request("{ greet }").replace(JSON.encode(), b"text/plain"), 415),
        (b"POST /graphql HTTP/1.1\r\n\r\n", 415),
        (a_request("{ greet }", "expect: 100-continue"), 100),
    ],
)
async def test_what_is_not_plain_goes_by_asgi(graph: Graph, request_bytes: bytes, status: int) -> None:
    async with graph.socket() as (reader, writer):
        writer.write(request_bytes)
        assert int((await reader.readline()).split()[1]) == status
    assert graph.by_asgi == 1


async def test_a_body_may_come_in_pieces(graph: Graph) -> None:
    async with graph.socket() as (reader, writer):
        for byte in a_request('{ greet(name: "piece") }'):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)
        assert (await an_answer(reader))[2] == b'{"data":{"greet":"Hello, piece"}}'


async def test_pipelined_requests_are_answered_in_order_by_either_way(graph: Graph) -> None:
    queries = ["{ wait }", '{ greet(name: "2") }', '{ greet(name: "3") }', '{ greet(name: "4") }']
    async with graph.socket() as (reader, writer):
        targets = ["/graphql", "/graphql", "/graphql?asgi", "/graphql"]
        writer.write(b"".join(a_request(query, target=target) for query, target in zip(queries, targets, strict=True)))
        await graph.work.begun.wait()
        graph.work.may_end.set()
        bodies = [json.loads((await an_answer(reader))[2])["data"] for _ in queries]

    assert bodies == [{"wait": "done"}, {"greet": "Hello, 2"}, {"greet": "Hello, 3"}, {"greet": "Hello, 4"}]


async def test_a_connection_is_kept_until_the_client_says_so(graph: Graph) -> None:
    async with graph.socket() as (reader, writer):
        writer.write(a_request("{ greet }"))
        _, kept, _ = await an_answer(reader)
        writer.write(a_request("{ greet }", "connection: close"))
        _, closed, _ = await an_answer(reader)
        assert await reader.read() == b""
    assert "connection" not in kept
    assert closed["connection"] == "close"


async def test_a_query_ends_with_its_client_and_a_mutation_does_not() -> None:
    async with a_graph() as graph:
        async with graph.socket() as (_, writer):
            writer.write(a_request("{ wait }"))
            await graph.work.begun.wait()
        await asyncio.wait_for(graph.work.cancelled.wait(), 5)
    async with a_graph() as graph:
        async with graph.socket() as (_, writer):
            writer.write(a_request("mutation { work }"))
            await graph.work.begun.wait()
        graph.work.may_end.set()
        await asyncio.wait_for(graph.work.ended.wait(), 5)


async def test_those_who_ask_the_same_share_one_execution_and_have_their_own_ids(graph: Graph) -> None:
    async with graph.socket() as (first, writer), graph.socket() as (second, other):
        writer.write(a_request("{ wait missing }", "x-request-id: r1"))
        await graph.work.begun.wait()
        other.write(a_request("{ wait missing }", "x-request-id: r2"))
        await _joined(graph)
        graph.work.may_end.set()
        answers = [await an_answer(first), await an_answer(second)]

    assert [headers["x-request-id"] for _, headers, _ in answers] == ["r1", "r2"]
    told = [json.loads(body)["errors"][0]["extensions"]["requestId"] for _, _, body in answers]
    assert told == ["r1", "r2"]
    assert (graph.work.runs, graph.endpoint.sharing.shared) == (1, 1)


async def test_the_next_executes_when_the_first_one_leaves(graph: Graph) -> None:
    async with graph.socket() as (reader, other):
        async with graph.socket() as (_, writer):
            writer.write(a_request("{ wait }"))
            await graph.work.begun.wait()
            other.write(a_request("{ wait }"))
            await _joined(graph)
        await asyncio.wait_for(graph.work.cancelled.wait(), 5)
        graph.work.may_end.set()
        assert (await an_answer(reader))[2] == b'{"data":{"wait":"done"}}'
    assert graph.work.runs == 2


async def test_one_of_those_who_share_may_leave(graph: Graph) -> None:
    async with graph.socket() as (reader, writer):
        writer.write(a_request("{ wait }"))
        await graph.work.begun.wait()
        async with graph.socket() as (_, other):
            other.write(a_request("{ wait }"))
            await _joined(graph)
        graph.work.may_end.set()
        assert (await an_answer(reader))[2] == b'{"data":{"wait":"done"}}'


async def test_mutations_that_are_the_same_are_each_run(graph: Graph) -> None:
    async with graph.socket() as (first, writer), graph.socket() as (second, other):
        writer.write(a_request("mutation { work }"))
        other.write(a_request("mutation { work }"))
        graph.work.may_end.set()
        assert [(await an_answer(reader))[2] for reader in (first, second)] == [b'{"data":{"work":"done"}}'] * 2
    assert graph.work.runs == 2


async def test_those_who_send_what_cannot_be_executed_are_each_told(graph: Graph) -> None:
    async with graph.socket() as (first, writer), graph.socket() as (second, other):
        writer.write(a_request("{"))
        other.write(a_request("{"))
        assert [(await an_answer(reader))[0] for reader in (first, second)] == [200, 200]
    assert not graph.endpoint.sharing.waiting


async def test_what_takes_too_long_is_answered_so() -> None:
    async with a_graph(seconds=0.05) as graph, httpx.AsyncClient(base_url=graph.url) as client:
        answer = await client.post("/graphql", json={"query": "{ wait }"}, headers={"X-Request-ID": "r1"})
        assert answer.status_code == 504
        assert answer.json() == {"errors": [error("The request took longer than 0.05 seconds.", "REQUEST_TIMEOUT")]}


async def test_what_takes_a_while_leaves_nothing_to_the_collector(graph: Graph) -> None:
    async with graph.socket() as (reader, writer):
        with garbage() as kinds:
            writer.write(a_request("{ wait }"))
            await asyncio.sleep(4 * WATCH_AFTER_SECONDS)
            graph.work.may_end.set()
            assert (await an_answer(reader))[0] == 200
            await asyncio.sleep(0)  # in which the watch on the client ends
    assert kinds == {}


async def test_a_page_of_another_origin_is_told_whether_it_may_read() -> None:
    async with a_graph(origins=("https://app.example",)) as graph, httpx.AsyncClient(base_url=graph.url) as client:
        answer = await client.post("/graphql", json={"query": "{ greet }"}, headers={"Origin": "https://app.example"})
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        assert graph.by_asgi == 1


async def test_what_is_being_worked_on_is_answered_before_the_server_stops(graph: Graph) -> None:
    async with graph.socket() as (reader, writer):
        writer.write(a_request("{ wait }"))
        await graph.work.begun.wait()
        stopping = asyncio.create_task(graph.serving.stop())
        await asyncio.sleep(0.2)  # the server looks ten times a second whether it is to stop
        graph.work.may_end.set()
        status, headers, body = await an_answer(reader)
        await stopping
    assert (status, headers["connection"], body) == (200, "close", b'{"data":{"wait":"done"}}')


async def test_a_request_leaves_one_line(graph: Graph, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="app.access")
    with structlog.testing.capture_logs() as lines:
        async with httpx.AsyncClient(base_url=graph.url) as client:
            answer = await client.post("/graphql", json={"query": "query Greeting { greet }"})
    (line,) = lines
    assert isinstance(line.pop("ms"), float)
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "POST",
        "path": "/graphql",
        "status": 200,
        "bytes": len(answer.content),
        "operation": "Greeting",
    }


async def _joined(graph: Graph) -> None:
    """Wait until the second request has been read, which came on another socket."""
    async with asyncio.timeout(5):
        while not graph.endpoint.sharing.waiting:  # noqa: ASYNC110 -- nothing in the server tells of it
            await asyncio.sleep(0.001)
