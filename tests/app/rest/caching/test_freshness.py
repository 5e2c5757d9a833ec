"""Until when, and for whom, an answer is kept: by its own headers (RFC 9111)."""

from email.utils import formatdate

import pytest

from app.errors import BackendInvalidResponseError
from app.rest import Exchange, MemoryCache
from app.rest.caching.directives import FOREVER, Directives, directives_of
from tests.app.rest.backend import Request, Thing, answering, caller, calling
from tests.app.rest.caching.scripted import NOON, Clock, keeping


@pytest.mark.parametrize(
    ("text", "directives"),
    [
        ("", Directives()),
        ("No-Store", Directives(no_store=True)),
        ("no-cache", Directives(no_cache=True)),
        ('no-cache="set-cookie, x"', Directives(no_cache=True)),
        ("private, max-age=60", Directives(max_age=60)),
        ('max-age="60"', Directives(max_age=60)),
        ("public, max-age=60", Directives(is_public=True, max_age=60)),
        ("public, private, max-age=60", Directives(max_age=60)),
        ("public, max-age=60, s-maxage=5", Directives(is_public=True, must_revalidate=True, max_age=5)),
        ("max-age=60, s-maxage=5", Directives(max_age=60)),
        ("public, proxy-revalidate", Directives(is_public=True, must_revalidate=True)),
        ("max-age=60, must-revalidate", Directives(max_age=60, must_revalidate=True)),
        ("max-age=1, max-age=60", Directives(max_age=1)),
        ("max-age=soon", Directives(max_age=0)),
        ("max-age=-1", Directives(max_age=0)),
        ("max-age", Directives(max_age=0)),
        ("max-age=99999999999", Directives(max_age=FOREVER)),
        ("unknown=max-age, max-age=5,,", Directives(max_age=5)),
        (
            "max-age=1, stale-while-revalidate=2, stale-if-error=3",
            Directives(max_age=1, stale_while_revalidate=2, stale_if_error=3),
        ),
    ],
)
def test_cache_control_is_read(text: str, directives: Directives) -> None:
    assert directives_of(text.encode()) == directives


async def test_a_fresh_answer_is_used_until_its_age_is_reached() -> None:
    async with keeping("private, max-age=60") as world:
        assert await world.read() == "v1"
        world.script.version = 2
        world.clock.now += 59
        assert await world.read() == "v1"
        world.clock.now += 1
        assert await world.read() == "v2"
        assert world.calls == 2
        assert (world.client.stats.hits, world.client.stats.misses) == (1, 2)


async def test_a_kept_answer_is_one_value_from_when_it_is_used_again() -> None:
    async with keeping("max-age=60", etag='"a"') as world:
        things = [await world.client.get(caller(), "/things", Thing) for _ in range(3)]
        world.clock.now += 60
        things.append(await world.client.get(caller(), "/things", Thing))
        assert things[0] == things[1]
        assert things[1] is things[2] is things[3]
        first, second = [await world.client.get(caller(), "/things", dict[str, str]) for _ in range(2)]
        assert first is second == {"id": "v1"}


@pytest.mark.parametrize("cache_control", ["no-store", "max-age=60, no-store", None])
async def test_what_must_not_or_cannot_be_kept_is_not(cache_control: str | None) -> None:
    async with keeping(cache_control) as world:
        assert (await world.read(), await world.read()) == ("v1", "v1")
        assert (world.calls, world.cache.size) == (2, 0)


async def test_an_answer_that_comes_to_be_no_store_is_forgotten() -> None:
    async with keeping("max-age=60") as world:
        await world.read()
        world.clock.now += 60
        world.script.headers["cache_control"] = "no-store"
        await world.read()
        assert world.cache.size == 0


@pytest.mark.parametrize("cache_control", [None, "no-cache", "no-cache, max-age=60", "max-age=0", "private"])
async def test_what_is_not_fresh_is_validated_by_its_entity_tag(cache_control: str | None) -> None:
    async with keeping(cache_control, etag='"a"') as world:
        assert [await world.read() for _ in range(3)] == ["v1"] * 3
        assert world.script.conditions == [None, '"a"', '"a"']
        assert (world.client.stats.misses, world.client.stats.revalidated) == (1, 2)
        world.script.version, world.script.etag = 2, 'W/"b"'
        assert [await world.read() for _ in range(2)] == ["v2"] * 2
        assert world.script.conditions[3:] == ['"a"', 'W/"b"']


async def test_a_confirmed_answer_is_fresh_again_as_the_confirmation_says() -> None:
    async with keeping("max-age=60", etag='"a"') as world:
        await world.read()
        world.clock.now += 60
        world.script.headers["cache_control"] = "max-age=10"
        await world.read()
        world.clock.now += 9
        await world.read()
        assert world.calls == 2
        world.clock.now += 1
        await world.read()
        assert world.calls == 3


@pytest.mark.parametrize("etag", ['"a', "a", '"ä"', '"a b"'])
async def test_what_is_no_entity_tag_is_not_sent_back(etag: str) -> None:
    async with keeping("max-age=0", etag=etag) as world:
        await world.read()
        await world.read()
        assert world.script.conditions == [None, None]


async def test_age_and_date_count_against_freshness() -> None:
    async with keeping("max-age=60", age="50") as world:
        await world.read()
        world.clock.now += 10
        await world.read()
        assert world.calls == 2
    async with keeping("max-age=60", date=formatdate(NOON - 70, usegmt=True)) as world:
        await world.read()
        await world.read()
        assert world.calls == 2
    async with keeping("max-age=60", age="soon", date="today") as world:
        await world.read()
        await world.read()
        assert world.calls == 1


async def test_expires_counts_without_max_age() -> None:
    expires = formatdate(NOON + 30, usegmt=True)
    async with keeping(None, expires=expires, date=formatdate(NOON, usegmt=True)) as world:
        await world.read()
        world.clock.now += 29
        await world.read()
        assert world.calls == 1
        world.clock.now += 1
        await world.read()
        assert world.calls == 2
    async with keeping("max-age=0", expires=expires) as world:
        await world.read()
        await world.read()
        assert world.calls == 2


async def test_callers_have_their_own_answers_unless_they_are_public() -> None:
    async with keeping("max-age=60") as world:
        for who in ("Bearer a", "Bearer b", None, "Bearer a", None):
            await world.read(who)
        assert world.calls == 3
    async with keeping("public, max-age=60") as world:
        for who in ("Bearer a", "Bearer b", None):
            await world.read(who)
        assert world.calls == 1
    async with keeping("public, max-age=60, s-maxage=0") as world:
        for who in ("Bearer a", "Bearer b"):
            await world.read(who)
        assert world.calls == 2


@pytest.mark.parametrize(
    ("vary", "calls"),
    [("accept, Accept-Encoding", 1), ("x-tenant", 1), ("authorization", 2), ("*", 3), ("X-Request-ID", 3)],
)
async def test_vary_says_what_an_answer_depends_on(vary: str, calls: int) -> None:
    async with keeping("public, max-age=60", vary=vary) as world:
        for who in ("Bearer a", "Bearer b", "Bearer a"):
            await world.read(who)
        assert world.calls == calls


async def test_each_line_of_cache_control_counts() -> None:
    async def answer(request: Request) -> None:
        head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n"
        await request.send(f'{head}cache-control: no-store\r\ncache-control: max-age=60\r\n\r\n{{"id":"t1"}}'.encode())

    cache = MemoryCache(100_000, Clock())
    async with answering(answer) as backend, calling(backend, cache=cache) as client:
        for _ in range(2):
            await client.get(caller(), "/things", Thing)
        assert len(backend.calls) == 2


async def test_other_queries_and_batches_are_answers_of_their_own() -> None:
    async with keeping("max-age=60") as world:
        for path in ("/things", "/things/a", "/things"):
            await world.read(path=path)
        for ids in ("a,b", "a", "a,b"):
            await world.client.get(caller(), "/things", Thing, (("ids", ids),))
        assert world.backend.calls == ["GET /things", "GET /things/a", "GET /things?ids=a,b", "GET /things?ids=a"]


async def test_a_failure_and_what_cannot_be_decoded_are_not_kept() -> None:
    async with keeping("max-age=60") as world:
        for _ in range(2):
            with pytest.raises(BackendInvalidResponseError):
                await world.client.get(caller(), "/things", list)
        assert (world.calls, world.cache.size) == (2, 0)


async def test_a_304_that_nobody_asked_for_is_no_answer() -> None:
    async with keeping("max-age=60") as world:
        world.script.status = 304
        with pytest.raises(BackendInvalidResponseError):
            await world.read()


async def test_observers_are_told_what_the_cache_gave() -> None:
    seen: list[Exchange] = []

    async def answer(request: Request) -> None:
        is_known = "if-none-match" in request.headers
        await request.answer(
            b"" if is_known else b'{"id":"t1"}', 304 if is_known else 200, etag='"a"', cache_control="max-age=9"
        )

    clock = Clock()
    async with (
        answering(answer) as backend,
        calling(backend, cache=MemoryCache(100_000, clock), observers=[seen.append]) as client,
    ):
        for moved in (0, 0, 9):
            clock.now += moved
            await client.get(caller(), "/things", Thing)
    assert [(one.cache, one.status, one.response_bytes) for one in seen] == [
        (None, 200, 11),
        ("hit", 200, 11),
        ("revalidated", 304, 0),
    ]
