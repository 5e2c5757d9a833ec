"""The event log: order, cursors, retention, and who is woken."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import pytest

from app.errors import BadUserInputError, CursorExpiredError
from app.events import CloudEvent, EventLog, LoggedEvent, MemoryStore

PROGRESS = "task.progressed"
CHANGE = "content.changed"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def event(name: str, type_: str = PROGRESS, subject: str | None = None, owner: str | None = None) -> CloudEvent:
    return CloudEvent(specversion="1.0", id=name, source="/test", type=type_, subject=subject, owner=owner)


def everyone(_event: CloudEvent) -> bool:
    return True


def make_log(size: int = 1000, seconds: float = 3600.0, clock: Clock | None = None) -> EventLog:
    return EventLog(MemoryStore(size=size, seconds=seconds, clock=clock or Clock()))


async def append(log: EventLog, *names: str) -> list[str]:
    cursors = [await log.append(event(name)) for name in names]
    return [cursor for cursor in cursors if cursor is not None]


async def take(reader: AsyncGenerator[LoggedEvent, None], count: int) -> list[str]:
    async with asyncio.timeout(5):
        return [(await anext(reader)).event.id for _ in range(count)]


async def is_idle(reader: AsyncGenerator[LoggedEvent, None]) -> bool:
    """Whether the reader has nothing to give; ends it."""
    waiting = asyncio.ensure_future(anext(reader, None))
    for _ in range(20):  # more turns than a wake-up takes
        await asyncio.sleep(0)
    idle = not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    return idle


async def test_a_reader_gets_what_is_appended_after_the_call_however_late_it_begins() -> None:
    log = make_log()
    await append(log, "before")
    reader = log.read(types=[PROGRESS], visible_to=everyone)
    await append(log, "a", "b")
    assert await take(reader, 2) == ["a", "b"]
    await append(log, "c")
    assert await take(reader, 1) == ["c"]
    assert await is_idle(reader)


async def test_a_waiting_reader_is_woken() -> None:
    log = make_log()
    reader = log.read(types=[PROGRESS], visible_to=everyone)
    waiting = asyncio.create_task(take(reader, 1))
    await asyncio.sleep(0)
    assert not waiting.done()
    await append(log, "a")
    assert await waiting == ["a"]


async def test_an_observer_has_an_event_once_and_before_its_readers() -> None:
    log, seen = make_log(), list[str]()
    log.watch(lambda event: seen.append(f"observed {event.id}"))

    async def read() -> None:
        async with aclosing(log.read(types=[PROGRESS], visible_to=everyone)) as reader:
            seen.extend(f"read {name}" for name in await take(reader, 1))

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    await append(log, "a", "a")
    await reading
    assert seen == ["observed a", "read a"]


async def test_every_cursor_continues_without_a_gap_or_a_double() -> None:
    log = make_log()
    start = log.head()
    names = [str(number) for number in range(250)]
    cursors = [start, *await append(log, *names)]
    for position in (0, 1, 99, 100, 101, 249):
        reader = log.read(types=[PROGRESS], after=cursors[position], visible_to=everyone)
        assert await take(reader, 250 - position) == names[position:]
        assert await is_idle(reader)
    newest = log.read(types=[PROGRESS], after=cursors[250], visible_to=everyone)
    await append(log, "next")
    assert await take(newest, 1) == ["next"]


async def test_several_types_come_in_the_order_they_were_appended() -> None:
    log = make_log()
    start = log.head()
    for number in range(300):
        await log.append(event(str(number), type_=[PROGRESS, CHANGE, "other"][number % 3]))
    reader = log.read(types=[CHANGE, PROGRESS], after=start, visible_to=everyone)
    assert await take(reader, 200) == [str(number) for number in range(300) if number % 3 != 2]
    assert await is_idle(reader)


async def test_subject_owner_and_visibility_narrow_what_a_reader_gets() -> None:
    log = make_log()
    start = log.head()
    for name, subject, owner in [("a", "t1", "u1"), ("b", "t1", "u2"), ("c", "t2", "u1"), ("d", None, None)]:
        await log.append(event(name, subject=subject, owner=owner))

    async def ids(
        count: int,
        *,
        subject: str | None = None,
        owner: str | None = None,
        visible_to: Callable[[CloudEvent], bool] = everyone,
    ) -> list[str]:
        reader = log.read(types=[PROGRESS], subject=subject, owner=owner, after=start, visible_to=visible_to)
        taken = await take(reader, count)
        assert await is_idle(reader)
        return taken

    assert await ids(4) == ["a", "b", "c", "d"]
    assert await ids(2, subject="t1") == ["a", "b"]
    assert await ids(2, owner="u1") == ["a", "c"]
    assert await ids(1, subject="t1", owner="u2") == ["b"]
    assert await ids(2, visible_to=lambda seen: seen.owner == "u1") == ["a", "c"]
    assert await ids(0, subject="t3") == []


async def test_a_reader_is_woken_only_for_its_own_type_subject_and_owner() -> None:
    log = make_log()
    asked: list[str] = []

    def asked_about(seen: CloudEvent) -> bool:
        asked.append(seen.id)
        return True

    readers = [
        log.read(types=[PROGRESS], subject="t1", visible_to=asked_about),
        log.read(types=[PROGRESS], owner="u1", visible_to=asked_about),
    ]
    tasks = [asyncio.create_task(take(reader, 1)) for reader in readers]
    await asyncio.sleep(0)
    await log.append(event("a", subject="t2", owner="u2"))
    await log.append(event("b", type_=CHANGE, subject="t1", owner="u1"))
    await log.append(event("c", subject="t1", owner="u1"))
    assert await asyncio.gather(*tasks) == [["c"], ["c"]]
    assert asked == ["c", "c"]


async def test_a_duplicate_is_not_appended_while_the_first_is_kept() -> None:
    log = make_log(size=2)
    start = log.head()
    assert await log.append(event("a")) is not None
    assert await log.append(event("a")) is None
    assert await log.append(CloudEvent(specversion="1.0", id="a", source="/other", type=PROGRESS)) is not None
    assert await take(log.read(types=[PROGRESS], after=start, visible_to=everyone), 2) == ["a", "a"]
    assert await log.append(event("b")) is not None
    assert await log.append(event("a")) is not None


async def test_a_cursor_that_fell_out_by_count_is_expired() -> None:
    log = make_log(size=3)
    cursors = [log.head(), *await append(log, "a", "b", "c", "d", "e")]
    assert await take(log.read(types=[PROGRESS], after=cursors[2], visible_to=everyone), 3) == ["c", "d", "e"]
    with pytest.raises(CursorExpiredError, match="does not reach back to this cursor"):
        await anext(log.read(types=[PROGRESS], after=cursors[1], visible_to=everyone))


async def test_a_cursor_that_fell_out_by_age_is_expired() -> None:
    clock = Clock()
    log = make_log(seconds=60, clock=clock)
    start, first = log.head(), *await append(log, "a")
    clock.now += 59
    await append(log, "b")
    assert await take(log.read(types=[PROGRESS], after=start, visible_to=everyone), 2) == ["a", "b"]
    clock.now += 1
    assert await take(log.read(types=[PROGRESS], after=first, visible_to=everyone), 1) == ["b"]
    with pytest.raises(CursorExpiredError):
        await anext(log.read(types=[PROGRESS], after=start, visible_to=everyone))


async def test_the_cursor_of_another_log_is_expired() -> None:
    foreign = make_log().head()
    with pytest.raises(CursorExpiredError):
        await anext(make_log().read(types=[PROGRESS], after=foreign, visible_to=everyone))


@pytest.mark.parametrize("cursor", ["", "x", "0123456789ab", "0123456789ab--1", "0123456789ab-٣", "0" * 10_000])
async def test_what_is_no_cursor_is_bad_input(cursor: str) -> None:
    with pytest.raises(BadUserInputError, match="not a cursor") as raised:
        await anext(make_log().read(types=[PROGRESS], after=cursor, visible_to=everyone))
    assert raised.value.field == ("after",)


async def test_a_reader_that_is_too_slow_is_told_so() -> None:
    log = make_log(size=3)
    reader = log.read(types=[PROGRESS], visible_to=everyone)
    await append(log, "a")
    assert await take(reader, 1) == ["a"]
    await append(log, "b", "c", "d")
    assert await take(reader, 3) == ["b", "c", "d"]
    await append(log, "e", "f", "g", "h")
    with pytest.raises(CursorExpiredError):
        await anext(reader)
    assert log.readers == 0


async def test_a_reader_loses_nothing_when_only_events_of_others_fell_out() -> None:
    log = make_log(size=3)
    reader = log.read(types=[CHANGE], visible_to=everyone)
    await log.append(event("mine", type_=CHANGE))
    assert await take(reader, 1) == ["mine"]
    await append(log, "a", "b", "c", "d")
    await log.append(event("mine too", type_=CHANGE))
    assert await take(reader, 1) == ["mine too"]


async def test_a_slow_reader_does_not_hold_up_another() -> None:
    log = make_log()
    slow = log.read(types=[PROGRESS], visible_to=everyone)
    quick = log.read(types=[PROGRESS], visible_to=everyone)
    names = [str(number) for number in range(500)]
    await append(log, *names)
    assert await take(slow, 1) == ["0"]
    assert await take(quick, 500) == names
    assert await take(slow, 499) == names[1:]


async def test_closing_a_reader_leaves_nothing_behind() -> None:
    log = make_log()
    tasks = asyncio.all_tasks()
    async with aclosing(log.read(types=[PROGRESS, CHANGE], subject="t1", visible_to=everyone)) as reader:
        await log.append(event("a", subject="t1"))
        assert await take(reader, 1) == ["a"]
        assert log.readers == 1
    assert log.readers == 0
    waiting = asyncio.create_task(take(log.read(types=[PROGRESS], visible_to=everyone), 1))
    await asyncio.sleep(0)
    assert log.readers == 1
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert log.readers == 0
    assert asyncio.all_tasks() == tasks


async def test_readers_end_when_the_log_is_closed() -> None:
    log = make_log()
    start = log.head()
    await append(log, *[str(number) for number in range(200)])

    async def drain(reader: AsyncGenerator[LoggedEvent, None]) -> int:
        return len([logged async for logged in reader])

    waiting = asyncio.create_task(drain(log.read(types=[PROGRESS], visible_to=everyone)))
    behind = log.read(types=[PROGRESS], after=start, visible_to=everyone)
    assert await take(behind, 1) == ["0"]
    await asyncio.sleep(0)
    await log.close()
    async with asyncio.timeout(5):
        assert await waiting == 0
        assert await drain(behind) == 99  # what it had in hand
        assert await drain(log.read(types=[PROGRESS], after=start, visible_to=everyone)) == 0
    assert log.readers == 0
    with pytest.raises(RuntimeError, match="closed"):
        await append(log, "late")


async def test_what_is_kept_stays_bounded() -> None:
    store = MemoryStore(size=10, clock=Clock())
    for number in range(5000):
        await store.append(event(str(number), subject=f"t{number}", owner=f"u{number % 3}"))
    assert len(store) == 10
    assert store.topics == 1 + 10 + 3


async def test_five_thousand_readers_each_get_their_own_events_and_those_for_all() -> None:
    log = make_log(size=20_000)

    async def follow(subject: str) -> list[str]:
        reader = log.read(types=[PROGRESS, CHANGE], subject=subject, visible_to=everyone)
        async with aclosing(reader):
            return await take(reader, 2)

    subjects = [f"t{number}" for number in range(5000)]
    readers = [asyncio.create_task(follow(subject)) for subject in subjects]
    to_all = [asyncio.create_task(take(log.read(types=["system"], visible_to=everyone), 1)) for _ in range(5000)]
    await asyncio.sleep(0)
    assert log.readers == 10_000
    for round_ in ("1", "2"):
        for subject in subjects:
            await log.append(event(f"{subject}.{round_}", subject=subject))
    await log.append(event("to all", type_="system"))
    assert await asyncio.gather(*readers) == [[f"{subject}.1", f"{subject}.2"] for subject in subjects]
    assert await asyncio.gather(*to_all) == [["to all"]] * 5000
