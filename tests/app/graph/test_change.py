"""Changes: events become records, and one that is broken stops nobody."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import msgspec

from app.events import CloudEvent, EventLog, MemoryStore
from app.graph import changes
from app.graph.context import Logged

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Thing(msgspec.Struct, frozen=True):
    name: str


def event(number: int, data: object) -> CloudEvent:
    fields = {"specversion": "1.0", "id": str(number), "source": "/things", "type": "thing.changed", "data": data}
    return CloudEvent.model_validate({**fields, "time": NOON.isoformat()})


async def test_an_event_that_is_not_of_its_shape_is_passed_over() -> None:
    log = EventLog(MemoryStore())
    start = log.head()
    for number, data in enumerate([{"thing": {"name": "a"}}, {"thing": {"name": 1}}, None, {"thing": {"name": "b"}}]):
        await log.append(event(number, data))
    source: AsyncGenerator[Logged, None] = log.read(types=["thing.changed"], after=start, visible_to=lambda _: True)

    found = changes(source, Thing, "thing")
    first, second = await anext(found), await anext(found)
    await found.aclose()

    assert (first.record, first.time, second.record) == (Thing("a"), NOON, Thing("b"))
    assert first.cursor != second.cursor
    assert log.readers == 0
