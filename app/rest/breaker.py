"""The breaker: an operation that mostly fails is left alone for a while, then tried with a few calls."""

import logging
import sys
from collections import deque
from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from app.rest.answer import CircuitOpenError
from app.rest.call import Call, Stats
from app.rest.timing import Timing

WINDOW_SECONDS: Final = 10
MIN_CALLS: Final = 20
FAILURE_SHARE: Final = 0.5
FIRST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 10.0
PROBES: Final = 3

logger = logging.getLogger(__name__)


class State(IntEnum):
    """The numbers are those of the metric."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class Window:
    """How many calls were made, and how many failed, in the last ten seconds, counted by the second.

    `failed_in_a_row` is how many have failed since the last good one, however long ago that was.
    """

    def __init__(self) -> None:
        self._past: deque[tuple[int, int, int]] = deque()
        self._second = 0
        self.second_ends = 0.0
        self.calls = 0
        self.failed_in_a_row = 0
        self._failures = 0

    def count(self, now: float, is_good: bool) -> None:
        if now >= self.second_ends:
            self._begin_second(int(now))
        self.calls += 1
        if is_good:
            self.failed_in_a_row = 0
        else:
            self.failed_in_a_row += 1
            self._failures += 1

    def totals(self, now: float) -> tuple[int, int]:
        """Calls and failures."""
        if now >= self.second_ends:
            self._begin_second(int(now))
        past = self._past
        return self.calls + sum(calls for _, calls, _ in past), self._failures + sum(bad for _, _, bad in past)

    def _begin_second(self, second: int) -> None:
        self._past.append((self._second, self.calls, self._failures))
        while self._past and self._past[0][0] <= second - WINDOW_SECONDS:
            self._past.popleft()
        self._second, self.second_ends = second, second + 1.0
        self.calls = self._failures = 0


class Breaker:
    """Of one operation. Closed, it counts; open, it refuses; half open, it lets `PROBES` calls through at a time.

    It opens when half of the last calls failed, or `MIN_CALLS` in a row, so that a busy service is left alone as soon
    as a quiet one. A failed probe opens it for twice as long, up to `LONGEST_PAUSE`; as many good ones as `PROBES`
    close it. `enter` before each call and `leave` after it; what began before a change of state no longer counts.
    """

    def __init__(self, name: str, timing: Timing, stats: Stats, min_calls: int = MIN_CALLS) -> None:
        self._name = name
        self._timing = timing
        self._stats = stats
        self._min_calls = min_calls
        self._window = Window()
        self._pause = FIRST_PAUSE
        self._open_until: float | None = None
        self._turn = 0
        self._probes_begun = 0
        self._probes_good = 0

    @property
    def state(self) -> State:
        if self._open_until is None:
            return State.CLOSED
        return State.OPEN if self._timing.clock() < self._open_until else State.HALF_OPEN

    def enter(self) -> int:
        """Let one call begin, or raise `CircuitOpenError`; gives what `leave` wants to know."""
        if self._open_until is not None:
            left = self._open_until - self._timing.clock()
            if left > 0 or self._probes_begun >= PROBES:
                self._stats.circuit_refused += 1
                raise CircuitOpenError(max(left, 1.0))
            self._probes_begun += 1
        return self._turn

    def leave(self, turn: int, is_good: bool | None) -> None:
        """The call is over; `is_good` is None when nothing can be told from it."""
        if turn != self._turn:
            return
        if self._open_until is not None:
            self._judge_probe(is_good)
        elif is_good is not None:
            now = self._timing.clock()
            self._window.count(now, is_good)
            if not is_good and self._is_failing(now):
                self._open()

    def succeed(self, turn: int, began: float) -> None:
        """The same as `leave` for a good call, as lean as every good call needs it."""
        window = self._window
        if turn != self._turn or self._open_until is not None or began >= window.second_ends:
            self.leave(turn, True)
        else:
            window.calls += 1
            window.failed_in_a_row = 0

    def _is_failing(self, now: float) -> bool:
        calls, failures = self._window.totals(now)
        if calls < self._min_calls:
            return False
        return failures >= calls * FAILURE_SHARE or self._window.failed_in_a_row >= self._min_calls

    def _judge_probe(self, is_good: bool | None) -> None:
        if is_good is None:
            self._probes_begun -= 1
        elif not is_good:
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            self._open()
        else:
            self._probes_begun -= 1
            self._probes_good += 1
            if self._probes_good >= PROBES:
                self._close()

    def _open(self) -> None:
        seconds = self._pause * (0.75 + self._timing.chance() / 2)  # so that many gateways do not probe as one
        self._open_until = self._timing.clock() + seconds
        self._begin_turn()
        logger.warning("%s mostly fails: it is not called for %.1f s.", self._name, seconds)

    def _close(self) -> None:
        self._open_until = None
        self._pause = FIRST_PAUSE
        self._window = Window()
        self._begin_turn()
        logger.warning("%s is well again.", self._name)

    def _begin_turn(self) -> None:
        self._turn += 1
        self._probes_begun = self._probes_good = 0


class Breakers:
    """The breakers of one service, one for each method and route. Switched off, none of them ever opens."""

    def __init__(self, timing: Timing, stats: Stats, *, is_on: bool) -> None:
        self._timing = timing
        self._stats = stats
        self._min_calls = MIN_CALLS if is_on else sys.maxsize
        self._by_operation: dict[tuple[str, str], Breaker] = {}

    def of(self, call: Call) -> Breaker:
        """The breaker of the operation that is called."""
        operation = (call.method, call.route)
        breaker = self._by_operation.get(operation)
        if breaker is None:
            name = f"{call} of the {call.service} service"
            breaker = self._by_operation[operation] = Breaker(name, self._timing, self._stats, self._min_calls)
        return breaker

    def states(self) -> Iterator[tuple[str, State]]:
        """Each operation that was ever called, such as `GET /listings/{id}`, and the state of its breaker."""
        for (method, route), breaker in self._by_operation.items():
            yield f"{method} {route}", breaker.state
