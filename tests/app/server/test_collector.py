"""The garbage collector has little to do, and does it."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from app.server.collector import calm_collector, collect_now_and_then, look_at_the_young


class Circle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("_as_before")
async def test_what_survived_a_look_is_found_by_a_later_one() -> None:
    calm_collector()
    circle, found = Circle(), asyncio.Event()
    weakref.finalize(circle, found.set)
    gc.collect(0)  # from here on, looks at the young do not see it
    del circle
    gc.collect(0)
    assert not found.is_set()

    collect_now_and_then(asyncio.get_running_loop(), seconds=0.02)
    await asyncio.wait_for(found.wait(), 5)


@pytest.mark.usefixtures("_as_before")
@pytest.mark.parametrize("rests", [False, True])
def test_who_says_so_has_the_young_looked_at_unless_the_collector_rests(*, rests: bool) -> None:
    calm_collector()
    circle, found = Circle(), asyncio.Event()
    weakref.finalize(circle, found.set)
    del circle
    try:
        if rests:
            gc.disable()
        look_at_the_young()
        assert found.is_set() is not rests
    finally:
        gc.enable()
