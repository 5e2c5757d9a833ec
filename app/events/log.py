"""The event log: appended to by backends, read by subscriptions, each at its own pace."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection

from app.events.event import CloudEvent, Cursor, LoggedEvent
from app.events.store import EventStore
from app.events.topic import Topic, topics_for
from app.events.waiting import Waiters

_PAGE_SIZE = 100


class EventLog:
    """Events in one order, each with a cursor. A reader holds a place in it, not a queue: a slow one costs nothing."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._waiters = Waiters()
        self._is_closed = False
        self._observers: list[Callable[[CloudEvent], None]] = []
        store.watch(self._notice)

    @property
    def readers(self) -> int:
        """How many readers there are now."""
        return self._waiters.count

    async def append(self, event: CloudEvent) -> Cursor | None:
        """Add an event and wake its readers; None when it is known already (same source and id)."""
        if self._is_closed:
            raise RuntimeError("The event log is closed.")
        return await self._store.append(event)

    def watch(self, observer: Callable[[CloudEvent], None]) -> None:
        """Call `observer` with every event that becomes readable, before any reader has it."""
        self._observers.append(observer)

    def head(self) -> Cursor:
        """The cursor of the newest event: reading after it gives everything that is appended from now on."""
        return self._store.head()

    def read(
        self,
        *,
        types: Collection[str],
        subject: str | None = None,
        owner: str | None = None,
        after: Cursor | None = None,
        visible_to: Callable[[CloudEvent], bool],
    ) -> AsyncGenerator[LoggedEvent, None]:
        """The events of some types after a cursor and then those that come, until the log is closed.

        Without a cursor the reader begins where the log ends *at this call*, however late it is first
        iterated. `subject` and `owner` narrow it down by index: a reader is not even woken for the events of
        others, so give them where they are known. `visible_to` is asked for each of the rest.

        Raises, while iterated, `CursorExpiredError` when events after the reader's place are no longer kept,
        because the cursor is too old or the reader too slow, and `BadUserInputError` when `after` is no cursor.
        """

        def admits(event: CloudEvent) -> bool:
            return (owner is None or event.owner == owner) and visible_to(event)

        start = self._store.head() if after is None else after
        return self._follow(topics_for(types, subject, owner), start, admits)

    async def close(self) -> None:
        """End every reader, then close the store."""
        self._is_closed = True
        self._waiters.close()
        await self._store.close()

    def _notice(self, event: CloudEvent, before: Cursor) -> None:
        for observer in self._observers:
            observer(event)
        self._waiters.notice(event, before)

    async def _follow(
        self, topics: list[Topic], start: Cursor, admits: Callable[[CloudEvent], bool]
    ) -> AsyncGenerator[LoggedEvent, None]:
        with self._waiters.waiting(topics, start) as waiter:
            while (position := await waiter.unread_after()) is not None:
                page = await self._store.page(topics, position, _PAGE_SIZE)
                if page.following is not None:
                    waiter.read_on(page.following)
                    await asyncio.sleep(0)  # a long way to catch up must not hold up the others
                for logged in page.events:
                    if admits(logged.event):
                        yield logged
