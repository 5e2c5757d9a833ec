"""What observers are told of each call."""

import asyncio
import logging

import pytest

from app.errors import BackendError, BackendUnavailableError, ProblemError
from app.rest import Exchange, Stats
from app.telemetry import TraceContext
from tests.app.rest.backend import Request, Thing, answering, caller, calling

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_an_exchange_tells_what_was_called_and_what_came_of_it() -> None:
    async def answer(request: Request) -> None:
        await request.answer(status=404 if request.target.endswith("t2") else 200)

    seen: list[Exchange] = []
    async with answering(answer) as backend, calling(backend, observers=[seen.append]) as client:
        who = caller(trace=TraceContext(TRACE.encode()))
        await client.get(who, "/things/{id}", Thing, (("a", "b"),), params={"id": "t1"})
        with pytest.raises(ProblemError) as caught:
            await client.send(caller(), "PUT", "/things/{id}", Thing, idempotency_key="k", params={"id": "t2"})
        assert seen == [
            Exchange(
                service="things",
                method="GET",
                route="/things/{id}",
                path="/things/t1?a=b",
                request_id="r1",
                traceparent=backend.requests[0].headers["traceparent"],
                status=200,
                error=None,
                seconds=seen[0].seconds,
                response_bytes=11,
                is_shared=False,
                is_retried=False,
            ),
            Exchange(
                service="things",
                method="PUT",
                route="/things/{id}",
                path="/things/t2",
                request_id="r1",
                traceparent=None,
                status=404,
                error=caught.value,
                seconds=seen[1].seconds,
                response_bytes=11,
                is_shared=False,
                is_retried=False,
            ),
        ]
        assert all(0 < exchange.seconds < 5 for exchange in seen)


async def test_shared_and_retried_reads_are_marked() -> None:
    async def answer(request: Request) -> None:
        if request.connection == 1:
            request.reset()
        else:
            await request.answer()

    seen: list[Exchange] = []
    async with answering(answer) as backend, calling(backend, observers=[seen.append]) as client:
        await asyncio.gather(*[client.get(caller(), "/things", Thing) for _ in range(3)])
        assert sorted((exchange.is_shared, exchange.is_retried) for exchange in seen) == [
            (False, True),
            (True, False),
            (True, False),
        ]
        assert client.stats == Stats(calls=3, shared=2, sent=2, retried=1)


async def test_a_call_without_an_answer_has_no_status_and_a_cancelled_one_no_error_either() -> None:
    async def answer(request: Request) -> None:
        await request.until_closed()

    seen: list[Exchange] = []
    async with answering(answer) as backend, calling(backend, observers=[seen.append]) as client:
        read = asyncio.create_task(client.get(caller(), "/things", Thing))
        await backend.until(lambda: len(backend.requests) == 1)
        read.cancel()
        with pytest.raises(asyncio.CancelledError):
            await read
        await client.aclose()
        with pytest.raises(BackendUnavailableError) as caught:
            await client.get(caller(), "/things", Thing)
        assert [(exchange.status, exchange.error) for exchange in seen] == [(None, None), (None, caught.value)]


async def test_an_observer_that_fails_is_logged_and_fails_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    async def answer(request: Request) -> None:
        await request.answer()

    def broken(exchange: Exchange) -> None:
        raise RuntimeError("broken")

    seen: list[Exchange] = []
    async with answering(answer) as backend, calling(backend, observers=[broken, seen.append]) as client:
        with caplog.at_level(logging.ERROR):
            assert await client.get(caller(), "/things", Thing) == Thing("t1")
        assert len(seen) == 1
        assert [record.message for record in caplog.records] == ["An observer of calls to the things service failed."]


async def test_a_ping_measures_the_health_route() -> None:
    async def answer(request: Request) -> None:
        await request.answer(b'{"status":"ok"}', 200 if len(backend.requests) == 1 else 500)

    async with answering(answer) as backend, calling(backend) as client:
        assert 0 < await client.ping() < 5
        with pytest.raises(BackendError):
            await client.ping(caller())
        assert backend.calls == ["GET /health", "GET /health"]
        assert "authorization" not in backend.requests[0].headers
