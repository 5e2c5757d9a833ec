"""Loaders: what is asked of `fetch`, and what comes of each key."""

import asyncio
from collections.abc import Sequence

import pytest

from app.events import EventLog, MemoryStore
from app.graph import Context, ContextFactory, Found, Loader
from app.graph.principal import Revocations

fetched: list[list[int]] = []


class Doubled(Loader[int, int | None]):
    """Doubles even keys, knows nothing of 7, fails for 13 alone and, when `broken`, for all."""

    max_batch = 3
    broken: bool = False

    async def fetch(self, keys: list[int]) -> Found[int, int | None]:
        fetched.append(keys)
        if self.broken:
            raise ConnectionError("down")
        return {key: ValueError("unlucky") if key == 13 else key * 2 for key in keys if key != 7}


@pytest.fixture
def context() -> Context:
    fetched.clear()
    return ContextFactory({}, EventLog(MemoryStore()), Revocations(), request_timeout=1).create(None)


async def test_keys_of_one_turn_are_fetched_together_and_once(context: Context) -> None:
    loader = context.loader(Doubled, {})

    first, second, third = await asyncio.gather(loader.load_level([1, 2, 1]), loader.load_level([2, 3]), loader.load(3))

    assert (first, second, third) == ([2, 4, 2], [4, 6], 6)
    assert fetched == [[1, 2, 3]]


async def test_what_is_known_is_not_fetched_again(context: Context) -> None:
    loader = context.loader(Doubled, {})
    await loader.load_level([1, 2])

    assert await loader.load_level([2, 5]) == [4, 10]
    assert fetched == [[1, 2], [5]]


async def test_a_batch_is_split_at_the_most_a_backend_takes(context: Context) -> None:
    assert await context.loader(Doubled, {}).load_level(range(1, 6)) == [2, 4, 6, 8, 10]
    assert fetched == [[1, 2, 3], [4, 5]]


async def test_a_key_without_an_answer_is_none_and_a_failing_key_fails_alone(context: Context) -> None:
    found: Sequence[object] = await context.loader(Doubled, {}).load_level([7, 13, 1])

    assert (found[0], str(found[1]), found[2]) == (None, "unlucky", 2)
    with pytest.raises(ValueError, match=r"^unlucky$"):
        await context.load(Doubled, 13)


async def test_a_failing_fetch_fails_its_keys_and_is_not_repeated(context: Context) -> None:
    loader = context.loader(Doubled, {"broken": True})

    assert [str(error) for error in await loader.load_level([1, 2])] == ["down", "down"]
    with pytest.raises(ConnectionError, match=r"^down$"):
        await loader.load(1)
    assert fetched == [[1, 2]]


async def test_each_set_of_parameters_has_its_loader(context: Context) -> None:
    assert context.loader(Doubled, {}) is context.loader(Doubled, {})
    assert context.loader(Doubled, {}) is not context.loader(Doubled, {"broken": True})


async def test_a_loader_is_forgotten_when_something_was_changed(context: Context) -> None:
    await context.load(Doubled, 1)
    context.forget()

    assert await context.load(Doubled, 1) == 2
    assert fetched == [[1], [1]]
