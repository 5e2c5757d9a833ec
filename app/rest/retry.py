"""When a call is tried again, how soon, and how many calls a service may be sent more than were asked for."""

from typing import Final

from app.rest.answer import Answer, NoAnswerError
from app.rest.call import Call, Stats
from app.rest.retry_after import retry_after
from app.rest.timing import Timing

FIRST_PAUSE: Final = 0.05
LEAST_PER_SECOND: Final = 10.0
SHARE_OF_SUCCESSES: Final = 0.2
MOST_SAVED: Final = 100.0

READS: Final = frozenset(("GET", "HEAD"))
PASSING: Final = frozenset((502, 503, 504))
"""What an answer says that may be well a moment later."""
PASSING_IF_SAID: Final = frozenset((429,))
"""The same, but only where the answer itself says when to come back."""


class RetryBudget:
    """Retries a service may be sent: a fifth of the calls that succeed, or ten a second where that is more.

    Two buckets, one filled by success and one by time; a retry needs a token of either and takes one of both.
    """

    def __init__(self, timing: Timing) -> None:
        self.successes = 0
        self._clock = timing.clock
        self._earned = 0.0
        self._granted = LEAST_PER_SECOND
        self._settled_at = timing.clock()

    def take(self) -> bool:
        """Whether one more retry may be sent."""
        self._settle()
        if self._earned < 1 and self._granted < 1:
            return False
        self._earned = max(0.0, self._earned - 1)
        self._granted = max(0.0, self._granted - 1)
        return True

    def _settle(self) -> None:
        now = self._clock()
        self._earned = min(MOST_SAVED, self._earned + SHARE_OF_SUCCESSES * self.successes)
        self._granted = min(LEAST_PER_SECOND, self._granted + LEAST_PER_SECOND * (now - self._settled_at))
        self.successes, self._settled_at = 0, now


class RetryPolicy:
    """What may be tried again, at most `most` times.

    A read: when the connection failed before any answer, and when the answer says that the trouble passes. A write:
    only when the connection failed, and it never went out or the service answers a repeated key with what it stored.
    """

    def __init__(self, most: int, timing: Timing, stats: Stats, *, stores_answers: bool) -> None:
        self.budget = RetryBudget(timing)
        self._stats = stats
        self._most = most
        self._chance = timing.chance
        self._stores_answers = stores_answers

    def after_failure(self, call: Call, tries: int, error: NoAnswerError) -> float | None:
        """Seconds until the next try, or None when there is to be none."""
        if not error.is_retryable or not (call.method in READS or self._stores_answers or not error.is_sent):
            return None
        return self._pause(call, tries, 0.0)

    def after_answer(self, call: Call, tries: int, answer: Answer) -> float | None:
        """The same, after an answer that is no success."""
        status = answer.status
        if call.method not in READS or not (status in PASSING or status in PASSING_IF_SAID):
            return None
        asked = retry_after(answer.headers.get(b"retry-after"))
        if asked is None and status in PASSING_IF_SAID:
            return None
        return self._pause(call, tries, asked or 0.0)

    def _pause(self, call: Call, tries: int, at_least: float) -> float | None:
        """Full jitter, doubling; none when the call would run out of time or the budget is used up."""
        if tries >= self._most:
            return None
        pause = at_least + self._chance() * FIRST_PAUSE * (1 << tries)
        if pause >= call.seconds - call.elapsed:
            return None
        if not self.budget.take():
            self._stats.retries_refused += 1
            return None
        return pause
