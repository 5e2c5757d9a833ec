"""What the event log asks of the place where events are kept."""

from collections.abc import Callable, Collection
from typing import NamedTuple, Protocol

from app.events.event import CloudEvent, Cursor, LoggedEvent
from app.events.topic import Topic


class Page(NamedTuple):
    """Some events as they were appended. `following` is where to read on, None when that was all."""

    events: list[LoggedEvent]
    following: Cursor | None


class EventStore(Protocol):
    """Keeps events in one order for a while. Several processes may share what is behind a store."""

    def watch(self, notice: Callable[[CloudEvent, Cursor], None]) -> None:
        """Call `notice` with every event that becomes readable and the cursor right before it, in order.

        An event that another process appended becomes readable here when this process learns of it.
        """
        ...

    async def append(self, event: CloudEvent) -> Cursor | None:
        """Add an event; None, and nothing happens, when one with its source and id is still kept."""
        ...

    def head(self) -> Cursor:
        """The cursor of the newest event that is readable in this process."""
        ...

    async def page(self, topics: Collection[Topic], after: Cursor, limit: int) -> Page:
        """The first events of some topics after a cursor, up to the head as it was when this was called.

        Raises `CursorExpiredError` when an event after the cursor is no longer kept or the cursor is of
        another store, `BadUserInputError` when it is no cursor at all.
        """
        ...

    async def close(self) -> None:
        """Let go of what the store holds."""
        ...
