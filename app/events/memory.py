"""Events kept in the memory of one process."""

import re
import secrets
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection
from typing import NamedTuple

from app.errors import BadUserInputError, CursorExpiredError
from app.events.event import CloudEvent, Cursor, LoggedEvent
from app.events.store import EventStore, Page
from app.events.topic import Topic, topics_of

_CURSOR = re.compile(r"([0-9a-f]{12})-(0|[1-9][0-9]{0,17})")


class _Entry(NamedTuple):
    logged: LoggedEvent
    appended_at: float


class MemoryStore(EventStore):
    """Keeps the newest `size` events for `seconds`. A cursor is the epoch of the store and a sequence number."""

    def __init__(
        self, *, size: int = 100_000, seconds: float = 3600.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._size = size
        self._seconds = seconds
        self._clock = clock
        self._epoch = secrets.token_hex(6)
        self._oldest = 1
        self._newest = 0
        self._entries: dict[int, _Entry] = {}
        self._sequences: dict[Topic, list[int]] = {}  # ascending; may begin with some that are no longer kept
        self._identities: set[tuple[str, str]] = set()
        self._notice: Callable[[CloudEvent, Cursor], None] = lambda _event, _before: None

    def __len__(self) -> int:
        """How many events are kept."""
        return len(self._entries)

    @property
    def topics(self) -> int:
        """How many topics they are filed under."""
        return len(self._sequences)

    def watch(self, notice: Callable[[CloudEvent, Cursor], None]) -> None:
        self._notice = notice

    async def append(self, event: CloudEvent) -> Cursor | None:
        self._drop_old()
        identity = (event.source, event.id)
        if identity in self._identities:
            return None
        before = self.head()
        self._newest += 1
        self._identities.add(identity)
        self._entries[self._newest] = _Entry(LoggedEvent(self.head(), event), self._clock())
        for topic in topics_of(event):
            self._file(topic)
        if len(self._entries) > self._size:
            self._drop_oldest()
        self._notice(event, before)
        return self.head()

    def head(self) -> Cursor:
        return f"{self._epoch}-{self._newest}"

    async def page(self, topics: Collection[Topic], after: Cursor, limit: int) -> Page:
        self._drop_old()
        position = self._position(after)
        found: list[int] = []
        for topic in topics:
            sequences = self._sequences.get(topic, [])
            start = bisect_right(sequences, position)
            found += sequences[start : start + limit]
        events = [self._entries[sequence].logged for sequence in sorted(found)[:limit]]
        return Page(events, events[-1].cursor if len(events) == limit else None)

    async def close(self) -> None:
        pass

    def _position(self, cursor: Cursor) -> int:
        match = _CURSOR.fullmatch(cursor)
        if match is None:
            raise BadUserInputError("This is not a cursor of the event log.", field=("after",))
        epoch, position = match[1], int(match[2])
        if epoch != self._epoch or not self._oldest - 1 <= position <= self._newest:
            raise CursorExpiredError(
                "The event log does not reach back to this cursor: read the present state and start anew."
            )
        return position

    def _file(self, topic: Topic) -> None:
        sequences = self._sequences.setdefault(topic, [])
        sequences.append(self._newest)
        if sequences[len(sequences) // 2] < self._oldest:  # only when half is gone, so that appends stay O(1)
            del sequences[: bisect_left(sequences, self._oldest)]

    def _drop_old(self) -> None:
        horizon = self._clock() - self._seconds
        while self._entries and self._entries[self._oldest].appended_at <= horizon:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        event = self._entries.pop(self._oldest).logged.event
        self._identities.remove((event.source, event.id))
        for topic in topics_of(event):
            if self._sequences[topic][-1] == self._oldest:
                del self._sequences[topic]
        self._oldest += 1
