"""Cost: what an operation may ask of backends at most, what it did ask, and what its caller has left to spend."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from app.errors import RequestError, ThrottledError
from app.execution import Request
from app.main import create_executor
from app.schema import EXAMPLES, create_schema
from app.server.limits.bucket import BucketSize, MemoryBuckets, RedisBuckets
from app.server.limits.cost import Costs
from app.settings import Settings
from tests.app.server.redis import needs_redis, running_redis
from tests.end_to_end.sockets import socket
from tests.gateway import Gateway, serving

EXECUTOR = create_executor(Settings(), create_schema())
LISTINGS = "query ($n: Int) { listings(first: $n) { nodes { agent { name } } } }"
SHOWN = {"X-Atrium-Cost": "1"}


def cost_of(document: str, variables: dict[str, object] | None = None) -> int:
    return Costs(EXECUTOR).requested(EXECUTOR.prepare(Request(document, variables)))


def growing(levels: int) -> str:
    inner = "id"
    for _ in range(levels):
        inner = f"agent {{ listings(first: 48) {{ nodes {{ {inner} }} }} }}"
    return f"{{ listings(first: 48) {{ nodes {{ {inner} }} }} }}"


@pytest.mark.parametrize(
    ("document", "variables", "cost"),
    [
        ("{ __typename }", None, 0),
        ("{ viewer { roles } }", None, 1),
        ('{ listing(id: "1") { id } }', None, 10 + 1),
        ("{ listings { nodes { id } } }", None, 10 + 20),
        ("{ listings(first: 3) { nodes { id } } }", None, 10 + 3),
        ("{ listings(last: 3) { nodes { id } } }", None, 10 + 3),
        ("{ listings(first: -3) { nodes { id } } }", None, 10),
        ("{ listings(first: 2) { nodes { agent { id } } } }", None, 10 + 2 + 10 + 2),
        ("{ listings(first: 2) { nodes { contents(first: 3) { nodes { id } } } } }", None, 10 + 2 + 10 + 6),
        (LISTINGS, {"n": 5}, 10 + 5 + 10 + 5),
        (LISTINGS, {"n": None}, 10 + 20 + 10 + 20),
        (LISTINGS, {}, 10 + 20 + 10 + 20),
        ("query ($n: Int = 7) { listings(first: $n) { nodes { id } } }", {}, 10 + 7),
        ("query ($is: Boolean!) { listings @include(if: $is) { nodes { id } } }", {"is": False}, 0),
        ("query ($is: Boolean!) { listings @include(if: $is) { nodes { id } } }", {"is": True}, 10 + 20),
        ("mutation { logout(input: {}) { isLoggedOut } }", None, 10 + 1),
        ("{ __schema { types { fields { type { name } } } } }", None, 0),
        (growing(0), None, 58),
        (growing(1), None, 2430),
        (growing(2), None, 115_806),
    ],
)
def test_the_cost_is_ten_for_a_call_and_one_for_a_row(
    document: str, variables: dict[str, object] | None, cost: int
) -> None:
    assert cost_of(document, variables) == cost


@pytest.mark.parametrize("variables", [{"n": [1]}, {"n": {}}, {"n": "x"}])
def test_what_cannot_run_costs_nothing(variables: dict[str, object]) -> None:
    assert cost_of(LISTINGS, variables) == 0


def test_a_plan_that_types_within_types_multiply_is_given_up() -> None:
    wide = Settings(max_aliases=10_000, max_root_fields=10_000, limits_warn_only=["*"])
    executor = create_executor(wide, create_schema())
    fields = " ".join(f"f{number}: id" for number in range(30))
    document = f"{{ {' '.join(f'n{number}: node(id: 1) {{ {fields} }}' for number in range(100))} }}"
    with pytest.raises(RequestError, match="too many kinds of objects"):
        Costs(executor).requested(executor.prepare(Request(document)))


def test_the_cost_is_kept_for_each_choice_of_what_it_depends_on() -> None:
    costs = Costs(EXECUTOR)
    found = [costs.requested(EXECUTOR.prepare(Request(LISTINGS, {"n": n, "x": n}))) for n in (*range(1, 101), 1, 100)]
    assert found == [20 + 2 * n for n in (*range(1, 101), 1, 100)]


@pytest.mark.parametrize("document", EXAMPLES)
def test_what_graphiql_opens_with_costs_little(document: str) -> None:
    assert cost_of(document) < 1000


# At the gateway


@pytest.fixture
async def spending(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway whose callers have 1000 to spend, and get next to nothing back."""
    async with serving(tmp_path, cost_bucket=1000, cost_restore_rate=1) as gateway:
        yield gateway


async def test_what_costs_too_much_is_refused_before_anything_runs(gateway: Gateway) -> None:
    answer = await gateway.query(growing(2))
    assert (answer.status, answer.code, answer.calls) == (400, "MAX_COST_LIMIT", [])
    assert answer.body["errors"][0]["message"] == "The operation can cost 115806; at most 50000 is allowed."


async def test_the_limit_may_only_warn(tmp_path: Path) -> None:
    async with serving(tmp_path, max_cost=1, limits_warn_only=["MAX_COST_LIMIT"]) as gateway:
        assert (await gateway.query("{ listings { totalCount } }")).data["listings"]["totalCount"] > 0


async def test_who_asks_is_told_the_cost_before_and_after(gateway: Gateway) -> None:
    answer = await gateway.query(LISTINGS, {"n": 100}, headers=SHOWN)
    rows = len(answer.data["listings"]["nodes"])
    agents = 1
    assert answer.body["extensions"] == {"cost": {"requestedQueryCost": 220, "actualQueryCost": 2 * 10 + rows + agents}}
    assert "extensions" not in (await gateway.query(LISTINGS)).body


async def test_every_answer_may_tell_its_cost(tmp_path: Path) -> None:
    async with serving(tmp_path, show_cost=True) as gateway:
        answer = await gateway.query("{ viewer { roles } }")
    assert answer.body["extensions"]["cost"] == {"requestedQueryCost": 1, "actualQueryCost": 0}


async def test_a_caller_who_has_spent_everything_is_throttled(spending: Gateway) -> None:
    document = "{ listings(first: 100) { nodes { contents(first: 8) { nodes { id } } } } }"  # may cost 920
    first = await spending.query(document, headers=SHOWN)
    status = first.body["extensions"]["cost"]["throttleStatus"]
    spent = first.body["extensions"]["cost"]["actualQueryCost"]
    assert status == {"maximumAvailable": 1000, "currentlyAvailable": 1000 - spent, "restoreRate": 1}
    while (answer := await spending.query(document)).status == 200:
        pass

    assert (answer.status, answer.code) == (429, "THROTTLED")
    extensions = answer.body["errors"][0]["extensions"]
    assert extensions["cost"]["requestedQueryCost"] == 920
    available = extensions["cost"]["throttleStatus"]["currentlyAvailable"]
    assert 920 - available - 1 <= extensions["retryAfter"] <= 920 - available
    assert int(answer.headers["retry-after"]) >= extensions["retryAfter"]
    assert (await spending.query("{ listings(first: 1) { totalCount } }")).status == 200
    assert (await spending.query(document, email="dana@example.com")).status == 200


async def test_a_socket_spends_from_the_same_bucket(spending: Gateway) -> None:
    async with socket(spending, spending.token()) as stream:
        await stream.subscribe(growing(1))
        assert (await stream.receive())["type"] == "next"
        await stream.receive()
        await stream.subscribe(growing(2))
        assert await stream.refusal_code() == "MAX_COST_LIMIT"
        await stream.subscribe(growing(1))
        assert await stream.refusal_code() == "THROTTLED"


async def test_a_stream_of_events_is_held_to_the_same(spending: Gateway) -> None:
    headers = {"Authorization": f"Bearer {spending.token()}", "Accept": "text/event-stream", **SHOWN}
    async with httpx.AsyncClient(base_url=spending.url, headers=headers) as client:
        dear = await client.post("/graphql", json={"query": growing(2)})
        first = await client.post("/graphql", json={"query": growing(1)})
        second = await client.post("/graphql", json={"query": growing(1)})
    assert '"code":"MAX_COST_LIMIT"' in dear.text
    assert '"requestedQueryCost":1000' in first.text
    assert '"code":"THROTTLED"' in second.text


async def test_what_costs_more_than_the_bucket_empties_it(spending: Gateway) -> None:
    answer = await spending.query(growing(1), headers=SHOWN)
    assert answer.status == 200
    assert answer.body["extensions"]["cost"]["requestedQueryCost"] == 1000


async def test_a_bucket_fills_with_time() -> None:
    now = [0.0]
    buckets = MemoryBuckets(BucketSize(100, 10), clock=lambda: now[0])
    await buckets.take("Ann", 90)
    with pytest.raises(ThrottledError) as refused:
        await buckets.take("Ann", 40)
    assert refused.value.retry_after == 3.0
    await buckets.take("Bob", 100)
    now[0] = 3.0
    assert (await buckets.take("Ann", 40)).currently_available == 0
    await buckets.give_back("Ann", 30)
    now[0] = 1000.0
    assert (await buckets.give_back("Ann", 0)).as_json() == {
        "maximumAvailable": 100,
        "currentlyAvailable": 100,
        "restoreRate": 10,
    }


@needs_redis
async def test_buckets_in_redis_are_those_of_all_processes(unused_tcp_port: int) -> None:
    async with running_redis(unused_tcp_port) as url, Redis.from_url(url) as redis:
        one, other = (RedisBuckets(redis, BucketSize(100, 10)) for _ in range(2))
        left = (await one.take("Ann", 90)).currently_available
        with pytest.raises(ThrottledError) as refused:
            await other.take("Ann", 90)
        full = (await other.take("Bob", 0)).currently_available
        overdrawn = (await other.give_back("Ann", -50)).currently_available
        given_back = (await one.give_back("Ann", 1000)).currently_available
        seconds = await redis.ttl("atrium:cost:Ann")

    assert 10 <= left < 20
    assert 6 < refused.value.retry_after <= 8
    assert (full, given_back) == (100, 100)
    assert -40 <= overdrawn < -20
    assert 0 < seconds <= 1


@needs_redis
async def test_what_has_been_spent_comes_back_in_redis(unused_tcp_port: int) -> None:
    async with running_redis(unused_tcp_port) as url, Redis.from_url(url) as redis:
        buckets = RedisBuckets(redis, BucketSize(100, 1000))
        await buckets.take("Ann", 100)
        await asyncio.sleep(0.2)

        assert (await buckets.take("Ann", 100)).currently_available == 0


async def test_without_redis_each_process_has_buckets_of_its_own(unused_tcp_port: int) -> None:
    async with Redis.from_url(f"redis://127.0.0.1:{unused_tcp_port}", retry=None) as redis:
        buckets = RedisBuckets(redis, BucketSize(100, 1))
        assert (await buckets.take("Ann", 90)).currently_available == 10
        with pytest.raises(ThrottledError):
            await buckets.take("Ann", 90)


@needs_redis
async def test_two_gateways_share_what_a_caller_may_spend(tmp_path: Path, unused_tcp_port: int) -> None:
    (tmp_path / "1").mkdir()
    limits: dict[str, Any] = {"cost_bucket": 1000, "cost_restore_rate": 1}
    async with running_redis(unused_tcp_port) as url:
        limits["redis_url"] = SecretStr(url)
        async with (
            serving(tmp_path, **limits) as one,
            serving(tmp_path / "1", service_urls=one.service_urls, **limits) as other,
        ):
            first = await one.query(growing(1), headers=SHOWN)
            refused = await other.query(growing(1))
            immediate = await other.query("{ viewer { roles } }", headers=SHOWN)

    left, later = (
        answer.body["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] for answer in (first, immediate)
    )
    assert left < 1000
    assert refused.code == "THROTTLED"
    assert left <= later < left + 20
