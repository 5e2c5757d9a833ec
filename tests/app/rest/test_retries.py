"""When a call is tried again: where that is safe, what fails may pass, and the budget allows it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest

from app.errors import BackendError, BackendInvalidResponseError, BackendUnavailableError, ProblemError
from app.rest import RestClient, Service
from app.rest.retry import RetryBudget
from tests.app.rest.backend import Request, Thing, answering, caller, calling, response
from tests.app.rest.clock import Clock

Ask: TypeAlias = Callable[[RestClient], Awaitable[Thing]]


async def reading(client: RestClient) -> Thing:
    return await client.get(caller(), "/things", Thing)


async def writing(client: RestClient) -> Thing:
    return await client.send(caller(), "POST", "/things", Thing, body={"n": 1}, idempotency_key="k1")


async def reset(request: Request) -> None:
    request.reset()


FORGETFUL = Service("things", 0, stores_answers=False)

CUT_SHORT = response(content_length="50")

asking = pytest.mark.parametrize("ask", [reading, writing])


@asking
@pytest.mark.parametrize("drop", ["reset", "close"])
async def test_a_stale_connection_is_replaced_by_a_fresh_one_however_many_are_stale(ask: Ask, drop: str) -> None:
    warmed = asyncio.Barrier(3)

    async def answer(request: Request) -> None:
        if request.target.startswith("/warm"):
            await warmed.wait()
            await request.answer()
        elif request.connection > 3:
            await request.answer()
        elif drop == "reset":
            request.reset()
        else:
            request.writer.close()

    def warming(client: RestClient, number: str) -> Awaitable[Thing]:
        if ask is reading:
            return client.get(caller(), "/warm/{number}", Thing, params={"number": number})
        return client.send(caller(), "POST", "/warm", Thing, idempotency_key=number)

    async with answering(answer) as backend, calling(backend, timing=Clock().timing) as client:
        await asyncio.gather(*[warming(client, str(number)) for number in range(3)])
        assert await ask(client) == Thing("t1")
        assert client.stats.retried == 1
        assert backend.calls[3:] == [backend.calls[3]] * 2


@asking
async def test_a_backend_that_always_resets_is_tried_three_times(ask: Ask) -> None:
    clock = Clock(chance=0.5)
    async with answering(reset) as backend, calling(backend, timing=clock.timing) as client:
        with pytest.raises(BackendUnavailableError):
            await ask(client)
        assert len(backend.requests) == 3
        assert clock.pauses == [0.025, 0.05]
        assert (client.stats.sent, client.stats.retried, client.stats.failures) == (3, 2, 1)


@asking
async def test_a_refused_connection_is_tried_three_times(ask: Ask) -> None:
    async with answering(reset) as backend:
        pass
    async with calling(backend, service=FORGETFUL, timing=Clock().timing) as client:
        with pytest.raises(BackendUnavailableError) as caught:
            await ask(client)
        assert caught.value.message.endswith("/things): connection refused.")
        assert (client.stats.retried, client.stats.failures) == (2, 1)


async def test_a_write_that_may_have_arrived_is_final_where_answers_are_not_stored() -> None:
    async with answering(reset) as backend, calling(backend, service=FORGETFUL) as client:
        with pytest.raises(BackendUnavailableError):
            await writing(client)
        assert (backend.calls, client.stats.retried) == (["POST /things"], 0)


@asking
async def test_retries_can_be_switched_off(ask: Ask) -> None:
    async with answering(reset) as backend, calling(backend, settings={"retries": 0}) as client:
        with pytest.raises(BackendUnavailableError):
            await ask(client)
        assert (len(backend.requests), client.stats.retried) == (1, 0)


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_read_is_tried_again_when_the_trouble_may_pass(status: int) -> None:
    async def answer(request: Request) -> None:
        await request.answer(status=status if len(backend.requests) < 3 else 200)

    async with answering(answer) as backend, calling(backend, timing=Clock().timing) as client:
        assert await reading(client) == Thing("t1")
        assert (len(backend.requests), backend.connections) == (3, 1)


@pytest.mark.parametrize("status", [400, 404, 429, 500, 501, 505])
async def test_any_other_answer_to_a_read_is_final(status: int) -> None:
    async def answer(request: Request) -> None:
        await request.answer(status=status)

    async with answering(answer) as backend, calling(backend, timing=Clock().timing) as client:
        with pytest.raises(BackendError):
            await reading(client)
        assert (len(backend.requests), client.stats.retried) == (1, 0)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_an_answer_to_a_write_is_final_whatever_its_status(status: int) -> None:
    async def answer(request: Request) -> None:
        await request.answer(status=status, retry_after="1")

    async with answering(answer) as backend, calling(backend, timing=Clock().timing) as client:
        with pytest.raises(BackendError):
            await writing(client)
        assert (len(backend.requests), client.stats.retried) == (1, 0)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_read_comes_back_when_it_is_told_to(status: int) -> None:
    async def answer(request: Request) -> None:
        if len(backend.requests) == 1:
            await request.answer(status=status, retry_after="2")
        else:
            await request.answer()

    clock = Clock(chance=0.0)
    async with answering(answer) as backend, calling(backend, timing=clock.timing) as client:
        assert await reading(client) == Thing("t1")
        assert clock.pauses == [2.0]


@pytest.mark.parametrize(("seconds", "asked"), [(60.0, "5"), (1.0, "2")], ids=["the service's", "the request's"])
async def test_a_read_does_not_come_back_when_its_time_will_be_over(seconds: float, asked: str) -> None:
    async def answer(request: Request) -> None:
        await request.answer(status=429, retry_after=asked)

    clock = Clock()
    async with answering(answer) as backend, calling(backend, timing=clock.timing) as client:
        with pytest.raises(ProblemError) as caught:
            await client.get(caller(seconds), "/things", Thing)
        assert (caught.value.code, caught.value.retry_after) == ("RATE_LIMITED", float(asked))
        assert (len(backend.requests), clock.pauses) == (1, [])


@pytest.mark.parametrize(
    ("ask", "start"),
    [(reading, b"H"), (reading, b"HTTP/1.1 200 OK\r\n"), (reading, CUT_SHORT), (writing, CUT_SHORT)],
)
async def test_a_started_answer_is_final(ask: Ask, start: bytes) -> None:
    async def answer(request: Request) -> None:
        await request.send(start)
        request.writer.close()

    async with answering(answer) as backend, calling(backend) as client:
        with pytest.raises(BackendInvalidResponseError) as caught:
            await ask(client)
        assert caught.value.message.endswith(" /things is not acceptable: it ended early.")
        assert len(backend.requests) == 1


async def test_a_write_tried_again_carries_the_same_key_and_body() -> None:
    async def answer(request: Request) -> None:
        if request.connection == 1:
            request.reset()
        else:
            await request.answer()

    async with answering(answer) as backend, calling(backend, timing=Clock().timing) as client:
        assert await writing(client) == Thing("t1")
        sent = [(request.headers["idempotency-key"], request.body) for request in backend.requests]
        assert sent == [("k1", b'{"n":1}')] * 2


async def test_without_successes_a_service_is_sent_ten_retries_a_second() -> None:
    clock = Clock(chance=0.0)
    async with (
        answering(reset) as backend,
        calling(backend, settings={"breaker": False}, timing=clock.timing) as client,
    ):
        for _ in range(20):
            with pytest.raises(BackendUnavailableError):
                await reading(client)
        assert (client.stats.sent, client.stats.retried, client.stats.retries_refused) == (30, 10, 15)

        clock.advance(1)
        for _ in range(20):
            with pytest.raises(BackendUnavailableError):
                await reading(client)
        assert client.stats.retried == 20


def test_the_budget_is_a_fifth_of_the_successes_where_that_is_more() -> None:
    clock = Clock()
    budget = RetryBudget(clock.timing)
    budget.successes = 200
    assert [budget.take() for _ in range(41)] == [True] * 40 + [False]
    clock.advance(0.5)
    assert [budget.take() for _ in range(6)] == [True] * 5 + [False]


def test_what_a_budget_saves_has_a_bound() -> None:
    clock = Clock()
    budget = RetryBudget(clock.timing)
    budget.successes = 1_000_000
    clock.advance(1_000_000)
    assert sum(budget.take() for _ in range(1000)) == 100
