"""The memory that kept answers take is bounded."""

import gc
import tracemalloc

from app.rest import MemoryCache
from app.rest.caching.cache import Place
from tests.app.rest.backend import Request, Thing, answering, caller, calling
from tests.app.rest.caching.scripted import Clock, keeping


async def read_many(cache: MemoryCache, count: int, size: int) -> None:
    async def answer(request: Request) -> None:
        await request.answer(b'{"id":"%s"}' % (b"x" * size), cache_control="max-age=60")

    async with answering(answer) as backend, calling(backend, cache=cache) as client:
        for number in range(count):
            await client.get(caller(), "/things/{id}", Thing, params={"id": f"t{number}"})
            assert cache.size <= 100_000
            backend.requests.clear()


async def test_the_bytes_that_are_counted_stay_below_the_limit() -> None:
    cache = MemoryCache(100_000, Clock())
    await read_many(cache, 300, 500)
    assert 90_000 < cache.size <= 100_000
    assert len(cache) == cache.size // 2781


async def test_the_memory_that_is_taken_stays_below_what_is_counted() -> None:
    cache = MemoryCache(100_000, Clock())
    await read_many(cache, 5, 500)
    tracemalloc.start()
    try:
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        await read_many(cache, 300, 500)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - before < 110_000
    finally:
        tracemalloc.stop()


async def test_what_was_not_used_for_longest_goes_first() -> None:
    async with keeping("max-age=60", cache=MemoryCache(3200)) as world:
        for path in ("/a", "/b", "/a", "/c", "/d", "/a", "/b"):
            await world.read(path=path)
        assert world.backend.calls == ["GET /a", "GET /b", "GET /c", "GET /d", "GET /b"]


async def test_an_answer_larger_than_the_cache_is_not_kept() -> None:
    async with keeping("max-age=60", cache=MemoryCache(1000)) as world:
        await world.read()
        await world.read()
        assert (world.calls, world.cache.size) == (2, 0)


async def test_a_closed_cache_is_empty() -> None:
    async with keeping("max-age=60") as world:
        await world.read()
        assert world.cache.size > 0
        await world.cache.aclose()
        assert world.cache.size == 0
        assert (await world.cache.find(Place("things", "/things", "Bearer t"))).kept is None
