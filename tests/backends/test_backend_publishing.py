"""Publishing: posts are made, refused, followed and taken down; scheduled posts are published when they are due."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from backends.document import rfc3339
from tests.backends.backend_world import World, ids, paths, pending_content, problem, receiving
from tests.backends.publishing_world import START, StandingClock, connected_account, created, publishing_world

pytestmark = pytest.mark.asyncio(loop_scope="module")

POSTS = "/publishing/posts"
SCHEDULED = "/publishing/scheduled-posts"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clock() -> StandingClock:
    return StandingClock()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory, clock: StandingClock) -> AsyncIterator[World]:
    async with (
        receiving() as webhook,
        publishing_world(tmp_path_factory.mktemp("publishing"), webhook, clock) as world,
    ):
        yield world


async def test_a_post_is_published_at_once_and_told_of(world: World, clock: StandingClock) -> None:
    owner = world.agent()
    account, content = await connected_account(owner), await pending_content(world, owner)
    post = await created(
        owner,
        POSTS,
        social_account_id=account["id"],
        content_id=content["id"],
        caption="Sunset #beach",
        hashtags=["beach", "sunset"],
        mentions=["@ana"],
    )
    assert (post["status"], post["platform"], post["published_at"]) == ("published", "instagram", rfc3339(clock.now()))
    assert post["platform_post_url"] == f"https://instagram.example.com/posts/{post['platform_post_id']}"
    assert (await owner.get(f"{POSTS}/{post['id']}")).json() == post
    await world.webhook.until(lambda: world.webhook.about("post.published", post["id"]) != [])
    assert world.webhook.about("post.published", post["id"]) == [{"post": post}]


async def test_a_post_may_wait_as_a_draft(world: World) -> None:
    owner = world.agent()
    account = await connected_account(owner)
    draft = await created(owner, POSTS, social_account_id=account["id"], caption="Later", publish_immediately=False)
    assert (draft["status"], draft["published_at"], draft["platform_post_id"]) == ("draft", None, None)
    assert problem(await owner.post(f"{POSTS}/{draft['id']}/sync")) == (409, "INVALID_TRANSITION")
    assert world.webhook.about("post.published", draft["id"]) == []


async def test_what_cannot_be_posted_is_refused_with_its_place(world: World) -> None:
    owner, other = world.agent(), world.agent()
    account = await connected_account(owner, "twitter")
    foreign_account, foreign_content = await connected_account(other), await pending_content(world, other)
    rejected = await pending_content(world, owner)
    await owner.post(f"/content/content/{rejected['id']}/action", {"action": "reject_discard", "feedback": "no"})
    for body, path, code in (
        ({"caption": "Hi", "social_account_id": "soc_none"}, ["social_account_id"], "NOT_FOUND"),
        ({"caption": "Hi", "social_account_id": foreign_account["id"]}, ["social_account_id"], "NOT_FOUND"),
        ({"content_id": foreign_content["id"]}, ["content_id"], "NOT_FOUND"),
        ({"content_id": rejected["id"]}, ["content_id"], "INVALID_TRANSITION"),
        ({"caption": "Hi", "additional_content_ids": ["cnt_none"]}, ["additional_content_ids"], "NOT_FOUND"),
        ({"caption": "Hi", "character_id": "chr_none"}, ["character_id"], "CHARACTER_NOT_FOUND"),
        ({}, ["caption"], "BAD_USER_INPUT"),
        ({"caption": "x" * 281}, ["caption"], "BAD_USER_INPUT"),
        ({"caption": "x" * 275, "hashtags": ["sunset"]}, ["caption"], "BAD_USER_INPUT"),
        ({"caption": "Hi", "hashtags": ["two words"]}, ["hashtags", "0"], "BAD_USER_INPUT"),
        ({"caption": "Hi", "post_type": "poem"}, ["post_type"], "BAD_USER_INPUT"),
    ):
        answer = await owner.post(POSTS, {"social_account_id": account["id"], **body})
        assert answer.status_code == 422, answer.text
        assert (answer.json()["errors"][0]["path"], answer.json()["errors"][0]["code"]) == (path, code)
    assert (await owner.get(POSTS)).json()["total"] == 0


async def test_nothing_is_posted_to_an_account_that_is_disconnected(world: World) -> None:
    owner = world.agent()
    account = await connected_account(owner)
    post = await created(owner, POSTS, social_account_id=account["id"], caption="Hi")
    assert (await owner.post(f"/social/accounts/{account['id']}/disconnect")).status_code == 200
    later = rfc3339(START + timedelta(days=900))
    body = {"social_account_id": account["id"], "caption": "Hi"}
    for answer in (
        await owner.post(POSTS, body),
        await owner.post(SCHEDULED, body | {"scheduled_at": later}),
        await owner.post("/publishing/engagement/like", {"social_account_id": account["id"], "target_id": "1"}),
        await owner.post(f"{POSTS}/{post['id']}/sync"),
    ):
        assert problem(answer) == (409, "PLATFORM_CONNECTION_FAILED")
        assert paths(answer) == [["social_account_id"]]


async def test_a_post_that_the_platform_refuses_has_failed(world: World) -> None:
    owner = world.agent()
    account = await connected_account(owner)
    post = await created(owner, POSTS, social_account_id=account["id"], caption="Please fail-publish")
    assert (post["status"], post["published_at"]) == ("failed", None)
    await world.webhook.until(
        lambda: any(event["owner"] == owner.id and event["type"] == "error.occurred" for event in world.webhook.events)
    )
    (error,) = [
        event["data"]["error"]
        for event in world.webhook.events
        if event["type"] == "error.occurred" and event["owner"] == owner.id
    ]
    assert (error["source"], error["source_id"], error["code"]) == ("post", post["id"], "PLATFORM_ERROR")
    assert error["message"] == post["error"] == "Instagram has refused the post: its caption breaks the rules."


async def test_a_post_earns_more_as_it_grows_older(world: World, clock: StandingClock) -> None:
    owner = world.agent()
    account = await connected_account(owner)
    post = await created(owner, POSTS, social_account_id=account["id"], caption="Hi")
    figures = []
    for _ in range(3):
        clock.advance(hours=20)
        synced = (await owner.post(f"{POSTS}/{post['id']}/sync")).json()
        assert synced["last_synced_at"] == rfc3339(clock.now())
        figures.append((synced["views_count"], synced["likes_count"]))
    assert figures == sorted(figures)
    assert figures[0][0] > 0
    assert figures[0] != figures[-1]


async def test_a_post_that_is_deleted_is_gone(world: World) -> None:
    owner = world.agent()
    account = await connected_account(owner)
    post = await created(owner, POSTS, social_account_id=account["id"], caption="Hi")
    for refused in (
        await world.agent().send("DELETE", f"{POSTS}/{post['id']}"),
        await owner.send("DELETE", f"{POSTS}/no"),
    ):
        assert problem(refused) == (404, "NOT_FOUND")
    assert (await owner.send("DELETE", f"{POSTS}/{post['id']}")).json() == post | {"status": "deleted"}
    assert problem(await owner.get(f"{POSTS}/{post['id']}")) == (404, "NOT_FOUND")


async def test_posts_are_found_by_what_they_are(world: World, clock: StandingClock) -> None:
    owner = world.agent()
    instagram, twitter = await connected_account(owner), await connected_account(owner, "twitter")
    first = await created(owner, POSTS, social_account_id=instagram["id"], caption="1")
    between = clock.advance(days=1)
    second = await created(owner, POSTS, social_account_id=twitter["id"], caption="2")
    for query, expected in (
        ({"platform": "twitter"}, [second["id"]]),
        ({"social_account_id": instagram["id"]}, [first["id"]]),
        ({"status": "published,failed"}, [second["id"], first["id"]]),
        ({"status": "draft"}, []),
        ({"from": rfc3339(between)}, [second["id"]]),
        ({"to": rfc3339(between)}, [first["id"]]),
    ):
        assert ids(await owner.get(POSTS, **query)) == expected, query
    assert paths(await owner.get(POSTS, **{"from": "yesterday"})) == [["from"]]
    grouped = (await owner.get(POSTS, group_by="social_account_id", social_account_id=instagram["id"])).json()
    assert grouped["groups"][instagram["id"]]["total"] == 1


async def test_a_scheduled_post_is_published_when_it_is_due(world: World, clock: StandingClock) -> None:
    owner = world.agent()
    account = await connected_account(owner)
    at = clock.now() + timedelta(hours=2)
    body = {"social_account_id": account["id"], "caption": "Good evening", "hashtags": ["dusk"]}
    waiting = await created(owner, SCHEDULED, **body, scheduled_at=rfc3339(at), timezone="America/New_York")
    assert (waiting["status"], waiting["timezone"], waiting["post_id"]) == ("scheduled", "America/New_York", None)
    clock.advance(hours=1)
    assert (await owner.get(f"{SCHEDULED}/{waiting['id']}")).json() == waiting
    clock.advance(hours=1, seconds=1)
    await world.webhook.until(
        lambda: any(event["type"] == "post.published" and event["owner"] == owner.id for event in world.webhook.events)
    )
    (post,) = (await owner.get(POSTS)).json()["items"]
    assert (post["caption"], post["hashtags"], post["status"]) == ("Good evening", ["dusk"], "published")
    done = (await owner.get(f"{SCHEDULED}/{waiting['id']}")).json()
    assert (done["status"], done["post_id"]) == ("published", post["id"])
    assert problem(await owner.send("DELETE", f"{SCHEDULED}/{waiting['id']}")) == (409, "INVALID_TRANSITION")
    change = await owner.send("PATCH", f"{SCHEDULED}/{waiting['id']}", {"caption": "Good night"})
    assert problem(change) == (409, "INVALID_TRANSITION")


async def test_a_moment_without_an_offset_is_that_of_the_time_zone(world: World) -> None:
    owner = world.agent()
    account = await connected_account(owner)
    body = {"social_account_id": account["id"], "caption": "Hi", "timezone": "America/New_York"}
    waiting = await created(owner, SCHEDULED, **body, scheduled_at="2035-07-16T09:00:00")
    assert waiting["scheduled_at"] == "2035-07-16T13:00:00.000000Z"


async def test_a_schedule_that_cannot_be_is_refused_with_its_place(world: World, clock: StandingClock) -> None:
    owner = world.agent()
    account = await connected_account(owner)
    good = {"social_account_id": account["id"], "caption": "Hi", "scheduled_at": "2035-07-16T09:00:00Z"}
    waiting = await created(owner, SCHEDULED, **good)
    for wrong, path in (
        ({"scheduled_at": rfc3339(clock.now())}, ["scheduled_at"]),
        ({"scheduled_at": "2019-01-01T00:00:00Z"}, ["scheduled_at"]),
        ({"scheduled_at": "9999-12-31T23:59:59-12:00"}, ["scheduled_at"]),
        ({"scheduled_at": "soon"}, ["scheduled_at"]),
        ({"timezone": "Mars/Olympus"}, ["timezone"]),
        ({"caption": ""}, ["caption"]),
    ):
        refusals = (
            await owner.post(SCHEDULED, good | wrong),
            await owner.send("PATCH", f"{SCHEDULED}/{waiting['id']}", wrong),
        )
        for answer in refusals:
            assert problem(answer) == (422, "BAD_USER_INPUT")
            assert paths(answer) == [path]
    assert (await owner.get(f"{SCHEDULED}/{waiting['id']}")).json() == waiting


async def test_a_scheduled_post_can_be_changed_and_cancelled(world: World, clock: StandingClock) -> None:
    owner = world.agent()
    instagram, twitter = await connected_account(owner), await connected_account(owner, "twitter")
    at = rfc3339(clock.now() + timedelta(hours=2))
    waiting = await created(owner, SCHEDULED, social_account_id=instagram["id"], caption="Hi", scheduled_at=at)
    path = f"{SCHEDULED}/{waiting['id']}"
    assert problem(await world.agent().send("PATCH", path, {"caption": "Mine"})) == (404, "NOT_FOUND")
    changed = (await owner.send("PATCH", path, {"caption": "Hello", "social_account_id": twitter["id"]})).json()
    assert (changed["caption"], changed["platform"], changed["scheduled_at"]) == ("Hello", "twitter", at)
    assert problem(await world.agent().send("DELETE", path)) == (404, "NOT_FOUND")
    assert (await owner.send("DELETE", path)).json()["status"] == "cancelled"
    clock.advance(hours=3)
    assert (await owner.get(path)).json()["status"] == "cancelled"
    assert (await owner.get(POSTS)).json()["total"] == 0


async def test_a_scheduled_post_fails_when_its_account_is_disconnected_meanwhile(
    world: World, clock: StandingClock
) -> None:
    owner = world.agent()
    account = await connected_account(owner)
    at = rfc3339(clock.now() + timedelta(hours=2))
    waiting = await created(owner, SCHEDULED, social_account_id=account["id"], caption="Hi", scheduled_at=at)
    await owner.post(f"/social/accounts/{account['id']}/disconnect")
    clock.advance(hours=3)
    await world.webhook.until(
        lambda: any(event["type"] == "error.occurred" and event["owner"] == owner.id for event in world.webhook.events)
    )
    failed = (await owner.get(f"{SCHEDULED}/{waiting['id']}")).json()
    assert (failed["status"], failed["post_id"]) == ("failed", None)
    assert failed["error"].startswith(f"@{account['account_username']} on instagram is disconnected")


async def test_scheduled_posts_are_found_by_their_moment(world: World) -> None:
    owner = world.agent()
    account = await connected_account(owner)
    body = {"social_account_id": account["id"], "caption": "Hi"}
    first = await created(owner, SCHEDULED, **body, scheduled_at="2035-01-01T09:00:00Z")
    second = await created(owner, SCHEDULED, **body, scheduled_at="2035-02-01T09:00:00Z")
    assert ids(await owner.get(SCHEDULED, order="scheduled_at")) == [first["id"], second["id"]]
    assert ids(await owner.get(SCHEDULED, **{"from": "2035-01-15T00:00:00Z"})) == [second["id"]]
    assert ids(await owner.get(SCHEDULED, **{"from": "2035-01-01", "to": "2035-02-01T09:00:00+01:00"})) == [first["id"]]


async def test_what_was_due_while_the_service_was_away_is_published_when_it_is_back(tmp_path: Path) -> None:
    clock = StandingClock()
    async with receiving() as webhook:
        async with publishing_world(tmp_path, webhook, clock) as world:
            owner = world.agent()
            account = await connected_account(owner)
            at = rfc3339(clock.now() + timedelta(hours=1))
            body = {"social_account_id": account["id"], "caption": "Hi", "scheduled_at": at}
            waiting = await created(owner, SCHEDULED, **body)
        clock.advance(days=1)
        async with publishing_world(tmp_path, webhook, clock) as world:
            await webhook.until(lambda: any(event["type"] == "post.published" for event in webhook.events))
            again = world.agent(owner.id)
            assert (await again.get(f"{SCHEDULED}/{waiting['id']}")).json()["status"] == "published"
            assert (await again.get(POSTS)).json()["total"] == 1
