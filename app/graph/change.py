"""Changes: what subscriptions yield, the changed thing beside its place in the event log."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Generic, TypeVar

import msgspec
import strawberry
import structlog
from strawberry.utils.str_converters import to_camel_case, to_snake_case

from app.graph.context import Logged
from app.graph.node import type_name_of
from app.graph.payload import pascal_case

R = TypeVar("R")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Change(Generic[R]):
    """A changed thing. `cursor` is the place to go on from: give it as `after` to miss nothing."""

    cursor: str
    time: datetime
    record: R

    def view(self, attribute: str) -> SimpleNamespace:
        """What the event type of a subscription is a view of."""
        return SimpleNamespace(cursor=self.cursor, time=self.time, **{attribute: self.record})


async def changes(
    source: AsyncGenerator[Logged, None], record: type[R], member: str
) -> AsyncGenerator[Change[R], None]:
    """The changes in a stream of events whose data has the thing under `member`.

    An event whose data is not of that shape is logged and passed over: the fault is in what was sent, and
    stopping at it would stop every reader for good.
    """
    async with aclosing(source):
        async for logged in source:
            if (change := change_of(logged, record, member)) is not None:
                yield change


def change_of(logged: Logged, record: type[R], member: str) -> Change[R] | None:
    """The change that one event tells of; None, and a line in the log, when its data is not of that shape."""
    try:
        data = msgspec.convert(logged.event.data, type=dict[str, object])
        found = msgspec.convert(data.get(member), record)
    except msgspec.ValidationError as error:
        log.error("event.invalid", type=logged.event.type, subject=logged.event.subject, reason=str(error))
        return None
    return Change(logged.cursor, logged.event.time or datetime.now(UTC), found)


def change_type(subscription: str, returns: type) -> tuple[type, str]:
    """The event type of a subscription and the attribute of the changed object."""
    attribute = to_snake_case(type_name_of(returns))
    body = {
        "__annotations__": {"cursor": str, "time": datetime, attribute: returns},
        "__module__": __name__,
        "cursor": strawberry.field(description="The event's place in the log; give it as `after` to go on from here."),
        "time": strawberry.field(description="When it happened."),
        attribute: strawberry.field(description="The thing as it was then."),
    }
    description = f"One event of `{to_camel_case(subscription)}`."
    made = strawberry.type(type(f"{pascal_case(subscription)}Event", (), body), description=description)
    return made, attribute
