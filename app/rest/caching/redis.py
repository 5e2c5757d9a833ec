"""Answers kept in Redis, for all processes of a gateway."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.rest.caching.cache import Found, Place
from app.rest.caching.kept import Kept

KEEP_FOR_VALIDATION: Final = 300
"""Seconds for which an answer with an entity tag is kept beyond its freshness."""
MAX_KEEP: Final = 86_400
RETRY_SECONDS: Final = 5.0

MARK: Final = """
local now = redis.call('TIME')
local mark = now[1] * 1000000 + now[2] + 1
for _, key in ipairs(KEYS) do redis.call('SET', key, string.format('%.0f', mark), 'EX', ARGV[1]) end
"""

FAILURES: Final = (RedisError, OSError, TimeoutError)

logger = logging.getLogger(__name__)


class RedisCache:
    """Marks are moments of Redis's own clock, in microseconds, so that all processes agree on what came first.

    While Redis does not answer, nothing is kept and nothing found; what was marked meanwhile is marked before anything
    is found again. A mark goes after twice the time that any answer is kept; that of a service is then made anew, and
    so it is when Redis has forgotten it.
    """

    def __init__(self, redis: Redis, *, prefix: str = "atrium", clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self._redis = redis
        self._prefix = f"{prefix}:cache:"
        self._down_until = 0.0
        self._has_warned = False
        self._unmarked: set[str] = set()
        self._settling = asyncio.Lock()
        self._work: set[asyncio.Task[None]] = set()

    @property
    def size(self) -> int:
        return 0

    async def find(self, place: Place) -> Found:
        await self.settle()
        if self._is_down():
            return Found(None, False, None)
        service, caller = self._service_mark(place.service), self._caller_mark(place.authorization)
        try:
            pipeline = self._redis.pipeline(transaction=False)
            pipeline.mget(self._entry(place, is_for_all=False), self._entry(place, is_for_all=True), service, caller)
            pipeline.time()
            (private, shared, changed, changed_by), (seconds, microseconds) = await pipeline.execute()
        except FAILURES as error:
            self._fail(error)
            return Found(None, False, None)
        self._has_warned = False
        if changed is None:
            self._unmarked.add(service)
        kept = _decoded(private or shared)
        is_valid = kept is not None and changed is not None and kept.mark >= max(int(changed), int(changed_by or 0))
        return Found(kept, is_valid, seconds * 1_000_000 + microseconds)

    def keep(self, place: Place, kept: Kept) -> None:
        entry, other = (self._entry(place, is_for_all=value) for value in (kept.is_for_all, not kept.is_for_all))
        body = msgspec.msgpack.encode(msgspec.structs.replace(kept, decoded=msgspec.UNSET))
        last_use = max(kept.fresh_until, kept.refreshable_until, kept.fallback_until)
        seconds = last_use - self.clock() + (KEEP_FOR_VALIDATION if kept.etag else 0)

        async def work() -> None:
            await self._redis.delete(other)
            await self._redis.set(entry, body, ex=max(1, min(int(seconds), MAX_KEEP)))

        self._begin(work)

    def drop(self, place: Place) -> None:
        async def work() -> None:
            await self._redis.delete(self._entry(place, is_for_all=False), self._entry(place, is_for_all=True))

        self._begin(work)

    def mark(self, service: str, authorization: str | None = None) -> None:
        self._unmarked.add(self._service_mark(service))
        if authorization is not None:
            self._unmarked.add(self._caller_mark(authorization))
        self._begin(self.settle)

    async def settle(self) -> None:
        if self._unmarked or self._settling.locked():
            async with self._settling:
                if self._unmarked and not self._is_down():
                    await self._settle()

    async def aclose(self) -> None:
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        await self._redis.aclose()

    async def _settle(self) -> None:
        marking, self._unmarked = self._unmarked, set()
        try:
            await self._redis.eval(MARK, len(marking), *marking, str(2 * MAX_KEEP))
        except BaseException as error:
            self._unmarked |= marking
            if not isinstance(error, FAILURES):
                raise
            self._fail(error)

    def _begin(self, work: Callable[[], Any]) -> None:
        """Do what nobody waits for; as it cannot be done, it is left."""

        async def done() -> None:
            try:
                await work()
            except FAILURES as error:
                self._fail(error)

        if not self._is_down():
            task = asyncio.create_task(done())
            self._work.add(task)
            task.add_done_callback(self._work.discard)

    def _is_down(self) -> bool:
        return self.clock() < self._down_until

    def _fail(self, error: BaseException) -> None:
        self._down_until = self.clock() + RETRY_SECONDS
        if not self._has_warned:
            self._has_warned = True
            logger.warning("Redis does not answer; reads are not kept until it does: %s", error)

    def _entry(self, place: Place, *, is_for_all: bool) -> str:
        whose = "all" if is_for_all else f"one {place.authorization or ''}"
        digest = hashlib.sha256(f"{place.service}\0{place.target}\0{whose}".encode()).hexdigest()
        return f"{self._prefix}answer:{digest}"

    def _service_mark(self, service: str) -> str:
        return f"{self._prefix}changed:{service}"

    def _caller_mark(self, authorization: str | None) -> str:
        return f"{self._prefix}changed-by:{hashlib.sha256((authorization or '').encode()).hexdigest()}"


def _decoded(body: bytes | None) -> Kept | None:
    if body is None:
        return None
    try:
        return msgspec.msgpack.decode(body, type=Kept)
    except msgspec.DecodeError:  # of another version
        return None
