"""What a backend may send instead of an answer, and the one error that each of these becomes."""

import asyncio
import gzip

import pytest

from app.errors import BackendInvalidResponseError, BackendUnavailableError
from app.rest import Page
from app.rest.connection import MAX_HEAD_BYTES
from tests.app.rest.backend import Request, Thing, answering, caller, calling, response

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
INVALID = "The answer of the things service to GET /things/{id} "

ACCEPTED = {
    "content_length": response(),
    "chunked": OK + b'transfer-encoding: chunked\r\n\r\n4\r\n{"id\r\n7\r\n":"t1"}\r\n0\r\n\r\n',
    "chunked_with_trailers": OK
    + b'transfer-encoding: Chunked\r\n\r\nb;x=y\r\n{"id":"t1"}\r\n0\r\ncontent-type: text/html\r\n\r\n',
    "until_closed": OK + b'connection: close\r\n\r\n{"id":"t1"}',
    "http_1_0": OK.replace(b"1.1", b"1.0") + b'\r\n{"id":"t1"}',
    "after_interim_answers": b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    + response(),
    "blank_line_first": b"\r\n" + response(),
    "problem_media_type": response(content_type="application/vnd.things+json; charset=utf-8"),
    "identity_coding": response(content_encoding="identity"),
}

REFUSED = {
    "garbage": (b"\x16\x03\x01 what is this?\r\n\r\n", "is not acceptable: it is not HTTP/1.1"),
    "wrong_version": (response().replace(b"HTTP/1.1", b"HTTP/3.7"), "is not acceptable: it is not HTTP/1.1"),
    "html": (response(b"<html>", content_type="text/html"), "is not JSON"),
    "no_content_type": (response().replace(b"content-type", b"x-type"), "is not JSON"),
    "empty": (response(b""), "is not complete, well-formed JSON"),
    "no_content": (b"HTTP/1.1 204 No Content\r\n\r\n", "is not JSON"),
    "truncated_json": (response(b'{"id":"t'), "is not complete, well-formed JSON"),
    "more_than_one_value": (response(b'{"id":"t1"}{"id":"t2"}'), "is not complete, well-formed JSON"),
    "invalid_utf_8": (response(b'{"id":"\xff\xfe"}'), "is not complete, well-formed JSON"),
    "deeply_nested": (response(b'{"x":' + b"[" * 50_000), "is not complete, well-formed JSON"),
    "wrong_shape": (response(b'{"id":7}'), "has the wrong shape: Expected `str`, got `int` - at `$.id`"),
    "missing_field": (response(b"{}"), "has the wrong shape: Object missing required field `id`"),
    "length_too_short": (response(content_length="5"), "is not complete, well-formed JSON"),
    "gzip_unasked": (response(gzip.compress(b"{}"), content_encoding="gzip"), "has a content coding that was not"),
    "transfer_gzip": (
        OK + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "is not acceptable: its length is ambiguous",
    ),
    "length_and_chunked": (
        OK + b"content-length: 11\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "is not acceptable: it",
    ),
    "chunked_and_length": (
        OK + b"transfer-encoding: chunked\r\ncontent-length: 11\r\n\r\n0\r\n\r\n",
        "is not acceptable: it",
    ),
    "two_lengths": (OK + b"content-length: 11\r\ncontent-length: 12\r\n\r\n{}", "is not acceptable: it"),
    "list_of_lengths": (OK + b"content-length: 2, 2\r\n\r\n{}", "is not acceptable: it is not HTTP/1.1"),
    "negative_length": (OK + b"content-length: -1\r\n\r\n{}", "is not acceptable: it is not HTTP/1.1"),
    "huge_length_number": (OK + b"content-length: 99999999999999999999999\r\n\r\n{}", "is not acceptable: it is not"),
    "two_content_types": (
        OK + b"content-type: text/html\r\ncontent-length: 2\r\n\r\n{}",
        "is not acceptable: it repeats content-type",
    ),
    "space_before_colon": (OK + b"content-length : 2\r\n\r\n{}", "is not acceptable: it is not HTTP/1.1"),
    "folded_header": (OK + b"x-a: b\r\n c\r\ncontent-length: 2\r\n\r\n{}", "is not acceptable: it is not HTTP/1.1"),
    "bare_line_feeds": (b"HTTP/1.1 200 OK\ncontent-length: 2\n\n{}", "is not acceptable: it is not HTTP/1.1"),
    "null_in_header": (OK + b"x-a: b\x00c\r\ncontent-length: 2\r\n\r\n{}", "is not acceptable: it is not HTTP/1.1"),
    "bad_chunk_size": (OK + b"transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n", "is not acceptable: it is not HTTP/1.1"),
    "redirect": (response(status=302, location="http://127.0.0.1/"), "is a redirect"),
    "not_modified_unasked": (b"HTTP/1.1 304 Not Modified\r\n\r\n", "is a redirect"),
    "unknown_status": (response(status=799), "has an unknown status"),
    "switching_protocols": (
        b"HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
        "is not acceptable: it is not HTTP/1.1",
    ),
    "announced_too_long": (response(content_length="100001"), "is not acceptable: it is longer than 100000 bytes"),
    "too_long": (
        OK + b"transfer-encoding: chunked\r\n\r\n" + 101 * (b"3e8\r\n" + b" " * 1000 + b"\r\n"),
        "is not acceptable: it is longer than 100000 bytes",
    ),
    "long_header": (
        OK + b"x-long: " + b"x" * MAX_HEAD_BYTES + b"\r\n\r\n",
        f"is not acceptable: its headers are longer than {MAX_HEAD_BYTES} bytes",
    ),
    "many_headers": (
        OK + b"x-a: b\r\n" * 9_000 + b"content-length: 2\r\n\r\n{}",
        f"is not acceptable: its headers are longer than {MAX_HEAD_BYTES} bytes",
    ),
    "many_interim_answers": (
        b"HTTP/1.1 103 Hints\r\nlink: </x>\r\n\r\n" * 9_000,
        f"is not acceptable: its headers are longer than {MAX_HEAD_BYTES} bytes",
    ),
    "long_reason_phrase": (
        b"HTTP/1.1 200 " + b"x" * 200_000,
        f"is not acceptable: its headers are longer than {MAX_HEAD_BYTES} bytes",
    ),
}

CUT_SHORT = {
    "in_status_line": b"HTTP/1.1 20",
    "in_headers": OK,
    "in_body": response(content_length="20"),
    "in_chunks": OK + b'transfer-encoding: chunked\r\n\r\nb\r\n{"id":"t1"}\r\n',
}


@pytest.mark.parametrize("data", ACCEPTED.values(), ids=ACCEPTED)
async def test_every_well_formed_answer_is_read_and_the_connection_is_left_in_order(data: bytes) -> None:
    async def answer(request: Request) -> None:
        await request.send(data)
        if b"connection: close" in data or b"HTTP/1.0" in data:
            request.writer.close()

    async with answering(answer) as backend, calling(backend) as client:
        for _ in range(3):
            assert await client.get(caller(), "/things/{id}", Thing, params={"id": "t1"}) == Thing("t1")
        assert backend.calls == ["GET /things/t1"] * 3
        assert client.stats.retried == 0


@pytest.mark.parametrize("pieces", [1, 2, 50])
async def test_a_large_head_is_read_however_it_arrives(pieces: int) -> None:
    data = OK + b"x-large: %b\r\ncontent-length: 11\r\n\r\n" % (b"x" * 60_000) + b'{"id":"t1"}'
    size = len(data) // pieces

    async def answer(request: Request) -> None:
        for at in range(0, len(data), size):
            await request.send(data[at : at + size])
            await asyncio.sleep(0)

    async with answering(answer) as backend, calling(backend) as client:
        assert await client.get(caller(), "/things", Thing) == Thing("t1")


@pytest.mark.parametrize("data", ACCEPTED.values(), ids=ACCEPTED)
async def test_an_answer_may_arrive_byte_by_byte(data: bytes) -> None:
    async def answer(request: Request) -> None:
        for at in range(len(data)):
            await request.send(data[at : at + 1])
            await asyncio.sleep(0)
        request.writer.close()

    async with answering(answer) as backend, calling(backend) as client:
        assert await client.get(caller(), "/things", Thing) == Thing("t1")


@pytest.mark.parametrize(("data", "fault"), REFUSED.values(), ids=REFUSED)
async def test_anything_else_is_an_invalid_response_and_costs_the_connection(data: bytes, fault: str) -> None:
    async def answer(request: Request) -> None:
        if request.target == "/well":
            await request.answer()
            return
        await request.send(data)

    async with answering(answer) as backend, calling(backend) as client:
        with pytest.raises(BackendInvalidResponseError) as caught:
            await client.get(caller(), "/things/{id}", Thing, params={"id": "t1"})
        assert caught.value.message.startswith(INVALID + fault)
        assert caught.value.extensions["code"] == "BACKEND_INVALID_RESPONSE"
        assert caught.value.request_id == "r1"
        assert backend.calls == ["GET /things/t1"]
        assert await client.get(caller(), "/well", Thing) == Thing("t1")


@pytest.mark.parametrize("data", CUT_SHORT.values(), ids=CUT_SHORT)
async def test_an_answer_that_ends_early_is_an_invalid_response_and_not_asked_for_again(data: bytes) -> None:
    async def answer(request: Request) -> None:
        await request.send(data)
        request.writer.close()

    async with answering(answer) as backend, calling(backend) as client:
        with pytest.raises(BackendInvalidResponseError) as caught:
            await client.get(caller(), "/things/{id}", Thing, params={"id": "t1"})
        assert caught.value.message == INVALID + "is not acceptable: it ended early."
        assert backend.calls == ["GET /things/t1"]


async def test_a_reset_in_the_middle_of_an_answer_is_unavailable_and_not_asked_for_again() -> None:
    async def answer(request: Request) -> None:
        await request.send(OK)
        request.reset()

    async with answering(answer) as backend, calling(backend) as client:
        with pytest.raises(BackendUnavailableError) as caught:
            await client.get(caller(), "/things", Thing)
        assert caught.value.message == ("The things service cannot be reached (GET /things): the connection was reset.")
        assert backend.calls == ["GET /things"]


@pytest.mark.parametrize(
    "extra", [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", b"garbage", response(b'{"id":"x"}')]
)
async def test_bytes_after_an_answer_never_become_the_answer_to_the_next_read(extra: bytes) -> None:
    async def answer(request: Request) -> None:
        await request.send(response() + extra)

    async with answering(answer) as backend, calling(backend) as client:
        for number in range(1, 4):
            assert await client.get(caller(), "/things", Thing) == Thing("t1")
            assert backend.connections == number


async def test_what_a_message_says_does_not_leak_the_body() -> None:
    async def answer(request: Request) -> None:
        await request.answer(b'{"items":[{"id":"t1"},{"id":{"password":"hunter2"}}],"total":2}')

    async with answering(answer) as backend, calling(backend) as client:
        with pytest.raises(BackendInvalidResponseError) as caught:
            await client.get(caller(), "/things", Page[Thing])
        assert caught.value.message == (
            "The answer of the things service to GET /things has the wrong shape: "
            "Expected `str`, got `object` - at `$.items[1].id`."
        )
