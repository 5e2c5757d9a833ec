"""Automation: rules are checked, run when they are due, and keep within their bounds."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from tests.backends.backend_world import Json, User, World, paths, problem, receiving
from tests.backends.publishing_world import (
    START,
    StandingClock,
    character_of,
    connected_account,
    created,
    publishing_world,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

RULES = "/publishing/automation-rules"
POSTS = "/publishing/posts"
DAILY = {
    "name": "Daily",
    "cron": "0 14 * * *",
    "timezone": "America/New_York",
    "platforms": ["instagram"],
    "content_type": "text",
    "prompt_template": "What {name} thinks of {topic}",
    "caption_template": "Today: {topic}!",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clock() -> StandingClock:
    return StandingClock()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory, clock: StandingClock) -> AsyncIterator[World]:
    async with (
        receiving() as webhook,
        publishing_world(tmp_path_factory.mktemp("automation"), webhook, clock) as world,
    ):
        yield world


async def told(world: World, kind: str, owner: User, count: int = 1) -> list[Json]:
    """The data of the owner's events of that type, once there are so many."""

    def found() -> list[Json]:
        return [event["data"] for event in world.webhook.events if (event["type"], event["owner"]) == (kind, owner.id)]

    await world.webhook.until(lambda: len(found()) >= count)
    return found()


async def at(world: World, clock: StandingClock, rule: Json) -> Json:
    """Moves the clock to the next run of a rule; the rule as it is then."""
    moment = datetime.fromisoformat(rule["next_run_at"])
    clock.advance(seconds=(moment - clock.now()).total_seconds())
    found: Json = (await world.service.get(f"{RULES}/{rule['id']}")).json()
    return found


async def test_a_rule_knows_when_it_runs_next(world: World, clock: StandingClock) -> None:
    owner = world.agent()
    character = await character_of(owner)
    rule = await created(owner, RULES, character_id=character["id"], **DAILY)
    next_run = datetime.fromisoformat(rule["next_run_at"])
    assert clock.now() < next_run <= clock.now() + timedelta(days=1)
    assert (rule["is_enabled"], rule["last_run_at"], rule["runs_count"]) == (True, None, 0)
    off = (await owner.post(f"{RULES}/{rule['id']}/disable")).json()
    assert (off["is_enabled"], off["next_run_at"]) == (False, None)
    assert (await owner.post(f"{RULES}/{rule['id']}/disable")).json() == off
    on = (await owner.post(f"{RULES}/{rule['id']}/enable")).json()
    assert on == rule | {"updated_at": on["updated_at"]}
    changed = (
        await owner.send("PATCH", f"{RULES}/{rule['id']}", {"cron": " 0  0 1 1 * ", "max_posts_per_day": 3})
    ).json()
    assert (changed["cron"], changed["max_posts_per_day"], changed["name"]) == ("0 0 1 1 *", 3, "Daily")
    assert changed["next_run_at"] == "2032-01-01T05:00:00.000000Z"
    assert START.year == 2031


async def test_what_is_no_rule_is_refused_with_its_place(world: World) -> None:
    owner = world.agent()
    character, foreign = await character_of(owner), await character_of(world.agent())
    rule = await created(owner, RULES, character_id=character["id"], **DAILY)
    for wrong, path in (
        ({"cron": "0 25 * * *"}, ["cron"]),
        ({"cron": "daily"}, ["cron"]),
        ({"cron": "0 0 31 2 *"}, ["cron"]),
        ({"timezone": "Nowhere"}, ["timezone"]),
        ({"platforms": []}, ["platforms"]),
        ({"platforms": ["myspace"]}, ["platforms", "0"]),
        ({"max_posts_per_day": 0}, ["max_posts_per_day"]),
        ({"max_posts_per_day": 51}, ["max_posts_per_day"]),
        ({"cooldown_minutes": -1}, ["cooldown_minutes"]),
        ({"prompt_template": "A {mood} picture"}, ["prompt_template"]),
        ({"prompt_template": "About {text}"}, ["prompt_template"]),
        ({"caption_template": "{}"}, ["caption_template"]),
        ({"trigger_type": "moon"}, ["trigger_type"]),
    ):
        refusals = (
            await owner.post(RULES, {"character_id": character["id"]} | DAILY | wrong),
            await owner.send("PATCH", f"{RULES}/{rule['id']}", wrong),
        )
        for answer in refusals:
            assert problem(answer) == (422, "BAD_USER_INPUT")
            assert paths(answer) == [path]
    answer = await owner.post(RULES, {"character_id": foreign["id"]} | DAILY)
    assert paths(answer) == [["character_id"]]
    assert answer.json()["errors"][0]["code"] == "CHARACTER_NOT_FOUND"
    assert (await owner.get(f"{RULES}/{rule['id']}")).json() == rule


async def test_nobody_touches_the_rules_of_somebody_else(world: World) -> None:
    owner, other = world.agent(), world.agent()
    character = await character_of(owner)
    rule = await created(owner, RULES, character_id=character["id"], **DAILY)
    path = f"{RULES}/{rule['id']}"
    for answer in (
        await other.get(path),
        await other.send("PATCH", path, {"name": "Mine"}),
        await other.send("DELETE", path),
        await other.post(f"{path}/enable"),
        await other.post(f"{path}/disable"),
    ):
        assert problem(answer) == (404, "NOT_FOUND")
    assert (await owner.send("DELETE", path)).json()["is_enabled"] is False
    assert problem(await owner.get(path)) == (404, "NOT_FOUND")


async def test_a_rule_that_is_due_makes_content_and_posts_it(world: World, clock: StandingClock) -> None:
    owner = world.agent()
    character = await character_of(owner, personality={"preferred_topics": ["dawn patrol"]})
    account = await connected_account(owner, character_id=character["id"])
    await connected_account(owner, "twitter", character_id=character["id"])
    rule = await created(owner, RULES, character_id=character["id"], **DAILY)
    await at(world, clock, rule)
    (told_of,) = await told(world, "post.published", owner)
    post = told_of["post"]
    assert (post["social_account_id"], post["character_id"]) == (account["id"], character["id"])
    assert (post["automation_rule_id"], post["caption"]) == (rule["id"], "Today: dawn patrol!")
    assert post["hashtags"] == ["dawnpatrol", "surfing", "veganfood"]
    content = (await owner.get(f"/content/content/{post['content_id']}")).json()
    assert (content["content_type"], content["prompt"]) == ("text", "What Luna Reyes thinks of dawn patrol")
    assert (content["status"], content["character_id"]) == ("approved", character["id"])
    ran = await at(world, clock, rule)
    assert (ran["last_run_at"], ran["runs_count"]) == (rule["next_run_at"], 1)
    assert datetime.fromisoformat(ran["next_run_at"]) - datetime.fromisoformat(rule["next_run_at"]) == timedelta(days=1)


async def test_a_rule_posts_no_more_on_a_day_than_it_may(world: World, clock: StandingClock) -> None:
    owner = world.agent()
    character = await character_of(owner)
    await connected_account(owner, character_id=character["id"])
    bounds = {"cron": "0 */2 * * *", "timezone": "UTC", "max_posts_per_day": 2, "cooldown_minutes": 0}
    clock.advance(days=1)
    clock.advance(seconds=(clock.now().replace(hour=23, minute=30) - clock.now()).total_seconds())
    rule = await created(owner, RULES, character_id=character["id"], **DAILY | bounds)
    runs = []
    for number in range(4):
        rule = await at(world, clock, rule)
        runs.append(rule["last_run_at"])
        await told(world, "post.published", owner, min(number + 1, 2))
    assert runs == [runs[0], runs[1], runs[1], runs[1]]
    assert (await owner.get(POSTS, limit=0)).json()["total"] == 2
    clock.advance(seconds=(clock.now().replace(hour=0) + timedelta(days=1) - clock.now()).total_seconds())
    await told(world, "post.published", owner, 3)
    await owner.post(f"{RULES}/{rule['id']}/disable")


async def test_a_rule_rests_after_a_run(world: World, clock: StandingClock) -> None:
    owner = world.agent()
    character = await character_of(owner)
    await connected_account(owner, character_id=character["id"])
    bounds = {"cron": "*/30 * * * *", "max_posts_per_day": 50, "cooldown_minutes": 60}
    rule = await created(owner, RULES, character_id=character["id"], **DAILY | bounds)
    first = await at(world, clock, rule)
    await told(world, "post.published", owner)
    second = await at(world, clock, first)
    assert second["last_run_at"] == first["last_run_at"]
    third = await at(world, clock, second)
    assert third["last_run_at"] == second["next_run_at"]
    await told(world, "post.published", owner, 2)
    await owner.post(f"{RULES}/{rule['id']}/disable")


async def test_a_paused_character_does_not_post(world: World, clock: StandingClock) -> None:
    owner, witness = world.agent(), world.agent()
    for user in (owner, witness):
        character = await character_of(user)
        await connected_account(user, character_id=character["id"])
        if user is owner:
            await user.post(f"/characters/characters/{character['id']}/pause")
        rule = await created(user, RULES, character_id=character["id"], **DAILY)
    await at(world, clock, rule)
    await told(world, "post.published", witness)
    assert (await owner.get(POSTS, limit=0)).json()["total"] == 0
    assert (await owner.get("/content/generations", limit=0)).json()["total"] == 0


async def test_a_rule_that_cannot_run_says_why(world: World, clock: StandingClock) -> None:
    no_account, no_content = world.agent(), world.agent()
    character = await character_of(no_account)
    await created(no_account, RULES, character_id=character["id"], **DAILY)
    character = await character_of(no_content)
    await connected_account(no_content, character_id=character["id"])
    rule = await created(
        no_content, RULES, character_id=character["id"], **DAILY | {"prompt_template": "fail-generation"}
    )
    await at(world, clock, rule)
    (first,) = await told(world, "error.occurred", no_account)
    assert (first["error"]["source"], first["error"]["code"]) == ("automation_rule", "PLATFORM_CONNECTION_FAILED")
    assert first["error"]["message"] == "Daily: The character has no connected account on instagram."
    (second,) = await told(world, "error.occurred", no_content)
    assert (second["error"]["source_id"], second["error"]["code"]) == (rule["id"], "CONTENT_GENERATION_FAILED")
