"""Answers in Redis: shared by processes, and missed by none while Redis is away."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.main import connect_redis
from app.rest import RedisCache, RestClient
from app.rest.caching.cache import Place
from app.settings import ServiceSettings, Settings
from tests.app.rest.backend import THINGS, Thing, caller
from tests.app.rest.caching.scripted import World, keeping

PORT = 6379


@pytest.fixture
async def prefix() -> AsyncIterator[str]:
    """A prefix of the test's own, emptied afterwards."""
    chosen = f"atrium-test-{uuid.uuid4().hex}"
    async with Redis(port=PORT, socket_connect_timeout=1) as redis:
        try:
            await redis.ping()
        except RedisError:
            pytest.skip("needs Redis on 127.0.0.1:6379: `redis-server` of Debian's package redis-server")
        yield chosen
        async for key in redis.scan_iter(f"{chosen}:*"):
            await redis.delete(key)


@dataclass
class Road:
    """The way to Redis, which can be cut."""

    port: int = 0
    is_cut: bool = False
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        self.is_cut = True
        for writer in self.writers:
            writer.transport.abort()

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            return writer.transport.abort()
        to_redis, from_here = await asyncio.open_connection("127.0.0.1", PORT)
        self.writers |= {writer, from_here}
        with suppress(ConnectionError, asyncio.CancelledError):
            await asyncio.gather(_pour(reader, from_here), _pour(to_redis, writer))
        return None


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
    finally:
        writer.close()


@asynccontextmanager
async def road() -> AsyncIterator[Road]:
    made = Road()
    server = await asyncio.start_server(made.join, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.cut()
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def cached(prefix: str, port: int = PORT) -> AsyncIterator[RedisCache]:
    redis = connect_redis(Settings.model_validate({"redis_url": f"redis://127.0.0.1:{port}/0"}))
    assert redis is not None
    cache = RedisCache(redis, prefix=prefix)
    try:
        yield cache
    finally:
        await cache.aclose()


@asynccontextmanager
async def two(prefix: str) -> AsyncIterator[tuple[World, RestClient]]:
    """A world, and the client of another process before the same backend."""
    async with AsyncExitStack() as stack:
        caches = [await stack.enter_async_context(cached(prefix)) for _ in range(2)]
        world = await stack.enter_async_context(keeping("max-age=60", etag='"a"', cache=caches[0]))
        caches[1].clock = world.clock
        other = RestClient(THINGS, ServiceSettings(url=world.backend.url), cache=caches[1])
        stack.push_async_callback(other.aclose)
        await first_mark(world)
        yield world, other


async def first_mark(world: World) -> None:
    """Until a service has its first mark, nothing of it is trusted."""
    world.client.note_change()
    await world.cache.settle()


async def kept(cache: RedisCache) -> None:
    await asyncio.gather(*cache._work)


async def test_processes_share_what_is_kept(prefix: str) -> None:
    async with two(prefix) as (world, other):
        await world.read()
        await kept(world.cache)  # type: ignore[arg-type]
        assert await other.get(caller(), "/things", Thing) == Thing("v1")
        assert (world.calls, other.stats.hits) == (1, 1)
        world.clock.now += 60
        await other.get(caller(), "/things", Thing)
        assert (world.script.conditions, other.stats.revalidated) == ([None, '"a"'], 1)


async def test_a_write_in_one_process_is_seen_in_the_other_at_once(prefix: str) -> None:
    async with two(prefix) as (world, other):
        await world.read()
        await kept(world.cache)  # type: ignore[arg-type]
        world.script.etag = '"b"'
        await other.send(caller(authorization="Bearer b"), "PUT", "/things", dict, idempotency_key="k")
        assert await world.read() == "v2"


async def test_an_event_in_one_process_is_known_in_the_other(prefix: str) -> None:
    async with two(prefix) as (world, other):
        await other.get(caller(), "/things", Thing)
        await kept(other._cache)  # type: ignore[arg-type]
        world.script.version, world.script.etag = 2, '"b"'
        world.client.note_change()
        await kept(world.cache)  # type: ignore[arg-type]
        assert await other.get(caller(), "/things", Thing) == Thing("v2")


async def test_what_is_private_is_shared_with_nobody_and_what_is_public_with_all(prefix: str) -> None:
    async with two(prefix) as (world, other):
        await world.read("Bearer a")
        await kept(world.cache)  # type: ignore[arg-type]
        await other.get(caller(authorization="Bearer b"), "/things", Thing)
        assert (world.calls, other.stats.misses) == (2, 1)
        world.script.headers["cache_control"] = "public, max-age=60"
        await world.read("Bearer a", "/public")
        await kept(world.cache)  # type: ignore[arg-type]
        await other.get(caller(authorization="Bearer b"), "/public", Thing)
        assert (world.calls, other.stats.hits) == (3, 1)


async def test_without_redis_reads_go_on_and_one_warning_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async with cached("unused", port=1) as cache, keeping("max-age=60", cache=cache) as world:
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                await world.read()
                await world.write()
                world.clock.now += 10
        assert world.calls == 3
        assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
            "Redis does not answer; reads are not kept until it does"
        ]


async def test_a_change_while_redis_is_away_counts_when_it_is_back(prefix: str) -> None:
    async with (
        road() as way,
        cached(prefix, port=way.port) as cache,
        keeping("max-age=60", cache=cache) as world,
    ):
        await first_mark(world)
        await world.read()
        await kept(cache)
        assert (await world.read(), world.calls) == ("v1", 1)
        way.cut()
        await world.write()
        assert await world.read() == "v2"
        way.is_cut = False
        assert await world.read() == "v2"
        assert world.calls == 3
        world.clock.now += 6
        assert await world.read() == "v2"
        await kept(cache)
        assert (await world.read(), world.calls) == ("v2", 4)


async def test_a_mark_that_redis_has_forgotten_is_made_anew(prefix: str) -> None:
    async with two(prefix) as (world, _other):
        await world.read()
        await kept(world.cache)  # type: ignore[arg-type]
        async with Redis(port=PORT) as redis:
            await redis.delete(f"{prefix}:cache:changed:things")
        await world.read()
        assert world.calls == 2
        found = await world.cache.find(Place("things", "/things", "Bearer t"))
        assert found.kept is not None
        async with Redis(port=PORT) as redis:
            assert await redis.exists(f"{prefix}:cache:changed:things")


async def test_what_is_in_redis_ends_by_itself(prefix: str) -> None:
    async with two(prefix) as (world, _other), Redis(port=PORT) as redis:
        await world.read()
        await kept(world.cache)  # type: ignore[arg-type]
        lives = {key.split(b":")[2]: await redis.ttl(key) async for key in redis.scan_iter(f"{prefix}:*")}
        assert lives.keys() == {b"answer", b"changed"}
        assert 355 <= lives[b"answer"] <= 360
        assert 172_790 <= lives[b"changed"] <= 172_800


async def test_what_is_not_ours_in_redis_is_no_answer(prefix: str) -> None:
    async with two(prefix) as (world, _other), Redis(port=PORT) as redis:
        await world.read()
        await kept(world.cache)  # type: ignore[arg-type]
        async for key in redis.scan_iter(f"{prefix}:cache:answer:*"):
            await redis.set(key, b"\x81\xa4nope\x01")
        await world.read()
        assert world.calls == 2
