"""Writes, uploads and streams."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.errors import BackendInvalidResponseError, BackendUnavailableError, ProblemError
from tests.app.rest.backend import Request, Thing, answering, caller, calling, response
from tests.app.rest.test_hostile_answers import REFUSED

LENIENT = frozenset(("bare_line_feeds", "folded_header", "many_interim_answers", "two_content_types", "wrong_version"))
"""What h11 tolerates, beneath httpx; harmless on a connection that carries one write at a time."""

CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


async def well(request: Request) -> None:
    await request.answer()


async def pieces() -> AsyncIterator[bytes]:
    for number in range(3):
        yield b"part %d;" % number


async def test_two_hundred_writes_at_once_all_arrive() -> None:
    async with answering(well) as backend, calling(backend, settings={"max_calls": 64}) as client:
        writes = [client.send(caller(), "POST", "/things", Thing, idempotency_key=str(n)) for n in range(200)]
        assert await asyncio.gather(*writes) == [Thing("t1")] * 200
        assert {request.headers["idempotency-key"] for request in backend.requests} == {str(n) for n in range(200)}
        assert backend.connections <= 64


async def test_a_write_without_a_key_is_a_mistake() -> None:
    async with answering(well) as backend, calling(backend) as client:
        with pytest.raises(ValueError, match="idempotency key"):
            await client.send(caller(), "POST", "/things", Thing, idempotency_key="")
        with pytest.raises(ValueError, match="idempotency key"):
            async with client.stream(caller(), "POST", "/things"):
                pass
        assert backend.connections == 0


@pytest.mark.parametrize("name", sorted(REFUSED.keys() - LENIENT))
async def test_what_is_refused_of_a_read_is_refused_of_a_write(name: str) -> None:
    async def answer(request: Request) -> None:
        await request.send(REFUSED[name][0])
        request.writer.close()

    async with answering(answer) as backend, calling(backend) as client:
        with pytest.raises(BackendInvalidResponseError):
            await client.send(caller(), "POST", "/things", Thing, body={}, idempotency_key="k")
        assert len(backend.requests) == 1


async def test_an_upload_goes_out_as_it_comes() -> None:
    async with answering(well) as backend, calling(backend) as client:
        uploaded = await client.upload(
            caller(),
            "/things/{id}/file",
            Thing,
            pieces(),
            content_type="text/plain",
            idempotency_key="k",
            params={"id": "t1"},
        )
        request = backend.requests[0]
        assert uploaded == Thing("t1")
        assert (backend.calls, request.body) == (["POST /things/t1/file"], b"part 0;part 1;part 2;")
        assert (request.headers["content-type"], request.headers["idempotency-key"]) == ("text/plain", "k")
        assert "x-request-timeout" not in request.headers


async def test_an_upload_is_never_tried_again() -> None:
    async def answer(request: Request) -> None:
        request.reset()

    async with answering(answer) as backend, calling(backend) as client:
        with pytest.raises(BackendUnavailableError):
            await client.upload(caller(), "/things", Thing, pieces(), content_type="text/plain", idempotency_key="k")
        assert (len(backend.requests), client.stats.retried) == (1, 0)


async def test_a_stream_is_read_while_it_is_written() -> None:
    async def answer(request: Request) -> None:
        await request.send(CHUNKED)
        for number in range(3):
            await wanted.wait()
            wanted.clear()
            await request.send(b"1\r\n%d\r\n" % number)
        await request.send(b"0\r\n\r\n")

    wanted = asyncio.Event()
    seen = []
    async with answering(answer) as backend, calling(backend, max_response_bytes=1) as client:
        async with client.stream(caller(), "POST", "/things", body={"q": 1}, idempotency_key="k") as chunks:
            wanted.set()
            async for chunk in chunks:
                seen.append(chunk)
                wanted.set()
        assert seen == [b"0", b"1", b"2"]
        assert (backend.calls, backend.requests[0].body) == (["POST /things"], b'{"q":1}')


async def test_a_refused_stream_is_a_problem() -> None:
    async def answer(request: Request) -> None:
        await request.answer(b'{"code":"QUOTA_EXCEEDED","detail":"No more."}', 403)

    async with answering(answer) as backend, calling(backend) as client:
        with pytest.raises(ProblemError) as caught:
            async with client.stream(caller(), "GET", "/things"):
                pass
        assert (caught.value.code, caught.value.message) == ("QUOTA_EXCEEDED", "No more.")


async def test_a_stream_that_breaks_off_is_an_invalid_response() -> None:
    async def answer(request: Request) -> None:
        await request.send(CHUNKED + b"1\r\nx\r\n")
        request.writer.close()

    async with (
        answering(answer) as backend,
        calling(backend) as client,
        client.stream(caller(), "GET", "/things") as chunks,
    ):
        assert await anext(chunks) == b"x"
        with pytest.raises(BackendInvalidResponseError) as caught:
            await anext(chunks)
        assert caught.value.message == (
            "The answer of the things service to GET /things is not acceptable: it ended early."
        )


async def test_a_stream_that_is_left_closes_its_connection() -> None:
    async def answer(request: Request) -> None:
        await request.send(CHUNKED + b"1\r\nx\r\n")
        await request.until_closed()

    async with answering(answer) as backend, calling(backend) as client:
        async with client.stream(caller(), "GET", "/things") as chunks:
            assert await anext(chunks) == b"x"
        await backend.until(lambda: backend.open_connections == 0)


async def test_what_the_reader_of_a_stream_raises_is_left_as_it_is() -> None:
    async with answering(well) as backend, calling(backend) as client:
        with pytest.raises(TimeoutError, match="my own"):
            async with client.stream(caller(), "GET", "/things"):
                raise TimeoutError("my own")
        assert client.stats.failures == 0


async def test_closing_the_client_ends_the_writes_under_way_and_those_in_line() -> None:
    async def answer(request: Request) -> None:
        await request.send(response()[:-3])
        await request.until_closed()

    async with answering(answer) as backend, calling(backend, settings={"max_calls": 20}) as client:
        keys = [str(number) for number in range(25)]
        writes = [
            asyncio.create_task(client.send(caller(), "POST", "/things", Thing, idempotency_key=key)) for key in keys
        ]
        await backend.until(lambda: len(backend.requests) == 20)
        await client.aclose()
        results = await asyncio.gather(*writes, return_exceptions=True)
        assert {type(result) for result in results} == {BackendUnavailableError}
        with pytest.raises(BackendUnavailableError):
            await client.send(caller(), "POST", "/things", Thing, idempotency_key="k")
        await backend.until(lambda: backend.open_connections == 0)
        assert len(backend.requests) == 20


async def test_closing_the_client_ends_a_stream_under_way() -> None:
    async def answer(request: Request) -> None:
        await request.send(CHUNKED + b"1\r\nx\r\n")
        await request.until_closed()

    async with answering(answer) as backend, calling(backend) as client:
        async with client.stream(caller(), "GET", "/things") as chunks:
            assert await anext(chunks) == b"x"
            following = asyncio.ensure_future(anext(chunks))
            await asyncio.sleep(0)
            await client.aclose()
            with pytest.raises(BackendUnavailableError):
                await following
        await backend.until(lambda: backend.open_connections == 0)
