"""Leaving: of clients that hang up together, one is let go in a millisecond; new sockets and streams come after them.

To let one go takes 20 µs, most of it the system's, and 100 to 150 µs if it has a socket or a stream. A thousand at
once, and everybody else would wait for all of them; and for as many new ones, at 500 µs each, if the same clients came
back at once. Who wants the place of one that leaves has it at once.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final
from weakref import WeakKeyDictionary

from app.server.collector import look_at_the_young

PAUSE_SECONDS: Final = 0.001
PATIENT: Final = 5000
"""Who wait, at most, with pauses between them. Of more, one has its turn in each turn of the event loop, which accepts
one connection at most: so they do not become more and more."""
LOOK_AFTER: Final = 50
"""Turns: sockets and streams are made of 140 to 300 objects each, which are gone, or come."""


class _Line:
    """Who leave, and who come after them: first come, first served."""

    def __init__(self) -> None:
        self._turns: deque[Callable[[], object]] = deque()
        self._turns_had = 0
        self._leaving: dict[Callable[[], object], None] = {}

    def leave(self, end: Callable[[], object]) -> None:
        self._leaving[end] = None
        self._add(partial(self._end, end))

    def end_one(self) -> bool:
        if not self._leaving:
            return False
        self._end(next(iter(self._leaving)))
        return True

    async def come(self) -> None:
        if self._turns:
            turn = asyncio.Event()
            self._add(turn.set)
            await turn.wait()

    def _add(self, turn: Callable[[], object]) -> None:
        self._turns.append(turn)
        if len(self._turns) == 1:
            self._call_next()

    def _call_next(self) -> None:
        pause = PAUSE_SECONDS if len(self._turns) <= PATIENT else 0
        asyncio.get_running_loop().call_later(pause, self._have_a_turn)

    def _have_a_turn(self) -> None:
        turn = self._turns.popleft()
        if self._turns:
            self._call_next()
        self._turns_had += 1
        if self._turns_had % LOOK_AFTER == 0:
            look_at_the_young()
        turn()

    def _end(self, end: Callable[[], object]) -> None:
        if end in self._leaving:
            del self._leaving[end]
            end()


_lines: WeakKeyDictionary[asyncio.AbstractEventLoop, _Line] = WeakKeyDictionary()


def _line() -> _Line:
    return _lines.setdefault(asyncio.get_running_loop(), _Line())


def let_go(transport: asyncio.Transport) -> bool:
    """Close the connection of a client that has hung up, soon; what `eof_received` has to return."""
    if not transport.can_write_eof():  # TLS, which does not wait
        return False
    _line().leave(transport.close)
    return True


def clear_up_after(lost: Callable[[], object]) -> None:
    """Call this soon, for a client whose connection was reset: what `connection_lost` has to do for it."""
    _line().leave(lost)


def let_one_go() -> bool:
    """Do either now for one that leaves, as its place is wanted; whether there was one."""
    return _line().end_one()


async def behind_those_who_leave() -> None:
    """Wait until those who leave now have left."""
    await _line().come()
