"""Readers that wait for events, found by topic: an append wakes only the readers it concerns."""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from app.events.event import CloudEvent, Cursor
from app.events.topic import Topic, topics_of


class Waiter:
    """One reader's index into the log: where it has to read on, once there is something to read."""

    def __init__(self) -> None:
        self._unread_after: Cursor | None = None
        self._is_closed = False
        self._signal = asyncio.Event()

    async def unread_after(self) -> Cursor | None:
        """Wait for something to read; the cursor after which it begins, or None when the log was closed."""
        await self._signal.wait()
        if self._is_closed:
            return None
        self._signal.clear()
        position, self._unread_after = self._unread_after, None
        return position

    def notice(self, before: Cursor) -> None:
        """An event of the reader's topics follows `before`; only the first of those unread counts."""
        if self._unread_after is None:
            self.read_on(before)

    def read_on(self, after: Cursor) -> None:
        """There may be something to read after a cursor."""
        self._unread_after = after
        self._signal.set()

    def close(self) -> None:
        """Nothing more will come."""
        self._is_closed = True
        self._signal.set()


class Waiters:
    """All readers of a log."""

    def __init__(self) -> None:
        self._by_topic: dict[Topic, set[Waiter]] = {}
        self._is_closed = False
        self.count = 0

    @contextmanager
    def waiting(self, topics: Collection[Topic], start: Cursor) -> Iterator[Waiter]:
        """A reader of some topics that begins after `start`."""
        waiter = Waiter()
        waiter.read_on(start)
        if self._is_closed:
            waiter.close()
        self.count += 1
        for topic in topics:
            self._by_topic.setdefault(topic, set()).add(waiter)
        try:
            yield waiter
        finally:
            self.count -= 1
            for topic in topics:
                self._by_topic[topic].remove(waiter)
                if not self._by_topic[topic]:
                    del self._by_topic[topic]

    def notice(self, event: CloudEvent, before: Cursor) -> None:
        """Wake the readers whom an event concerns."""
        for topic in topics_of(event):
            for waiter in self._by_topic.get(topic, ()):
                waiter.notice(before)

    def close(self) -> None:
        """Wake every reader for the last time."""
        self._is_closed = True
        for waiters in self._by_topic.values():
            for waiter in waiters:
                waiter.close()
