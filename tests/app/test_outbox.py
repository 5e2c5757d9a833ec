"""The outbox: when writes are made, and what one that fails does to others."""

import asyncio

from app.outbox import Outbox


async def test_writes_of_one_turn_are_made_together_after_it() -> None:
    outbox, loop = Outbox(), asyncio.get_running_loop()
    done: list[str] = []

    def ready(name: str) -> None:
        outbox.put(loop, done.append, f"{name} written")
        done.append(f"{name} had its turn")

    loop.call_soon(ready, "a")
    loop.call_soon(ready, "b")
    await asyncio.sleep(0)
    assert done == ["a had its turn", "b had its turn"]
    await asyncio.sleep(0)
    assert done[2:] == ["a written", "b written"]
    outbox.put(loop, done.append, "c written")
    await asyncio.sleep(0)
    assert done[4:] == ["c written"]


async def test_a_write_that_fails_takes_no_other_along() -> None:
    outbox, loop = Outbox(), asyncio.get_running_loop()
    done: list[str] = []

    def fail(what: str) -> None:
        raise OSError(what)

    outbox.put(loop, fail, "a")
    outbox.put(loop, done.append, "b")
    await asyncio.sleep(0)
    assert done == ["b"]


def test_what_a_loop_that_ended_has_left_holds_up_no_other() -> None:
    outbox = Outbox()
    done: list[str] = []

    async def put(what: str) -> None:
        outbox.put(asyncio.get_running_loop(), done.append, what)
        await asyncio.sleep(0)

    first = asyncio.new_event_loop()
    outbox.put(first, done.append, "never written")
    first.close()
    asyncio.run(put("written"))
    assert done == ["written"]
