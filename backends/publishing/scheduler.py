"""The scheduler: sleeps until something is due, does it, and sleeps again."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from backends.document import now

LONGEST_SLEEP_SECONDS: Final = 60.0
"""The clock of the machine may be set, or the machine may have slept: so it is looked at this often."""

logger = logging.getLogger(__name__)


class Clock:
    """The time, and waiting for it. Tests have one of their own."""

    def now(self) -> datetime:
        return now()

    async def wait(self, until: datetime | None, woken: asyncio.Event) -> None:
        """Returns at that moment or somewhat earlier, and at once when woken; None is a moment that never comes."""
        left = LONGEST_SLEEP_SECONDS if until is None else (until - self.now()).total_seconds()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(left, LONGEST_SLEEP_SECONDS))):
                await woken.wait()


class Scheduler:
    """Starts what is due. What it starts are jobs, stored with the change that they begin: none is lost or done twice.

    `start_due` starts everything that is due at a moment; `next_due` says when the next thing will be.
    """

    def __init__(
        self, clock: Clock, start_due: Callable[[datetime], None], next_due: Callable[[], datetime | None]
    ) -> None:
        self._clock = clock
        self._start_due = start_due
        self._next_due = next_due
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something may be due earlier than it was."""
        self._woken.set()

    async def run(self) -> None:
        while True:
            self._woken.clear()
            await self._clock.wait(self._started(), self._woken)

    def _started(self) -> datetime | None:
        """Starts what is due; gives the moment of the next look. One thing that cannot be started must not end all."""
        try:
            self._start_due(self._clock.now())
            return self._next_due()
        except Exception:
            logger.exception("what is due cannot be started")
            return None
