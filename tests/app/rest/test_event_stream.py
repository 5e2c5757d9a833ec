"""Server-sent events, however the bytes are cut."""

from collections.abc import AsyncIterator

import pytest

from app.rest import EventStreamError, ServerEvent, server_events

STREAM = (
    "data: One,\n\n: a comment\nevent: last\r\nid: 7\r\ndata: zwei\r\ndata:\r\ndata:  ünd\r\n\r\ndata: cut off".encode()
)


async def cut(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
async def test_events_are_read_however_they_are_cut(size: int) -> None:
    assert [event async for event in server_events(cut(STREAM, size))] == [
        ServerEvent("message", "One,"),
        ServerEvent("last", "zwei\n\n ünd"),
    ]


async def test_an_event_is_there_before_the_next_has_come() -> None:
    async def one_and_no_more() -> AsyncIterator[bytes]:
        yield b"data: One\n\n"
        raise AssertionError("more was asked for")

    assert await anext(server_events(one_and_no_more())) == ServerEvent("message", "One")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"data: \xff\n\n", "it is not UTF-8"),
        (b"x" * 1_000_001, "a line is too long"),
        (b"data: x\n" * 200_000, "an event is too long"),
    ],
)
async def test_what_is_no_stream_of_events_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(EventStreamError, match=reason):
        [event async for event in server_events(cut(content, 65536))]
