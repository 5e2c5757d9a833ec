"""Reads of one service, answered by what is kept of earlier ones where the service allows it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeAlias, TypeVar

from app.errors import BackendError
from app.rest import translation
from app.rest.answer import OutOfTimeError, TransportError
from app.rest.caching.cache import Place, ResponseCache
from app.rest.caching.kept import Kept, kept_of
from app.rest.call import CacheUse, Call, Stats
from app.rest.reply import Reply, Sending, undecoded

T = TypeVar("T")

FALLBACK_STATUSES: Final = frozenset((500, 502, 503, 504))

Ask: TypeAlias = Callable[[Call, type[Any], Sending], Awaitable[Reply]]
"""Sends the call, or joins one under way; the reply says what it was sent with."""

Refresh: TypeAlias = Callable[[Call, type[Any]], Coroutine[Any, Any, None]]
"""Makes the same read once more, for nobody, with `must_ask`."""


class CachedReads:
    """Between a client and its calls."""

    def __init__(self, cache: ResponseCache, stats: Stats, ask: Ask, refresh: Refresh) -> None:
        self._cache = cache
        self._stats = stats
        self._ask = ask
        self._refresh = refresh
        self._clock = cache.clock
        self._refreshing: dict[Place, asyncio.Task[None]] = {}

    async def read(self, call: Call, kind: type[T], *, must_ask: bool = False) -> T:
        """The value of a kept answer, where that is as good, or of the one that is asked for now."""
        place = Place(call.service, call.target, call.caller.authorization)
        found = await self._cache.find(place)
        valid, now = found.kept if found.is_valid and not must_ask else None, self._clock()
        if valid is not None and now < valid.fresh_until:
            return self._value(call, valid, kind, "hit")
        if valid is not None and now < valid.refreshable_until:
            self._begin_refresh(place, call, kind)
            return self._value(call, valid, kind, "stale")
        try:
            reply = await self._ask(call, kind, Sending(found.kept, found.mark, now))
        except (TransportError, BackendError) as error:
            is_late = isinstance(error, OutOfTimeError) and error.by_deadline
            if is_late or valid is None or self._clock() >= valid.fallback_until:
                raise
            return self._value(call, valid, kind, "stale")
        if valid is not None and reply.answer.status in FALLBACK_STATUSES and self._clock() < valid.fallback_until:
            return self._value(call, valid, kind, "stale")
        if reply.value is undecoded:
            reply.value = self._taken(call, place, reply, kind)
        value: T = reply.value
        return value

    async def aclose(self) -> None:
        """End the reads that go on for nobody."""
        tasks = list(self._refreshing.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _taken(self, call: Call, place: Place, reply: Reply, kind: type[T]) -> T:
        """The value of an answer that just came, which is kept if it may be."""
        sent, answer = reply.sending, reply.answer
        assert sent is not None, "a cached read says what it was sent with"
        kept = sent.kept
        if answer.status == 304 and kept is not None:
            value = self._value(call, kept, kind, "revalidated")
            kept.renew(answer.headers, sent.at, sent.mark or 0)
        else:
            value = translation.value(call, answer, kind)
            self._stats.misses += 1
            kept = kept_of(answer, sent.at, sent.mark or 0) if answer.status == 200 else None
        if kept is not None and sent.mark is not None:
            self._cache.keep(place, kept)
        elif sent.kept is not None:
            self._cache.drop(place)
        return value

    def _value(self, call: Call, kept: Kept, kind: type[T], how: CacheUse) -> T:
        self._count(how)
        call.cache = how
        call.answer = call.answer or kept.answer
        if isinstance(kept.decoded, tuple) and kept.decoded[0] == kind:  # `list[T]` is another each time
            value: T = kept.decoded[1]
            return value
        value = translation.value(call, kept.answer, kind)
        kept.decoded = (kind, value)
        return value

    def _count(self, how: CacheUse) -> None:
        match how:
            case "hit":
                self._stats.hits += 1
            case "revalidated":
                self._stats.revalidated += 1
            case "stale":
                self._stats.stale += 1

    def _begin_refresh(self, place: Place, call: Call, kind: type[Any]) -> None:
        if place not in self._refreshing:
            task = self._refreshing[place] = asyncio.create_task(self._refresh(call, kind))
            task.add_done_callback(lambda _: self._refreshing.pop(place, None))
