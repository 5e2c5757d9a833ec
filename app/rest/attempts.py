"""Attempts: every call that goes out to one service passes its breaker and takes a place, once for each try."""

from collections.abc import Awaitable, Callable, Iterator
from typing import TypeAlias

from app.rest.answer import Answer, BadAnswerError, CircuitOpenError, NoAnswerError
from app.rest.breaker import Breaker, Breakers, State
from app.rest.call import Call, Stats
from app.rest.places import Places
from app.rest.retry import RetryPolicy
from app.rest.service import Service
from app.rest.timing import Timing
from app.settings import ServiceSettings

Attempt: TypeAlias = Callable[[bool], Awaitable[Answer]]
"""One try; told whether it must not use a connection that was used before."""


class Attempts:
    """What one service is spared: calls it will fail anyway, more at once than it takes, and storms of retries.

    `lasting` are the places of streams and uploads, which must not keep others from theirs.
    """

    def __init__(self, service: Service, settings: ServiceSettings, timing: Timing, stats: Stats) -> None:
        self.lasting = Places(settings.max_calls, settings.max_waiting, stats)
        self._places = Places(settings.max_calls, settings.max_waiting, stats)
        self._breakers = Breakers(timing, stats, is_on=settings.breaker)
        self._retries = RetryPolicy(settings.retries, timing, stats, stores_answers=service.stores_answers)
        self._clock, self._sleep = timing.clock, timing.sleep
        self._stats = stats
        self._is_closed = False

    async def answer(self, call: Call, attempt: Attempt) -> Answer:
        """The answer of the first try that needs no other, or of the last one."""
        breaker = self._breakers.of(call)
        tries, is_fresh = 0, False
        while True:
            turn = breaker.enter()
            if not self._places.take():
                turn = await self._waited(breaker, turn)
            started = self._clock()
            self._stats.sent += 1
            try:
                answer = await attempt(is_fresh)
            except BaseException as error:
                pause = self._pause(call, breaker, tries, error)
                if pause is None:
                    self._judge(breaker, turn, error, call, started)
                    raise
                is_fresh = True
            else:
                if answer.status < 429:
                    breaker.succeed(turn, started)
                    self._retries.budget.successes += 1
                    return answer
                pause = self._pause(call, breaker, tries, answer)
                if pause is None:
                    breaker.leave(turn, answer.status < 500)
                    return answer
            finally:
                self._places.leave()
            breaker.leave(turn, None)  # what counts is what the call comes to
            tries += 1
            await self._sleep(pause)
            call.is_retried = True
            self._stats.retried += 1

    async def once(self, call: Call, attempt: Attempt) -> Answer:
        """The answer of the only try, or its head; the place is the caller's to take, from `lasting`."""
        breaker = self._breakers.of(call)
        turn = breaker.enter()
        started = self._clock()
        self._stats.sent += 1
        try:
            answer = await attempt(True)
        except BaseException as error:
            self._judge(breaker, turn, error, call, started)
            raise
        breaker.leave(turn, answer.status < 500)
        return answer

    def states(self) -> Iterator[tuple[str, State]]:
        """Each operation that was ever called, and the state of its breaker."""
        return self._breakers.states()

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        return self._places.waiting + self.lasting.waiting

    def close(self) -> None:
        """Let nobody wait or try again."""
        self._is_closed = True
        self._places.close()
        self.lasting.close()

    async def _waited(self, breaker: Breaker, turn: int) -> int:
        """Wait for a place, and be let through by the breaker as it is then."""
        breaker.leave(turn, None)
        await self._places.wait()
        try:
            return breaker.enter()
        except CircuitOpenError:
            self._places.leave()
            raise

    def _judge(self, breaker: Breaker, turn: int, error: BaseException, call: Call, started: float) -> None:
        """Tell the breaker of a try without an answer: out of time or left by its callers, a long one counts."""
        is_broken = isinstance(error, NoAnswerError | BadAnswerError)
        breaker.leave(turn, False if is_broken or self._clock() - started >= call.timeout / 2 else None)

    def _pause(self, call: Call, breaker: Breaker, tries: int, outcome: Answer | BaseException) -> float | None:
        """Seconds until the next try, or None when this was the last."""
        if self._is_closed or breaker.state is not State.CLOSED:
            return None
        if isinstance(outcome, Answer):
            return self._retries.after_answer(call, tries, outcome)
        return self._retries.after_failure(call, tries, outcome) if isinstance(outcome, NoAnswerError) else None
