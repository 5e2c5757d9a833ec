"""Connections that are opened to be held, flooded or not read cost others nothing, and the gateway little."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect

from tests.attacks.floods import (
    ASKED,
    BINARY,
    CLOSE,
    HANDSHAKE,
    HEAD,
    INIT,
    PING,
    PONG,
    TEXT,
    begin,
    frame,
    opened,
    send_without_end,
)
from tests.attacks.world import CLIENT_TIMEOUT, SECONDS, Fortress
from tests.gateway import SERVICE_KEY

MB = 1_000_000
PAGE = b'{"query":"{ viewer { roles } }"}'
SUBSCRIPTION = "subscription { notificationReceived { cursor } }"


def subscribe(id_: str, query: str = SUBSCRIPTION) -> str:
    return json.dumps({"id": id_, "type": "subscribe", "payload": {"query": query}})


@asynccontextmanager
async def a_socket(under: Fortress, *, is_begun: bool = True) -> AsyncIterator[ClientConnection]:
    """A socket, acknowledged if it is begun."""
    protocol = websockets.Subprotocol("graphql-transport-ws")
    async with connect(under.url.replace("http", "ws"), subprotocols=[protocol], max_size=None) as socket:
        if is_begun:
            authorization = {"authorization": f"Bearer {under.token()}"}
            await socket.send(json.dumps({"type": "connection_init", "payload": authorization}))
            assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        yield socket


async def closed_with(under: Fortress, *frames: bytes) -> int:
    """The code that a socket is closed with, soon after these frames."""
    async with asyncio.timeout(2 * SECONDS), opened(under, 1) as [(reader, writer)]:
        writer.write(HANDSHAKE + b"\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        writer.writelines(frames)
        return await closing_code(reader)


async def closing_code(reader: asyncio.StreamReader) -> int:
    """The code of the close frame that comes after others, all of them short."""
    while True:
        opcode, length = await reader.readexactly(2)
        content = await reader.readexactly(length)
        if opcode == 0x80 | CLOSE:
            return int.from_bytes(content[:2])


async def is_served(under: Fortress) -> bool:
    return (await under.post(PAGE)).status == 200


BEGUN = [
    b"POST /gra",
    HEAD + b"x-a: b\r\n",
    HEAD + b"content-length: 100\r\n\r\n{",
    HEAD.replace(b"/graphql", b"/events")
    + b"x-service-key: %b\r\n" % SERVICE_KEY.encode()
    + b"content-length: 9\r\n\r\n{",
    HEAD + b"transfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
    HEAD.replace(b"application/json", b"multipart/form-data; boundary=x")
    + b"graphql-preflight: 1\r\ncontent-length: 1000\r\n\r\n--x\r\n",
    HANDSHAKE,
]


async def test_a_thousand_who_send_no_more_are_left(under: Fortress) -> None:
    async with opened(under, 1000) as connections:
        for number, (_, writer) in enumerate(connections):
            writer.write([b"", *BEGUN][number % 8])
        assert await is_served(under)
        async with asyncio.timeout(CLIENT_TIMEOUT + 2 * SECONDS):
            answers = await asyncio.gather(*(reader.read() for reader, _ in connections))

    assert [answer[:12] for answer in answers] == ([b""] + [b"HTTP/1.1 408"] * len(BEGUN)) * 125


@pytest.mark.parametrize(
    "request_bytes",
    [
        HEAD + b"content-length: 32\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"content-length: 32\r\ncontent-length: 33\r\n\r\n" + PAGE,
        HEAD + b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        HEAD + b"connection: upgrade\r\nupgrade: h2c\r\ncontent-length: 32\r\n\r\n" + PAGE,
        HEAD.replace(b"\r\n", b"\n") + b"\n",
        HANDSHAKE + b"x-a: " + b"a" * 10_000 + b"\r\n\r\n",
        HANDSHAKE + b"x-a: b\r\n" * 200 + b"\r\n",
        HANDSHAKE.replace(b": 13", b": 1") + b"\r\n",
    ],
)
async def test_a_request_to_be_read_in_two_ways_ends_the_connection(under: Fortress, request_bytes: bytes) -> None:
    answer = await under.raw(request_bytes + b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n")

    assert answer[:10] == b"HTTP/1.1 4"
    assert answer.count(b"HTTP/1.1") == 1


async def test_who_asks_without_end_and_reads_nothing_takes_no_memory(under: Fortress) -> None:
    before = under.memory()
    async with opened(under, 20) as connections:
        for _, writer in connections:
            await send_without_end(writer, ASKED * 50, 0.1)
        assert await is_served(under)

    assert under.memory() - before < 60 * MB


@pytest.mark.parametrize("opcode", [PING, PONG, TEXT])
async def test_floods_of_small_frames_do_not_keep_others_waiting(under: Fortress, opcode: int) -> None:
    content = json.dumps({"type": "pong"}).encode() if opcode == TEXT else b""
    before = under.memory()

    async with opened(under, 1) as [(reader, writer)]:
        await begin(reader, writer)
        flooding = asyncio.create_task(send_without_end(writer, frame(opcode, content) * 10_000, SECONDS))
        for _ in range(5):
            assert await is_served(under)
        flooding.cancel()

    assert under.memory() - before < 60 * MB


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (frame(TEXT, b"x" * 2 * MB), 1009),
        (frame(TEXT, b"x" * MB, is_last=False) + frame(0, b"x" * MB), 1009),
        (frame(TEXT, b'"' + b"x" * 1_050_000 + b'"'), 1009),
        (frame(BINARY, b"\x00" * 100), 4400),
        (frame(TEXT, b"\xff\xfe"), 1007),
        (frame(TEXT, b"no JSON"), 4400),
        (frame(TEXT, b"[" * 100_000), 4400),
        (frame(TEXT, b'{"type":"connection_init","payload":' + b'{"a":' * 100_000), 4400),
        (frame(TEXT, b'{"type":"complete","id":""}'), 4400),
        (frame(TEXT, b'{"type":"__proto__"}'), 4400),
        (frame(TEXT | 0x40, b"\x00" * 100), 1002),
        (frame(PING, b"x" * 126), 1002),
        (frame(PING, is_last=False), 1002),
        (frame(3), 1002),
        (frame(0, b"x"), 1002),
        (frame(TEXT, INIT.encode()) * 2, 4429),
        (frame(TEXT, subscribe("1").encode()), 4401),
    ],
)
async def test_a_message_that_is_none_ends_the_socket(under: Fortress, frames: bytes, code: int) -> None:
    assert await closed_with(under, frames) == code


async def test_a_compressed_bomb_is_not_unpacked(under: Fortress) -> None:
    async with opened(under, 1) as [(reader, writer)]:
        writer.write(HANDSHAKE + b"sec-websocket-extensions: permessage-deflate\r\n\r\n")
        answer = await reader.readuntil(b"\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 101")
    assert b"permessage-deflate" not in answer.lower()


async def test_a_thousand_sockets_that_say_nothing_are_left(under: Fortress) -> None:
    async with opened(under, 1000) as connections:
        for _, writer in connections:
            writer.write(HANDSHAKE + b"\r\n")
        async with asyncio.timeout(20):  # three seconds of them to say who they are
            await asyncio.gather(*(reader.readuntil(b"\r\n\r\n") for reader, _ in connections))
            assert await is_served(under)
            codes = await asyncio.gather(*(closing_code(reader) for reader, _ in connections))

    assert set(codes) == {4408}


async def test_a_socket_has_a_hundred_operations(under: Fortress) -> None:
    async with a_socket(under) as socket:
        for number in range(1000):
            await socket.send(subscribe(f"{number}"))
        refused: list[str] = []
        while len(refused) < 900:
            message = json.loads(await socket.recv())
            if message["type"] == "error":
                refused.append(message["payload"][0]["extensions"]["code"])
        assert await is_served(under)

    assert set(refused) == {"TOO_MANY_OPERATIONS"}


async def test_one_id_is_not_used_twice(under: Fortress) -> None:
    async with a_socket(under) as socket:
        await socket.send(subscribe("1"))
        await socket.send(subscribe("1"))
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4409


async def test_hostile_documents_come_to_errors_on_sockets_too(under: Fortress) -> None:
    async with a_socket(under) as socket:
        for number, query in enumerate(
            ["{ " + "a " * 45_000 + "}", "{ a " * 4000, "{ viewer { " + "a " * 4900 + "} }"]
        ):
            await socket.send(subscribe(f"{number}", query))
        codes = {json.loads(await socket.recv())["payload"][0]["extensions"]["code"] for _ in range(3)}

    assert codes == {"MAX_TOKENS_LIMIT", "MAX_RECURSION_LIMIT", "MAX_OVERLAPS_LIMIT"}


async def test_a_caller_reserves_twenty_event_streams(under: Fortress) -> None:
    headers = {"authorization": f"Bearer {under.token('admin@example.com')}"}
    async with httpx.AsyncClient(timeout=10) as client:
        answers = [await client.put(under.url, headers=headers) for _ in range(200)]
    mine = {**headers, "authorization": f"Bearer {under.token()}"}

    assert [answer.status_code for answer in answers] == [201] * 20 + [429] * 180
    assert (await under.request("PUT", headers=mine)).status == 201


async def test_a_token_of_a_stream_cannot_be_guessed_or_taken(under: Fortress) -> None:
    headers = {"authorization": f"Bearer {under.token()}"}
    token = (await under.request("PUT", headers=headers)).body
    thief = {**headers, "authorization": f"Bearer {under.token('admin@example.com')}"}

    taken = await under.request("GET", headers={**thief, "x-graphql-event-stream-token": token})
    guessed = await under.request("GET", headers={**thief, "x-graphql-event-stream-token": "a" * 5000})

    assert (len(token), taken.verdict, guessed.verdict) == (43, (403, {"FORBIDDEN"}), (404, {"STREAM_NOT_FOUND"}))


async def test_streams_that_nobody_reads_are_held_without_memory(under: Fortress) -> None:
    before = under.memory()
    body = json.dumps({"query": SUBSCRIPTION}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\naccept: text/event-stream\r\n"
        f"authorization: Bearer {under.token()}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    async with opened(under, 300) as connections:
        for _, writer in connections:
            writer.write(head.encode() + body)
        assert await is_served(under)

    assert under.memory() - before < 60 * MB
