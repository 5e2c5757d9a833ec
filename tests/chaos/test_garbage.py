"""What fails, or is torn, leaves nothing to the garbage collector, for which everybody would have to wait."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.attacks.floods import BINARY, CLOSE, HANDSHAKE, HEAD, INIT, TEXT, frame
from tests.chaos.faults import FAULTS
from tests.chaos.world import PAGE, Skips, chaos
from tests.end_to_end.stand_in import standing_in
from tests.garbage import garbage
from tests.gateway import Gateway

TIMES = 20
VIEWER = "{ viewer { roles } }"
SLOW = "{ listings(first: 3) { nodes { address } } }"
SUBSCRIPTION = "subscription { notificationReceived { cursor } }"
FAILING = {"a document": "{ nope }", "a variable": "query ($n: Int!) { listings(first: $n) { totalCount } }"}


async def left_over(gateway: Gateway, query: str, email: str | None = "chris@example.com") -> dict[str, int]:
    """Of which kinds a failing request leaves one, each time."""
    for _ in range(3):
        await gateway.query(query, email=email)
    with garbage() as kinds:
        for _ in range(TIMES):
            await gateway.query(query, email=email)
    return {kind: count for kind, count in kinds.items() if count >= TIMES}


@pytest.mark.parametrize("query", FAILING.values(), ids=FAILING)
async def test_a_request_that_is_wrong(gateway: Gateway, query: str) -> None:
    assert await left_over(gateway, query) == {}


async def test_a_request_without_a_token(gateway: Gateway) -> None:
    assert await left_over(gateway, VIEWER, email=None) == {}


async def test_a_backend_that_fails(tmp_path: Path) -> None:
    skips = Skips()
    async with standing_in() as stand_in, chaos(tmp_path, stand_in, timing=skips.timing) as gateway:
        for name in ("resets connections", "promises too little", "answers 500", "has other rows"):
            skips.skip(120)
            async with FAULTS[name].at(stand_in):
                assert (name, await left_over(gateway, PAGE)) == (name, {})


def a_post(query: str, accept: str = "application/json") -> bytes:
    body = json.dumps({"query": query}).encode()
    return HEAD + b"accept: %b\r\ncontent-length: %d\r\n\r\n%b" % (accept.encode(), len(body), body)


def a_socket(gateway: Gateway, *frames: bytes, query: str | None = None) -> bytes:
    """What a client sends who does not wait for answers, but for that to the handshake."""
    init = {"type": "connection_init", "payload": {"authorization": f"Bearer {gateway.token()}"}}
    sent = [frame(TEXT, json.dumps(init).encode())]
    if query is not None:
        subscribe = {"id": "1", "type": "subscribe", "payload": {"query": query}}
        sent.append(frame(TEXT, json.dumps(subscribe).encode()))
    return b"".join([*sent, *frames])


async def torn(gateway: Gateway, sent: bytes, *, is_socket: bool = False, seconds: float = 0.05) -> None:
    """Send this, and hang up a moment later, whatever has been answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    if is_socket:
        writer.write(HANDSHAKE + b"\r\n")
        await reader.readuntil(b"\r\n\r\n")
    writer.write(sent)
    await asyncio.sleep(seconds)
    writer.transport.abort()


async def left_by_torn(gateway: Gateway, sent: bytes, *, is_socket: bool = False) -> dict[str, int]:
    """Of which kinds a connection that is torn leaves one, each time."""
    await torn(gateway, sent, is_socket=is_socket)
    with garbage() as kinds:
        await asyncio.gather(*(torn(gateway, sent, is_socket=is_socket) for _ in range(TIMES)))
        await asyncio.sleep(0.2)
    return {kind: count for kind, count in kinds.items() if count >= TIMES}


@pytest.mark.parametrize(
    "sent",
    [
        HEAD,
        HEAD + b"content-length: 100\r\n\r\n{",
        b"hello\r\n\r\n",
        HANDSHAKE.replace(b": 13", b": 1") + b"\r\n",
        HANDSHAKE + b"origin: http://evil.example\r\n\r\n",
        a_post(SUBSCRIPTION, "text/event-stream"),
        a_post(SUBSCRIPTION, "multipart/mixed;subscriptionSpec=1.0"),
        a_post("{ __typename }", "text/event-stream"),
    ],
    ids=["half a head", "half a body", "no HTTP", "another version", "an origin", "events", "parts", "an event"],
)
async def test_a_connection_that_is_torn(gateway: Gateway, sent: bytes) -> None:
    assert await left_by_torn(gateway, sent) == {}


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [frame(TEXT, INIT.encode())],
        [frame(CLOSE, b"\x03\xe8")],
        [frame(BINARY, b"x")],
        [frame(TEXT, b"\xff")],
        [b"\xf1" + frame(TEXT, b"x")[1:]],
    ],
    ids=["idle", "begun twice", "closed", "binary", "no UTF-8", "a bad frame"],
)
@pytest.mark.parametrize("query", [None, VIEWER, SUBSCRIPTION], ids=["bare", "a query", "a subscription"])
async def test_a_socket_that_ends(gateway: Gateway, frames: list[bytes], query: str | None) -> None:
    assert await left_by_torn(gateway, a_socket(gateway, *frames, query=query), is_socket=True) == {}


async def test_who_leaves_while_a_backend_is_asked(tmp_path: Path) -> None:
    async with (
        standing_in() as stand_in,
        chaos(tmp_path, stand_in, seconds=5) as gateway,
        FAULTS["never answers"].at(stand_in),
    ):
        for sent in (a_post(SLOW), a_post(SLOW, "text/event-stream")):
            assert await left_by_torn(gateway, sent) == {}
        assert await left_by_torn(gateway, a_socket(gateway, query=SLOW), is_socket=True) == {}
