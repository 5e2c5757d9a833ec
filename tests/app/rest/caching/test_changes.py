"""After a change, what was kept is validated before it is used again (RFC 9111, section 4.4)."""

import asyncio

import pytest

from app.errors import BackendError
from app.rest import MemoryCache, RestClient, Service
from app.settings import ServiceSettings
from tests.app.rest.backend import Request, Thing, answering, caller, calling
from tests.app.rest.caching.scripted import Clock, keeping


async def test_a_write_is_seen_by_every_caller_and_in_every_read_of_the_service() -> None:
    async with keeping("max-age=60") as world:
        places = [(who, path) for who in ("Bearer a", "Bearer b") for path in ("/things", "/things/a", "/others")]
        for who, path in places:
            await world.read(who, path)
        await world.write("Bearer a")
        assert {await world.read(who, path) for who, path in places} == {"v2"}
        assert world.calls == 12
        assert {await world.read(who, path) for who, path in places} == {"v2"}
        assert world.calls == 12


async def test_what_is_the_same_after_a_write_is_confirmed_rather_than_sent_again() -> None:
    async with keeping("max-age=60", etag='"a"') as world:
        await world.read()
        await world.write()
        await world.read()
        await world.read()
        assert world.script.conditions == [None, '"a"']
        assert (world.client.stats.revalidated, world.client.stats.hits) == (1, 1)


async def test_a_read_that_began_before_the_end_of_a_write_is_not_trusted_after_it() -> None:
    let_go = asyncio.Event()

    async def answer(request: Request) -> None:
        if request.method == "GET" and len(backend.requests) == 1:
            await let_go.wait()
        await request.answer(b'{"id":"v%d"}' % len(backend.requests), cache_control="max-age=60")

    async with answering(answer) as backend, calling(backend, cache=MemoryCache(100_000, Clock())) as client:
        early = asyncio.create_task(client.get(caller(), "/things", Thing))
        await backend.until(lambda: len(backend.requests) == 1)
        await client.send(caller(), "PUT", "/things", dict, idempotency_key="k")
        let_go.set()
        await early
        assert await client.get(caller(), "/things", Thing) == Thing("v3")


async def test_a_write_that_fails_may_have_changed_something() -> None:
    async def answer(request: Request) -> None:
        if request.method == "PUT":
            request.reset()
        else:
            await request.answer(cache_control="max-age=60")

    async with answering(answer) as backend, calling(backend, cache=MemoryCache(100_000, Clock())) as client:
        await client.get(caller(), "/things", Thing)
        with pytest.raises(BackendError):
            await client.send(caller(), "PUT", "/things", dict, idempotency_key="k")
        await client.get(caller(), "/things", Thing)
        assert [call for call in backend.calls if call.startswith("GET")] == ["GET /things"] * 2


async def test_who_writes_sees_every_service_as_it_is_and_others_theirs_as_before() -> None:
    clock = Clock()
    cache = MemoryCache(100_000, clock)
    async with keeping("max-age=60", cache=cache) as things, keeping("max-age=60") as others:
        settings = ServiceSettings(url=others.backend.url)
        elsewhere = RestClient(Service("elsewhere", 0), settings, cache=cache)
        for who in ("Bearer a", "Bearer b"):
            await elsewhere.get(caller(authorization=who), "/things", Thing)
        await things.write("Bearer a")
        for who in ("Bearer a", "Bearer b"):
            await elsewhere.get(caller(authorization=who), "/things", Thing)
        assert others.calls == 3
        await elsewhere.aclose()


async def test_an_event_lets_nobody_have_what_was_before_it() -> None:
    async with keeping("max-age=60") as world:
        await world.read()
        world.script.version = 2
        world.client.note_change()
        assert await world.read() == "v2"


async def test_a_caller_whose_last_write_is_forgotten_is_taken_to_have_written_no_earlier() -> None:
    cache = MemoryCache(100_000, max_callers=1)
    async with keeping("max-age=60", cache=cache) as world:
        for who in ("Bearer a", "Bearer c"):
            await world.read(who)
        for who in ("Bearer a", "Bearer b"):
            cache.mark("elsewhere", who)
        for who in ("Bearer a", "Bearer c"):
            await world.read(who)
        assert world.calls == 4
        cache.mark("elsewhere", "Bearer b")
        for who in ("Bearer a", "Bearer c"):
            await world.read(who)
        assert world.calls == 4
