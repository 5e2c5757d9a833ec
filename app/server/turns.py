"""Turns: who sends more than can be dealt with at once waits in one line with all others who do."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar
from weakref import WeakKeyDictionary

from app.errors import forget_frames

T = TypeVar("T")

SHARE: Final = 1 / 10
"""Of the time there is, for all who wait together; what comes of their turns takes about as much again."""


class Turns:
    """A line in which whoever has had the fewest turns is next, and of these who has waited longest."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, Callable[[], None]]] = []
        self._arrivals = itertools.count()
        self._is_called = False
        self._free_at = 0.0

    def wait(self, had: int, turn: Callable[[], None]) -> None:
        """Have this called when its turn comes; `had` is how many it has had for what it still has to do."""
        heapq.heappush(self._waiting, (had, next(self._arrivals), turn))
        if not self._is_called:
            self._call_next()

    async def take(self, work: Callable[[], T]) -> T:
        """What the work comes to, which is done in one turn."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.wait(0, partial(_settle, done, work))
        return await done

    def _call_next(self) -> None:
        self._is_called = True
        asyncio.get_running_loop().call_later(self._free_at - time.monotonic(), self._have_a_turn)

    def _have_a_turn(self) -> None:
        _, _, turn = heapq.heappop(self._waiting)
        began = time.monotonic()
        try:
            turn()
        finally:
            ended = time.monotonic()
            self._free_at = ended + (ended - began) * (1 / SHARE - 1)
            self._is_called = False
            if self._waiting:
                self._call_next()


def _settle(done: asyncio.Future[T], work: Callable[[], T]) -> None:
    if done.done():  # who waited for it has gone
        return
    try:
        done.set_result(work())
    except Exception as error:
        forget_frames(error)
        done.set_exception(error)


_lines: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


def turns_of(loop: asyncio.AbstractEventLoop) -> Turns:
    """The one line of all who are served by this loop."""
    return _lines.setdefault(loop, Turns())
