"""The guard: connections that send nothing, too much or too slowly are ended, and nobody else is."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.server.direct import direct_protocol
from app.server.guard import MAX_HEAD_BYTES, PIECE_BYTES, ConnectionLimits, GuardedProtocol
from tests.app.server.serving import Serving, serving
from tests.app.server.small_graph import MAX_BODY, Work, an_endpoint
from tests.app.server.test_direct import a_request, an_answer
from tests.attacks.floods import HANDSHAKE, HEAD

SECONDS = 5
LARGE = b"x" * 20_000_000


def post(size: int) -> bytes:
    head = b"POST /elsewhere HTTP/1.1\r\nhost: gateway\r\ncontent-length: %d\r\n\r\n"
    return head % size + b"x" * size


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Says what it was sent; `/large` gives more than the system's buffers hold."""
    request = Request(scope, receive)
    sent = await request.body()
    content = LARGE if request.url.path == "/large" else b"%d bytes" % len(sent)
    await Response(content)(scope, receive, send)


@asynccontextmanager
async def guarded(limits: ConnectionLimits, elsewhere: ASGIApp = app) -> AsyncIterator[Serving]:
    protocol = direct_protocol(
        "/graphql",
        an_endpoint(Work()),
        max_body_bytes=MAX_BODY,
        serves_any_origin=True,
        headers=[(b"x-content-type-options", b"nosniff")],
        limits=limits,
    )
    async with serving(elsewhere, protocol) as server:
        yield server


@pytest.fixture
async def hasty() -> AsyncIterator[Serving]:
    """A server that waits a moment only."""
    async with guarded(ConnectionLimits(timeout=0.1, patience=0.1)) as server:
        yield server


@pytest.fixture
async def patient() -> AsyncIterator[Serving]:
    """A server that waits for longer than a test takes."""
    async with guarded(ConnectionLimits(timeout=60, pause=0)) as server:
        yield server


async def all_answers(server: Serving, *sent: bytes) -> bytes:
    """Everything that comes until the server ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        async with asyncio.timeout(SECONDS):
            for piece in sent:
                writer.write(piece)
                await writer.drain()
            return await reader.read()
    finally:
        writer.close()


def told(answer: bytes) -> tuple[int, str]:
    """The status and the code of one refusal."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"connection: close" in head.split(b"\r\n")
    assert b"x-content-type-options: nosniff" in head.split(b"\r\n")
    (error,) = json.loads(body)["errors"]
    return int(head.split()[1]), error["extensions"]["code"]


async def test_who_sends_nothing_is_left(hasty: Serving) -> None:
    assert await all_answers(hasty) == b""


@pytest.mark.parametrize(
    "begun",
    [
        b"GET",
        b"POST /graphql HTTP/1.1\r\nhost: gateway\r\nx-a: ",
        a_request("{ greet }")[:-1],
        a_request("{ greet }", target="/elsewhere")[:-1],
        b"POST /elsewhere HTTP/1.1\r\nhost: gateway\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
    ],
)
async def test_who_does_not_go_on_is_told(hasty: Serving, begun: bytes) -> None:
    assert told(await all_answers(hasty, begun)) == (408, "REQUEST_NOT_SENT")


async def test_a_head_may_not_come_drop_by_drop(hasty: Serving) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.port)
    writer.write(b"GET / HTTP/1.1\r\n")

    dripping = asyncio.create_task(_drip(writer, b"x-a: b\r\n"))
    async with asyncio.timeout(SECONDS):
        assert told(await reader.read()) == (408, "REQUEST_NOT_SENT")
    dripping.cancel()
    writer.close()


async def test_lines_between_requests_keep_no_connection(hasty: Serving) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.port)
    dripping = asyncio.create_task(_drip(writer, b"\r\n"))
    async with asyncio.timeout(SECONDS):
        with suppress(ConnectionResetError):  # by what came when it was closed
            assert await reader.read() == b""
    dripping.cancel()
    writer.close()


async def _drip(writer: asyncio.StreamWriter, drop: bytes) -> None:
    while True:
        writer.write(drop)
        await asyncio.sleep(0.02)


async def test_a_body_that_comes_fast_enough_may_take_longer_than_the_limit(hasty: Serving) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.port)
    writer.write(b"POST /elsewhere HTTP/1.1\r\nhost: gateway\r\ncontent-length: 10000\r\n\r\n")
    async with asyncio.timeout(SECONDS):
        for _ in range(20):  # half a second in all
            writer.write(b"x" * 500)
            await asyncio.sleep(0.025)
        assert (await an_answer(reader))[2] == b"10000 bytes"
    writer.close()


@pytest.mark.parametrize(
    "head",
    [
        [b"GET / HTTP/1.1\r\nx-a: " + b"a" * (MAX_HEAD_BYTES + PIECE_BYTES) + b"\r\n\r\n"],
        [b"GET / HTTP/1.1\r\nx-a: ", *[b"a" * 50_000] * 10],
        [b"GET /" + b"a" * (MAX_HEAD_BYTES + PIECE_BYTES) + b" HTTP/1.1\r\n\r\n"],
        [b"GET / HTTP/1.1\r\n", *[b"x-a: abcdefgh\r\n" * 1000] * 20],
    ],
    ids=["header", "endless header", "url", "headers"],
)
async def test_a_long_head_is_refused(patient: Serving, head: list[bytes]) -> None:
    assert told(await all_answers(patient, *head)) == (431, "HEADERS_TOO_LARGE")


async def test_a_large_body_in_one_piece_is_no_long_head(patient: Serving) -> None:
    body = b"x" * 200_000
    head = b"POST /elsewhere HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)

    assert (await all_answers(patient, head + body)).endswith(b"200000 bytes")


async def test_requests_that_wait_are_answered_in_order_however_many_there_are(patient: Serving) -> None:
    sizes = [number % 97 for number in range(5000)]
    reader, writer = await asyncio.open_connection("127.0.0.1", patient.port)
    async with asyncio.timeout(SECONDS):
        writer.write(b"".join(map(post, sizes)))
        assert [(await an_answer(reader))[2] for _ in sizes] == [b"%d bytes" % size for size in sizes]
    writer.close()


async def test_half_a_request_behind_others_is_answered_when_the_rest_of_it_has_come(patient: Serving) -> None:
    last = post(3 * PIECE_BYTES)
    reader, writer = await asyncio.open_connection("127.0.0.1", patient.port)
    async with asyncio.timeout(SECONDS):
        writer.write(post(0) * 100 + last[: 2 * PIECE_BYTES])
        assert [(await an_answer(reader))[2] for _ in range(100)] == [b"0 bytes"] * 100
        writer.write(last[2 * PIECE_BYTES :])
        assert (await an_answer(reader))[2] == b"%d bytes" % (3 * PIECE_BYTES)
    writer.close()


async def test_who_sends_on_without_waiting_waits_longer(hasty: Serving) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.port)
    began = time.monotonic()
    async with asyncio.timeout(SECONDS):
        writer.write(post(0) * 11)
        for _ in range(11):
            await an_answer(reader)
    assert time.monotonic() - began >= 10 * ConnectionLimits().pause / 2
    writer.close()


async def test_who_waits_and_leaves_is_forgotten(patient: Serving) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", patient.port)
    async with asyncio.timeout(SECONDS):
        writer.write(post(0) * 5000)
        await an_answer(reader)
        writer.transport.abort()
        await _until(lambda: not patient.server.server_state.connections)
        await _until(lambda: not patient.server.server_state.tasks)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5, 5\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: +5\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length : 5\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nhost: a\r\nx-a: a\r\n content-length: 5\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        b"GET / HTTP/1.1\nhost: a\n\n",
        b"GET / HTTP/1.1\r\nx-a: a\x00b\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 100,
    ],
)
async def test_what_can_be_read_in_two_ways_is_refused(patient: Serving, request_bytes: bytes) -> None:
    assert told(await all_answers(patient, request_bytes)) == (400, "BAD_REQUEST")


async def test_a_body_after_an_upgrade_is_not_taken_for_a_request(patient: Serving) -> None:
    smuggled = b"GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n"
    head = b"POST / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: h2c\r\ncontent-length: %d\r\n\r\n"

    answer = await all_answers(patient, head % len(smuggled), smuggled)

    assert told(answer) == (400, "UPGRADE_NOT_SUPPORTED")


async def test_who_takes_no_answer_is_given_up(hasty: Serving) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.port, limit=1)
    writer.write(b"GET /large HTTP/1.1\r\nhost: gateway\r\n\r\n")
    await _until(lambda: not hasty.server.server_state.connections)
    writer.close()
    assert not reader.at_eof()


async def test_who_takes_a_large_answer_has_it(patient: Serving) -> None:
    answer = await all_answers(patient, b"GET /large HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\r\n")

    assert answer.endswith(LARGE)


async def test_more_connections_than_may_be_are_refused() -> None:
    async with guarded(ConnectionLimits(max_connections=2, timeout=60)) as server:
        kept = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2)]
        for _, writer in kept:
            writer.write(post(0)[:1])
        assert told(await all_answers(server)) == (503, "TOO_MANY_CONNECTIONS")
        for reader, writer in kept:
            writer.write(post(0)[1:])
            assert (await an_answer(reader))[2] == b"0 bytes"
            writer.close()


async def test_who_sends_too_slowly_makes_room_the_oldest_first() -> None:
    async with guarded(ConnectionLimits(max_connections=5, timeout=2)) as server:
        silent, in_head, in_body, quick, served = [
            await asyncio.open_connection("127.0.0.1", server.port) for _ in range(5)
        ]
        in_head[1].write(post(0)[:1])
        in_body[1].write(post(100_000)[:200])
        quick[1].write(post(100_000)[:90_000])
        served[1].write(post(0))
        assert (await an_answer(served[0]))[0] == 200
        assert told(await all_answers(server)) == (503, "TOO_MANY_CONNECTIONS"), "they have had no time yet"
        await asyncio.sleep(0.3)

        newcomers = []
        for reader, answer in ((silent[0], None), (in_head[0], 503), (in_body[0], 503)):
            newcomers.append(await asyncio.open_connection("127.0.0.1", server.port))
            newcomers[-1][1].write(post(0))
            assert (await an_answer(newcomers[-1][0]))[0] == 200
            async with asyncio.timeout(SECONDS):
                ended = await reader.read()
            assert (told(ended) if ended else (None, "")) == (answer, "TOO_MANY_CONNECTIONS" if answer else "")
        assert told(await all_answers(server)) == (503, "TOO_MANY_CONNECTIONS"), "nobody sends too slowly"
        quick[1].write(post(100_000)[90_000:])
        assert (await an_answer(quick[0]))[2] == b"100000 bytes"
        for _, writer in (silent, in_head, in_body, quick, served, *newcomers):
            writer.close()


async def test_who_has_been_served_is_no_newcomer(patient: Serving) -> None:
    protocol = patient.server.config.http_protocol_class
    assert issubclass(protocol, GuardedProtocol)
    newcomers = protocol.newcomers
    for sent in (post(0), a_request("{ greet }"), HANDSHAKE + b"\r\n", HEAD, b"hello\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", patient.port)
        await _until(lambda: len(newcomers) == 1)
        writer.write(sent)
        if sent != HEAD:
            await reader.readuntil(b"\r\n\r\n")
            assert not newcomers or sent.startswith(b"hello")
        writer.close()
        await _until(lambda: not newcomers)


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not is_so():  # noqa: ASYNC110 -- the server has no word for it
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "sent", [post(0), a_request("{ greet }"), a_request("{ greet }" + " " * 6000)], ids=["asgi", "direct", "a long one"]
)
async def test_a_connection_without_a_request_is_kept_as_long_as_the_server_says(hasty: Serving, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.port)
    for _ in range(2):
        writer.write(sent)
        assert (await an_answer(reader))[0] == 200
    await asyncio.sleep(0.3)
    assert not reader.at_eof(), "uvicorn keeps connections for 5 s"
    writer.close()

    hasty.server.config.timeout_keep_alive = 0
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.port)
    writer.write(sent)
    assert (await an_answer(reader))[0] == 200
    async with asyncio.timeout(SECONDS):
        assert await reader.read() == b""
    writer.close()
