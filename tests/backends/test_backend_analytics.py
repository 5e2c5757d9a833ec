"""Analytics: figures follow the posts and accounts, add up, and are shown to their owner alone."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from backends.sample.people import PEOPLE
from tests.backends.backend_world import Json, User, World, paths, problem, receiving
from tests.backends.publishing_world import (
    StandingClock,
    character_of,
    connected_account,
    created,
    publishing_world,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

OVERVIEW = "/analytics/overview"
POSTS = "/publishing/posts"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clock() -> StandingClock:
    return StandingClock()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def timed(tmp_path_factory: pytest.TempPathFactory, clock: StandingClock) -> AsyncIterator[World]:
    """Empty services, with publishing by a clock that stands."""
    async with (
        receiving() as webhook,
        publishing_world(tmp_path_factory.mktemp("analytics"), webhook, clock) as world,
    ):
        yield world


async def overview(user: User, **query: object) -> Json:
    answer = await user.get(OVERVIEW, **query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def test_a_newcomer_has_no_figures(timed: World) -> None:
    found = await overview(timed.agent())
    assert (found["total_posts"], found["total_engagement"], found["total_followers"]) == (0, 0, 0)
    assert (found["engagement_rate"], found["top_post_ids"], found["platform_breakdown"]) == (0.0, [], [])


async def test_figures_follow_the_posts(timed: World, clock: StandingClock) -> None:
    owner = timed.agent()
    character = await character_of(owner)
    account = await connected_account(owner, character_id=character["id"])
    first = await created(owner, POSTS, social_account_id=account["id"], caption="1")
    published_on = clock.now().date()
    clock.advance(days=2)
    second = await created(owner, POSTS, social_account_id=account["id"], caption="2")
    clock.advance(days=1)
    synced = [(await owner.post(f"{POSTS}/{post['id']}/sync")).json() for post in (first, second)]
    earned = [post["likes_count"] + post["comments_count"] + post["shares_count"] for post in synced]

    found = await overview(owner)
    assert (found["total_posts"], found["total_engagement"]) == (2, sum(earned))
    assert found["total_followers"] == account["follower_count"]
    assert found["engagement_rate"] == round(sum(earned) / (2 * account["follower_count"]), 6)
    assert found["platform_breakdown"] == [{"platform": "instagram", "posts": 2, "engagement": sum(earned)}]
    assert set(found["top_post_ids"]) == {first["id"], second["id"]}
    assert found["last_day"] == clock.now().date().isoformat()
    assert found["trends"]["engagement"][-1] == sum(earned)
    assert len(found["trends"]["dates"]) == len(found["trends"]["engagement"]) == 60

    of_one_day = await overview(owner, **{"from": published_on, "to": published_on})
    assert (of_one_day["total_posts"], of_one_day["total_engagement"]) == (1, 0)
    assert of_one_day["trends"] == {"dates": [published_on.isoformat()], "follower_growth": [0], "engagement": [0]}
    assert (await overview(owner, platform="twitter"))["total_posts"] == 0
    assert (await overview(owner, character_id=character["id"]))["total_posts"] == 2
    assert (await overview(owner, character_id="chr_none"))["total_posts"] == 0

    rows = (await owner.get("/analytics/posts", ids=f"{second['id']},{first['id']},pst_none")).json()
    figures = {row["post_id"]: row for row in rows["items"]}
    assert figures.keys() == {first["id"], second["id"]}
    assert figures[first["id"]]["engagement"] == earned[0]
    assert figures[first["id"]]["daily_engagement"] == [earned[0]]
    other = timed.agent()
    assert (await other.get("/analytics/posts", ids=first["id"])).json() == {"items": [], "total": 0}
    (row,) = (await other.get("/analytics/characters", ids=character["id"])).json()["items"]
    assert (row["character_id"], row["total_posts"]) == (character["id"], 0)


async def test_what_an_admin_sees_is_everybodys_and_nothing_is_missed(timed: World, clock: StandingClock) -> None:
    admin, early, late = timed.admin(), timed.agent(), timed.agent()
    before = (await overview(admin))["total_posts"]
    for user in (early, late):
        account = await connected_account(user)
        await created(user, POSTS, social_account_id=account["id"], caption="Hi")
    assert (await overview(late))["total_posts"] == 1
    assert (await overview(admin))["total_posts"] == before + 2


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"from": "2025-02-30"}, ["from"]),
        ({"from": "2025-02-02", "to": "2025-02-01"}, ["from"]),
        ({"from": "2020-01-01", "to": "2025-02-01"}, ["from"]),
        ({"to": "soon"}, ["to"]),
        ({"platform": "myspace"}, ["platform"]),
    ],
)
async def test_what_is_no_period_or_platform_is_refused(world: World, query: Json, path: list[str]) -> None:
    for route in (OVERVIEW, "/analytics/characters"):
        answer = await world.agent().get(route, **query)
        assert problem(answer) == (422, "BAD_USER_INPUT")
        assert paths(answer) == [path]


async def test_too_many_ids_are_refused(world: World) -> None:
    ids = ",".join(str(number) for number in range(101))
    for route in ("characters", "posts"):
        assert problem(await world.agent().get(f"/analytics/{route}", ids=ids)) == (400, "TOO_MANY_IDS")


async def test_the_sample_has_sixty_days_that_add_up_to_what_the_posts_show(sampled: World) -> None:
    chris = sampled.on_behalf_of(PEOPLE[0].user_id)
    found = await overview(chris)
    posts: list[Json] = []
    while page := (await chris.get(POSTS, limit=100, offset=len(posts))).json()["items"]:
        posts += page
    earned = sum(post["likes_count"] + post["comments_count"] + post["shares_count"] for post in posts)
    assert (found["total_posts"], found["total_engagement"]) == (len(posts), earned)
    assert sum(found["trends"]["engagement"]) == earned
    assert sum(found["trends"]["follower_growth"]) == found["follower_growth"] > 0
    assert min(found["trends"]["engagement"][5:]) > 0
    week = await overview(chris, **{"from": "2025-11-01T00:00:00+01:00", "to": "2025-11-07"})
    assert (week["first_day"], week["last_day"]) == ("2025-10-31", "2025-11-07")
    assert 0 < week["total_engagement"] < earned


async def test_statistics_count_what_the_services_have(sampled: World) -> None:
    chris, admin = sampled.on_behalf_of(PEOPLE[0].user_id), sampled.admin()
    for user in (chris, admin):
        stats = (await user.get("/analytics/system/stats")).json()
        for name, path, query in (
            ("total_characters", "/characters/characters", {}),
            ("active_characters", "/characters/characters", {"status": "active"}),
            ("total_content", "/content/content", {}),
            ("total_posts", POSTS, {}),
        ):
            assert stats[name] == (await user.get(path, limit=0, **query)).json()["total"]
        assert stats["storage_used_gb"] > 0
        assert stats["storage_available_gb"] > 0


async def test_settings_are_read_by_all_and_changed_by_admins(world: World) -> None:
    agent, admin = world.agent(), world.admin()
    before = (await agent.get("/analytics/settings")).json()
    assert before["ollama"] == {"base_url": "http://localhost:11434/", "default_model": "llama3:8b"}
    change = {"ollama": {"default_model": "llama3:70b"}, "storage": {"type": "s3", "path": "atrium/media"}}
    assert problem(await agent.put("/analytics/settings", change)) == (403, "FORBIDDEN")
    after = (await admin.put("/analytics/settings", change)).json()
    assert after == before | change | {
        "ollama": {"base_url": "http://localhost:11434/", "default_model": "llama3:70b"},
        "updated_at": after["updated_at"],
    }
    assert (await agent.get("/analytics/settings")).json() == after
    for wrong, path in (
        ({"storage": {"type": "tape"}}, ["storage", "type"]),
        ({"ollama": {"base_url": "ftp://x"}}, ["ollama", "base_url"]),
        ({"ollama": {"default_model": None}}, ["ollama", "default_model"]),
        ({"colour": {}}, ["colour"]),
    ):
        answer = await admin.put("/analytics/settings", wrong)
        assert paths(answer) == [path]
