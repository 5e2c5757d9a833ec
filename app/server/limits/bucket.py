"""Buckets: how much each caller may spend, which comes back with time."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.errors import ThrottledError

MAX_CALLERS: Final = 10_000


@dataclass(frozen=True, slots=True)
class ThrottleStatus:
    """What a caller has left."""

    maximum_available: int
    currently_available: int
    restore_rate: int

    def as_json(self) -> dict[str, object]:
        """For `extensions.cost.throttleStatus`."""
        return {
            "maximumAvailable": self.maximum_available,
            "currentlyAvailable": self.currently_available,
            "restoreRate": self.restore_rate,
        }


class CostBuckets:
    """A bucket for each caller, in the memory of this process; of those that are not full, so many at most are kept."""

    def __init__(self, size: int, restore_rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`restore_rate` is what comes back in a second."""
        self.size = size
        self._restore_rate = restore_rate
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, cost: int) -> None:
        """Spend; raises `ThrottledError` when there is less."""
        available = self._available(caller)
        if cost > available:
            raise ThrottledError(
                f"This costs {cost}, and {int(available)} is available: try again later.",
                cost=cost,
                status=self.status(caller).as_json(),
                retry_after=(cost - available) / self._restore_rate,
            )
        self._set(caller, available - cost)

    def give_back(self, caller: str, cost: int) -> None:
        """Return what was not spent after all, or spend what was too little."""
        self._set(caller, min(self.size, self._available(caller) + cost))

    def status(self, caller: str) -> ThrottleStatus:
        """What the caller has left now."""
        return ThrottleStatus(self.size, int(self._available(caller)), self._restore_rate)

    def _available(self, caller: str) -> float:
        level, since = self._levels.get(caller, (self.size, 0.0))
        return min(self.size, level + (self._clock() - since) * self._restore_rate)

    def _set(self, caller: str, level: float) -> None:
        self._levels[caller] = (level, self._clock())
        self._levels.move_to_end(caller)
        if len(self._levels) > MAX_CALLERS:
            self._levels.popitem(last=False)
