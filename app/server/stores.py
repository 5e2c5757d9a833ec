"""Stores: what the gateway keeps for a while between requests, in its own memory or in Redis for many processes."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, TypeVar

import structlog
from limits.aio.storage import RedisStorage as CountStorage
from limits.aio.storage import Storage
from redis.asyncio import Redis
from redis.exceptions import RedisError

T = TypeVar("T")

RETRY_SECONDS: Final = 5.0
"""How long Redis is left alone after it has failed."""
KEY_PREFIX: Final = "atrium:"


class Store(Protocol):
    """Values by key, each for so many seconds."""

    async def get(self, key: str) -> bytes | None: ...

    async def put(self, key: str, value: bytes, seconds: float) -> None: ...

    async def claim(self, key: str, seconds: float) -> bool:
        """Take the key unless it is taken; whether it was free."""
        ...

    async def drop(self, key: str) -> None: ...


class MemoryStore:
    """Keeps at most so many values, of at most so many bytes together; what was not used for longest goes first."""

    def __init__(
        self, *, max_values: int = 10_000, max_bytes: int = 50_000_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_values = max_values
        self._max_bytes = max_bytes
        self._clock = clock
        self._bytes = 0
        self._values: OrderedDict[str, tuple[bytes, float]] = OrderedDict()

    async def get(self, key: str) -> bytes | None:
        value, ends_at = self._values.get(key, (b"", 0.0))
        if ends_at <= self._clock():
            self._remove(key)
            return None
        self._values.move_to_end(key)
        return value

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        self._remove(key)
        self._values[key] = (value, self._clock() + seconds)
        self._bytes += len(key) + len(value)
        while len(self._values) > self._max_values or self._bytes > self._max_bytes:
            self._remove(next(iter(self._values)))

    async def claim(self, key: str, seconds: float) -> bool:
        if await self.get(key) is not None:
            return False
        await self.put(key, b"", seconds)
        return True

    async def drop(self, key: str) -> None:
        self._remove(key)

    def _remove(self, key: str) -> None:
        value, _ = self._values.pop(key, (None, 0.0))
        if value is not None:
            self._bytes -= len(key) + len(value)


class Failover:
    """Asks Redis, and something else while it cannot be had, which a line in the log tells."""

    _down_until = 0.0

    async def ask(self, redis: Callable[[], Awaitable[T]], otherwise: Callable[[], Awaitable[T]]) -> T:
        """What the first gives, or the second when the first has failed a short while ago."""
        if time.monotonic() >= self._down_until:
            try:
                return await redis()
            except (RedisError, OSError, TimeoutError) as error:
                self._down_until = time.monotonic() + RETRY_SECONDS
                structlog.get_logger(__name__).warning("redis.failed", reason=str(error))
        return await otherwise()


class RedisStore:
    """Keeps values in Redis; while it cannot be had, in memory."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis
        self._fallback = MemoryStore()
        self._failover = Failover()

    async def get(self, key: str) -> bytes | None:
        found: bytes | None = await self._failover.ask(
            lambda: self._redis.get(KEY_PREFIX + key), lambda: self._fallback.get(key)
        )
        return found

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        await self._failover.ask(
            lambda: self._redis.set(KEY_PREFIX + key, value, px=_milliseconds(seconds)),
            lambda: self._fallback.put(key, value, seconds),
        )

    async def claim(self, key: str, seconds: float) -> bool:
        is_free = await self._failover.ask(
            lambda: self._redis.set(KEY_PREFIX + key, b"", nx=True, px=_milliseconds(seconds)),
            lambda: self._fallback.claim(key, seconds),
        )
        return bool(is_free)

    async def drop(self, key: str) -> None:
        await self._failover.ask(lambda: self._redis.delete(KEY_PREFIX + key), lambda: self._fallback.drop(key))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def create_store(redis: Redis | None) -> Store:
    """A store in Redis where there is one, else in memory."""
    return MemoryStore() if redis is None else RedisStore(redis)


def shared_counts(redis: Redis | None) -> Storage | None:
    """Where uses are counted for all processes, over the connections of the client; None without one."""
    if redis is None:
        return None
    pool: Any = redis.connection_pool
    prefix = f"{KEY_PREFIX}limits"
    return CountStorage("async+redis://", implementation="redispy", key_prefix=prefix, connection_pool=pool)


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))
