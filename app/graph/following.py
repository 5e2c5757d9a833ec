"""Following one thing: how it stands now, then every change of it, with nothing lost or twice in between."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from typing import Protocol, TypeVar

from app.errors import BadUserInputError
from app.graph.change import Change, changes
from app.graph.context import Context

_CURSOR = re.compile(r"(.+)~(0|[1-9][0-9]{0,17})")


class Revised(Protocol):
    """A record whose `revision` grows with every change."""

    @property
    def revision(self) -> int: ...
    @property
    def updated_at(self) -> datetime: ...


R = TypeVar("R", bound=Revised)


async def following(
    context: Context,
    event: str,
    record: type[R],
    member: str,
    id: str,
    *,
    after: str | None,
    read: Callable[[str], Awaitable[R]],
    is_last: Callable[[R], bool] = lambda _record: False,
) -> AsyncGenerator[Change[R], None]:
    """The thing as `read` finds it, then what the events say of it; or, after a cursor, the events alone.

    The place in the log is taken before the thing is read, and the cursors also hold the revision seen, so that no
    event comes twice. It ends when `is_last` holds. Raises `BadUserInputError` for what is no cursor of this, and
    whatever `read` raises for a thing that is not the caller's.
    """
    start, seen = _split(after) if after is not None else (context.events.head(), 0)
    async with aclosing(changes(context.follow(event, subject=id, after=start), record, member)) as news:
        now = await read(id)
        if after is None:
            seen = now.revision
            yield Change(_joined(start, seen), now.updated_at, now)
        if is_last(now) and now.revision <= seen:
            return
        async for change in news:
            if change.record.revision > seen:
                seen = change.record.revision
                yield Change(_joined(change.cursor, seen), change.time, change.record)
            if is_last(change.record):
                return


def _joined(cursor: str, revision: int) -> str:
    """A cursor that also knows the revision seen: so a client that returns after the end is not left to wait."""
    return f"{cursor}~{revision}"


def _split(after: str) -> tuple[str, int]:
    match = _CURSOR.fullmatch(after)
    if match is None:
        raise BadUserInputError("This is not a cursor of this subscription.", field=["after"])
    return match[1], int(match[2])
