"""Answers kept in the memory of one process."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeAlias

from app.rest.caching.cache import Found, Place
from app.rest.caching.kept import Kept

Key: TypeAlias = Place | tuple[str, str]
"""A caller's place; without the authorization where the answer is for all."""


class MemoryCache:
    """At most `max_bytes`, of which what was not used for longest goes first."""

    def __init__(self, max_bytes: int, clock: Callable[[], float] = time.time, *, max_callers: int = 10_000) -> None:
        self.clock = clock
        self._max_bytes = max_bytes
        self._max_callers = max_callers
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._size = 0
        self._changes = 0
        self._changed_services: dict[str, int] = {}
        self._changed_by: OrderedDict[str, int] = OrderedDict()
        self._forgotten_change = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size(self) -> int:
        return self._size

    async def find(self, place: Place) -> Found:
        key: Key = place
        kept = self._kept.get(key)
        if kept is None:
            key = place[:2]
            kept = self._kept.get(key)
        if kept is None:
            return Found(None, False, self._changes)
        self._kept.move_to_end(key)
        return Found(kept, kept.mark >= self._last_change(place), self._changes)

    def keep(self, place: Place, kept: Kept) -> None:
        key: Key = place[:2] if kept.is_for_all else place
        if self._kept.get(key) is kept:
            return
        self.drop(place)
        if kept.size > self._max_bytes:
            return
        self._kept[key] = kept
        self._size += kept.size
        while self._size > self._max_bytes:
            self._size -= self._kept.popitem(last=False)[1].size

    def drop(self, place: Place) -> None:
        for key in (place, place[:2]):
            if (kept := self._kept.pop(key, None)) is not None:
                self._size -= kept.size

    def mark(self, service: str, authorization: str | None = None) -> None:
        self._changes += 1
        self._changed_services[service] = self._changes
        if authorization is not None:
            self._changed_by[authorization] = self._changes
            self._changed_by.move_to_end(authorization)
            if len(self._changed_by) > self._max_callers:
                _, self._forgotten_change = self._changed_by.popitem(last=False)

    async def settle(self) -> None:
        pass

    async def aclose(self) -> None:
        self._kept.clear()
        self._size = 0

    def _last_change(self, place: Place) -> int:
        """The last that may concern a place; of callers long gone, one change stands for all."""
        by_caller = self._changed_by.get(place.authorization or "", self._forgotten_change)
        return max(by_caller, self._changed_services.get(place.service, 0))
