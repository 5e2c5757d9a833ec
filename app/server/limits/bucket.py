"""Buckets: how much each caller may spend, which comes back with time."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from redis.asyncio import Redis

from app.errors import ThrottledError
from app.server.stores import KEY_PREFIX, Failover

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


@dataclass(frozen=True, slots=True)
class BucketSize:
    """How much a bucket holds, and what comes back to it in a second."""

    most: int
    restore_rate: int

    def status(self, available: float) -> ThrottleStatus:
        """How a caller stands who has this left."""
        return ThrottleStatus(self.most, int(available), self.restore_rate)

    def throttled(self, cost: int, available: float) -> ThrottledError:
        """The error of who has less left than something costs."""
        return ThrottledError(
            f"This costs {cost}, and {int(available)} is available: try again later.",
            cost=cost,
            status=self.status(available).as_json(),
            retry_after=(cost - available) / self.restore_rate,
        )


class Buckets(Protocol):
    """A bucket for each caller."""

    size: BucketSize
    is_immediate: bool
    """Whether nothing is waited for."""

    async def take(self, caller: str, cost: int) -> ThrottleStatus:
        """Spend; raises `ThrottledError` when there is less."""
        ...

    async def give_back(self, caller: str, cost: int) -> ThrottleStatus:
        """Return what was not spent after all, or spend what was too little."""
        ...


class MemoryBuckets:
    """In the memory of this process; of those that are not full, so many at most are kept."""

    is_immediate = True

    def __init__(self, size: BucketSize, clock: Callable[[], float] = time.monotonic) -> None:
        self.size = size
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def take(self, caller: str, cost: int) -> ThrottleStatus:
        available = self._available(caller)
        if cost > available:
            raise self.size.throttled(cost, available)
        return self._set(caller, available - cost)

    async def give_back(self, caller: str, cost: int) -> ThrottleStatus:
        return self._set(caller, min(self.size.most, self._available(caller) + cost))

    def _available(self, caller: str) -> float:
        level, since = self._levels.get(caller, (self.size.most, 0.0))
        return min(self.size.most, level + (self._clock() - since) * self.size.restore_rate)

    def _set(self, caller: str, level: float) -> ThrottleStatus:
        self._levels[caller] = (level, self._clock())
        self._levels.move_to_end(caller)
        if len(self._levels) > MAX_CALLERS:
            self._levels.popitem(last=False)
        return self.size.status(level)


_SPEND: Final = """
local most, rate, cost, must = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1'
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local kept = redis.call('HMGET', KEYS[1], 'level', 'since')
local level = most
if kept[1] then level = math.min(most, kept[1] + math.max(0, now - kept[2]) * rate) end
local is_spent = must or cost <= level
if is_spent then
  level = math.min(most, level - cost)
  redis.call('HSET', KEYS[1], 'level', tostring(level), 'since', string.format('%.6f', now))
  redis.call('EXPIRE', KEYS[1], math.ceil((most - level) / rate) + 1)
end
return {is_spent and 1 or 0, tostring(level)}
"""
"""By Redis's own clock, so that all processes agree on what has come back. A bucket that is full again goes."""


class RedisBuckets:
    """In Redis, for all processes together; while it cannot be had, each spends from buckets of its own."""

    is_immediate = False

    def __init__(self, redis: Redis, size: BucketSize) -> None:
        self.size = size
        self._spend: Any = redis.register_script(_SPEND)
        self._own = MemoryBuckets(size)
        self._failover = Failover()

    async def take(self, caller: str, cost: int) -> ThrottleStatus:
        return await self._failover.ask(
            lambda: self._spent(caller, cost, must=False), lambda: self._own.take(caller, cost)
        )

    async def give_back(self, caller: str, cost: int) -> ThrottleStatus:
        return await self._failover.ask(
            lambda: self._spent(caller, -cost, must=True), lambda: self._own.give_back(caller, cost)
        )

    async def _spent(self, caller: str, cost: int, *, must: bool) -> ThrottleStatus:
        arguments = [self.size.most, self.size.restore_rate, cost, int(must)]
        is_spent, level = await self._spend(keys=[f"{KEY_PREFIX}cost:{caller}"], args=arguments)
        available = float(level)
        if not is_spent:
            raise self.size.throttled(cost, available)
        return self.size.status(available)


def create_buckets(size: BucketSize, redis: Redis | None) -> Buckets:
    """Buckets in Redis where there is one, else in memory."""
    return MemoryBuckets(size) if redis is None else RedisBuckets(redis, size)
