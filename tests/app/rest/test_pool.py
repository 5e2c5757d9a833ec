"""How connections are kept, handed out, given back and closed."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.errors import BackendUnavailableError
from app.rest.answer import NoAnswerError
from app.rest.pool import Pool
from app.rest.service import Origin
from tests.app.rest.backend import Backend, Request, Thing, answering, caller, calling, response

REQUEST = b"GET /things HTTP/1.1\r\nhost: things\r\n\r\n"


def pool_to(backend: Backend, idle_seconds: float = 4.0) -> Pool:
    return Pool(Origin.parse(backend.url), max_body_bytes=1000, idle_seconds=idle_seconds)


def held(until: asyncio.Event) -> Callable[[Request], Awaitable[None]]:
    """Answer nothing before the event."""

    async def answer(request: Request) -> None:
        await until.wait()
        await request.answer()

    return answer


async def well(request: Request) -> None:
    await request.answer()


async def test_one_connection_serves_reads_that_follow_each_other() -> None:
    async with answering(well) as backend, calling(backend) as client:
        for _ in range(5):
            await client.get(caller(), "/things", Thing)
        assert (len(backend.requests), backend.connections) == (5, 1)


async def test_a_read_cancelled_half_way_closes_its_connection_and_frees_its_place() -> None:
    async def answer(request: Request) -> None:
        if request.connection == 1:
            await request.send(response()[:-4])
            await request.until_closed()
            await request.send(response()[-4:])
        else:
            await request.answer(b'{"id":"fresh"}')

    async with answering(answer) as backend, calling(backend, settings={"max_calls": 1}) as client:
        read = asyncio.create_task(client.get(caller(), "/things", Thing))
        await backend.until(lambda: len(backend.requests) == 1)
        read.cancel()
        with pytest.raises(asyncio.CancelledError):
            await read
        assert await client.get(caller(), "/things", Thing) == Thing("fresh")
        await backend.until(lambda: backend.open_connections == 1)


@pytest.mark.parametrize("farewell", [response(connection="close"), response().replace(b"/1.1", b"/1.0")])
async def test_a_connection_that_the_backend_will_close_is_not_used_again(farewell: bytes) -> None:
    async def answer(request: Request) -> None:
        await request.send(farewell)

    async with answering(answer) as backend, calling(backend) as client:
        for _ in range(3):
            await client.get(caller(), "/things", Thing)
        assert backend.connections == 3
        assert client.stats.retried == 0
        await backend.until(lambda: backend.open_connections == 0)


async def test_a_connection_closed_while_idle_is_replaced_without_a_retry() -> None:
    async def answer(request: Request) -> None:
        await request.answer()
        request.writer.close()

    async with answering(answer) as backend, calling(backend, settings={"max_calls": 1}) as client:
        for number in range(1, 4):
            await client.get(caller(), "/things", Thing)
            await backend.until(lambda: backend.open_connections == 0)
            assert backend.connections == number


async def test_an_idle_connection_is_closed_after_a_while() -> None:
    async with answering(well) as backend:
        pool = pool_to(backend, idle_seconds=0.02)
        await asyncio.gather(pool.exchange(REQUEST), pool.exchange(REQUEST))
        await backend.until(lambda: backend.open_connections == 0)
        assert (await pool.exchange(REQUEST)).status == 200
        assert backend.connections == 3
        await pool.aclose()


async def test_a_refused_connection_is_unavailable_and_frees_its_place() -> None:
    async with answering(well) as backend:
        pass
    async with calling(backend, settings={"max_calls": 1}) as client:
        for _ in range(3):
            with pytest.raises(BackendUnavailableError) as caught:
                await client.get(caller(), "/things", Thing)
            assert caught.value.message == ("The things service cannot be reached (GET /things): connection refused.")


async def test_closing_fails_what_is_under_way_and_leaves_no_socket() -> None:
    released = asyncio.Event()
    async with answering(held(released)) as backend:
        pool = pool_to(backend)
        reads = [asyncio.create_task(pool.exchange(REQUEST)) for _ in range(3)]
        await backend.until(lambda: len(backend.requests) == 3)
        await pool.aclose()
        results = await asyncio.gather(*reads, return_exceptions=True)
        assert [type(result) for result in results] == [NoAnswerError] * 3
        released.set()
        await backend.until(lambda: backend.open_connections == 0)
        with pytest.raises(NoAnswerError):
            await pool.exchange(REQUEST)
        assert backend.connections == 3
