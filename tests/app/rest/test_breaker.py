"""When an operation is left alone, and how it is taken up again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from app.errors import BackendCircuitOpenError, BackendError, BackendTimeoutError, ProblemError
from app.rest import RestClient, Stats
from app.rest.breaker import Breaker, State
from tests.app.rest.backend import Request, Thing, answering, caller, calling
from tests.app.rest.clock import Clock


class Service:
    """Answers with a status that can be changed."""

    def __init__(self, status: int = 500) -> None:
        self.status = status

    async def __call__(self, request: Request) -> None:
        await request.answer(status=self.status)


async def ask(client: RestClient, route: str = "/things") -> Thing:
    return await client.get(caller(), route, Thing)


async def fail(client: RestClient, times: int, kind: type[BackendError] = BackendError) -> None:
    for _ in range(times):
        with pytest.raises(kind) as caught:
            await ask(client)
        assert type(caught.value) is kind


def states(client: RestClient) -> dict[str, State]:
    return dict(client.attempts.states())


async def test_it_opens_on_twenty_failures_and_says_when_to_come_back(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock(chance=0.5)
    async with answering(Service()) as backend, calling(backend, timing=clock.timing) as client:
        await fail(client, 20)
        with caplog.at_level(logging.WARNING), pytest.raises(BackendCircuitOpenError) as caught:
            await ask(client)
        assert len(backend.requests) == 20
        assert caught.value.message == "The things service was not asked (GET /things): it mostly failed of late."
        assert caught.value.extensions == {
            "code": "BACKEND_CIRCUIT_OPEN",
            "service": "things",
            "retryAfter": 2.0,
            "requestId": "r1",
        }
        assert (client.stats.sent, client.stats.circuit_refused) == (20, 1)
        assert states(client) == {"GET /things": State.OPEN}


async def test_it_stays_closed_while_less_than_half_of_the_calls_fail() -> None:
    clock, service = Clock(), Service()
    async with answering(service) as backend, calling(backend, timing=clock.timing) as client:
        for _ in range(30):
            service.status = 200
            await ask(client)
            await ask(client)
            service.status = 500
            await fail(client, 1)
        assert states(client) == {"GET /things": State.CLOSED}


async def test_it_opens_on_twenty_failures_in_a_row_however_many_calls_were_good_before() -> None:
    service = Service(200)
    async with answering(service) as backend, calling(backend, timing=Clock().timing) as client:
        for _ in range(100):
            await ask(client)
        service.status = 500
        await fail(client, 20)
        await fail(client, 1, BackendCircuitOpenError)
        assert len(backend.requests) == 120


async def test_failures_of_more_than_ten_seconds_ago_do_not_count() -> None:
    clock = Clock()
    async with answering(Service()) as backend, calling(backend, timing=clock.timing) as client:
        await fail(client, 19)
        clock.advance(10)
        await fail(client, 19)
        assert states(client) == {"GET /things": State.CLOSED}
        await fail(client, 1)
        assert states(client) == {"GET /things": State.OPEN}


async def test_other_operations_of_the_service_are_still_called() -> None:
    async def answer(request: Request) -> None:
        await request.answer(status=500 if request.target == "/things" else 200)

    async with answering(answer) as backend, calling(backend, timing=Clock().timing) as client:
        await fail(client, 20)
        assert await client.get(caller(), "/things/{id}", Thing, params={"id": "t1"}) == Thing("t1")
        assert await client.send(caller(), "POST", "/others", Thing, idempotency_key="k") == Thing("t1")
        assert states(client) == {
            "GET /things": State.OPEN,
            "GET /things/{id}": State.CLOSED,
            "POST /others": State.CLOSED,
        }


async def test_writes_have_it_too() -> None:
    async with answering(Service()) as backend, calling(backend, timing=Clock().timing) as client:
        for kind in [BackendError] * 20 + [BackendCircuitOpenError]:
            with pytest.raises(kind):
                await client.send(caller(), "POST", "/things", Thing, idempotency_key="k")
        assert len(backend.requests) == 20


async def test_streams_have_it_too() -> None:
    async with answering(Service()) as backend, calling(backend, timing=Clock().timing) as client:
        for kind in [BackendError] * 20 + [BackendCircuitOpenError]:
            with pytest.raises(kind):
                async with client.stream(caller(), "GET", "/things"):
                    pass
        assert len(backend.requests) == 20


async def test_it_closes_once_three_probes_are_good() -> None:
    clock, service = Clock(chance=0.5), Service()
    async with answering(service) as backend, calling(backend, timing=clock.timing) as client:
        await fail(client, 20)
        service.status = 200
        clock.advance(2.0)
        assert states(client) == {"GET /things": State.HALF_OPEN}
        assert [await ask(client) for _ in range(3)] == [Thing("t1")] * 3
        assert states(client) == {"GET /things": State.CLOSED}
        service.status = 500
        await fail(client, 19)
        assert states(client) == {"GET /things": State.CLOSED}


async def test_a_failed_probe_opens_it_for_twice_as_long_up_to_ten_seconds() -> None:
    clock = Clock(chance=0.5)
    async with answering(Service()) as backend, calling(backend, timing=clock.timing) as client:
        await fail(client, 20)
        for seconds in (2.0, 4.0, 8.0, 10.0, 10.0):
            clock.advance(seconds - 0.1)
            await fail(client, 1, BackendCircuitOpenError)
            clock.advance(0.1)
            await fail(client, 1)
        assert len(backend.requests) == 25


async def test_three_probes_are_under_way_at_most() -> None:
    released = asyncio.Event()

    async def answer(request: Request) -> None:
        if len(backend.requests) > 20:
            await released.wait()
        await request.answer(status=200 if len(backend.requests) > 20 else 500)

    clock = Clock()
    async with answering(answer) as backend, calling(backend, share_reads=False, timing=clock.timing) as client:
        await fail(client, 20)
        clock.advance(3)
        probes = [asyncio.create_task(ask(client)) for _ in range(3)]
        await backend.until(lambda: len(backend.requests) == 23)
        await fail(client, 5, BackendCircuitOpenError)
        probes.pop().cancel()
        await asyncio.sleep(0)
        fourth = asyncio.create_task(ask(client))
        await backend.until(lambda: len(backend.requests) == 24)
        released.set()
        assert await asyncio.gather(*probes, fourth) == [Thing("t1")] * 3


@pytest.mark.parametrize("chance", [0.0, 0.999])
def test_how_long_it_stays_open_differs_by_a_quarter_either_way(chance: float) -> None:
    clock = Clock(chance)
    breaker = Breaker("GET /things", clock.timing, Stats())
    for _ in range(20):
        breaker.leave(breaker.enter(), is_good=False)
    seen = []
    for seconds in (1.49 + chance, 0.02):
        clock.advance(seconds)
        seen.append(breaker.state)
    assert seen == [State.OPEN, State.HALF_OPEN]


def test_what_began_before_it_opened_neither_closes_it_nor_opens_it_longer() -> None:
    clock = Clock()
    breaker = Breaker("GET /things", clock.timing, Stats())
    late = [breaker.enter() for _ in range(10)]
    for _ in range(20):
        breaker.leave(breaker.enter(), is_good=False)
    clock.advance(3)
    for turn in late:
        breaker.leave(turn, is_good=True)
    assert breaker.state is State.HALF_OPEN
    for turn in late:
        breaker.leave(turn, is_good=False)
    assert breaker.state is State.HALF_OPEN


async def test_refusals_of_the_service_are_no_failures() -> None:
    async with answering(Service(404)) as backend, calling(backend, timing=Clock().timing) as client:
        await fail(client, 30, ProblemError)
        assert states(client) == {"GET /things": State.CLOSED}


async def garbled(request: Request) -> None:
    await request.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")


async def resetting(request: Request) -> None:
    request.reset()


@pytest.mark.parametrize("answer", [garbled, resetting])
async def test_broken_answers_and_broken_connections_count(answer: Callable[[Request], Awaitable[None]]) -> None:
    async with (
        answering(answer) as backend,
        calling(backend, settings={"retries": 0}, timing=Clock().timing) as client,
    ):
        for _ in range(20):
            with pytest.raises(BackendError):
                await ask(client)
        await fail(client, 1, BackendCircuitOpenError)


async def silent(request: Request) -> None:
    await request.until_closed()


async def test_calls_that_get_no_answer_in_time_count_once_each_however_many_share_them() -> None:
    async with answering(silent) as backend, calling(backend, timeout=0.1) as client:
        results = await asyncio.gather(*[ask(client) for _ in range(50)], return_exceptions=True)
        assert {type(result) for result in results} == {BackendTimeoutError}
        assert states(client) == {"GET /things": State.CLOSED}
    async with answering(silent) as backend, calling(backend, timeout=0.1, share_reads=False) as client:
        await asyncio.gather(*[ask(client) for _ in range(20)], return_exceptions=True)
        await fail(client, 1, BackendCircuitOpenError)


async def test_callers_who_leave_early_say_nothing_of_the_service() -> None:
    async with answering(silent) as backend, calling(backend, share_reads=False) as client:
        reads = [asyncio.create_task(ask(client)) for _ in range(30)]
        await backend.until(lambda: len(backend.requests) == 30)
        for read in reads:
            read.cancel()
        await asyncio.gather(*reads, return_exceptions=True)
        assert states(client) == {"GET /things": State.CLOSED}


async def test_a_call_counts_once_for_what_it_comes_to_however_often_it_is_tried() -> None:
    async def answer(request: Request) -> None:
        await request.answer(status=503 if len(backend.requests) % 2 else 200)

    clock = Clock(chance=0.0)
    async with answering(answer) as backend, calling(backend, timing=clock.timing) as client:
        for _ in range(40):
            clock.advance(0.1)
            await ask(client)
        assert states(client) == {"GET /things": State.CLOSED}
        assert len(backend.requests) == 80


async def test_a_probe_is_not_tried_again() -> None:
    clock = Clock(chance=0.0)
    async with answering(Service(503)) as backend, calling(backend, timing=clock.timing) as client:
        for _ in range(20):
            with pytest.raises(BackendError):
                await ask(client)
        assert len(backend.requests) == 20 + 10  # the budget
        clock.advance(1.5)
        with pytest.raises(BackendError):
            await ask(client)
        assert len(backend.requests) == 31
        await fail(client, 1, BackendCircuitOpenError)


async def test_it_can_be_switched_off() -> None:
    async with (
        answering(Service()) as backend,
        calling(backend, settings={"breaker": False}, timing=Clock().timing) as client,
    ):
        await fail(client, 50)
        assert len(backend.requests) == 50
