"""Engagement: likes, comments and follows are given in the background, once each."""

import pytest

from tests.backends.backend_world import Json, User, World, ids, paths, problem
from tests.backends.publishing_world import character_of, connected_account, created

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENGAGEMENT = "/publishing/engagement"


async def ended(world: World, action: Json) -> Json:
    def is_told() -> bool:
        events = world.webhook.events
        failed = [event["data"]["error"]["source_id"] for event in events if event["type"] == "error.occurred"]
        return bool(world.webhook.about("engagement.completed", action["id"])) or action["id"] in failed

    await world.webhook.until(is_told)
    found: Json = (await world.service.get(f"{ENGAGEMENT}/{action['id']}")).json()
    return found


@pytest.mark.parametrize(
    ("kind", "target_type", "more"),
    [("like", "post", {}), ("comment", "post", {"comment_text": "Great post! 😊"}), ("follow", "user", {})],
)
async def test_an_action_is_taken_and_told_of(world: World, kind: str, target_type: str, more: Json) -> None:
    owner = world.agent()
    character = await character_of(owner)
    account = await connected_account(owner, character_id=character["id"])
    body = {"social_account_id": account["id"], "target_id": "77", "target_url": "https://instagram.example.com/p/77"}
    action = await created(owner, f"{ENGAGEMENT}/{kind}", **body, **more)
    assert (action["status"], action["action_type"], action["target_type"]) == ("pending", kind, target_type)
    assert (action["character_id"], action["platform"]) == (character["id"], "instagram")
    done = await ended(world, action)
    assert (done["status"], done["error"], done["performed_at"] is None) == ("completed", None, False)
    assert world.webhook.about("engagement.completed", action["id"]) == [{"action": done}]


async def test_a_target_that_is_not_there_fails_the_action(world: World) -> None:
    owner = world.agent()
    account = await connected_account(owner)
    action = await created(owner, f"{ENGAGEMENT}/like", social_account_id=account["id"], target_id="missing-1")
    failed = await ended(world, action)
    assert (failed["status"], failed["error"]) == ("failed", "Instagram knows no post missing-1.")
    again = await owner.post(f"{ENGAGEMENT}/like", {"social_account_id": account["id"], "target_id": "missing-1"})
    assert again.status_code == 201


async def test_what_was_liked_cannot_be_liked_again(world: World) -> None:
    owner = world.agent()
    account = await connected_account(owner)
    body = {"social_account_id": account["id"], "target_id": "5"}
    await created(owner, f"{ENGAGEMENT}/like", **body)
    again = await owner.post(f"{ENGAGEMENT}/like", body)
    assert problem(again) == (409, "CONFLICT")
    assert paths(again) == [["target_id"]]
    await created(owner, f"{ENGAGEMENT}/follow", **body)
    for _ in range(2):
        await created(owner, f"{ENGAGEMENT}/comment", **body, comment_text="Again!")


async def test_what_cannot_be_engaged_with_is_refused_with_its_place(world: World) -> None:
    owner, other = world.agent(), world.agent()
    account, foreign = await connected_account(owner), await connected_account(other)
    character = await character_of(owner)
    taken = await connected_account(owner, character_id=(await character_of(owner))["id"])
    for kind, wrong, path in (
        ("like", {"target_id": ""}, ["target_id"]),
        ("like", {"target_url": "javascript:alert(1)"}, ["target_url"]),
        ("like", {"social_account_id": foreign["id"]}, ["social_account_id"]),
        ("follow", {"comment_text": "Hi"}, ["comment_text"]),
        ("comment", {}, ["comment_text"]),
        ("comment", {"comment_text": "  "}, ["comment_text"]),
        ("like", {"character_id": "chr_none"}, ["character_id"]),
        ("like", {"social_account_id": taken["id"], "character_id": character["id"]}, ["character_id"]),
    ):
        answer = await owner.post(
            f"{ENGAGEMENT}/{kind}", {"social_account_id": account["id"], "target_id": "1"} | wrong
        )
        assert answer.status_code == 422
        assert paths(answer) == [path]
    assert (await owner.get(ENGAGEMENT)).json()["total"] == 0


async def test_actions_are_found_by_what_they_are(world: World) -> None:
    owner = world.agent()
    account = await connected_account(owner)
    like = await created(owner, f"{ENGAGEMENT}/like", social_account_id=account["id"], target_id="1")
    follow = await created(owner, f"{ENGAGEMENT}/follow", social_account_id=account["id"], target_id="missing-2")
    await ended(world, like)
    await ended(world, follow)
    assert ids(await owner.get(ENGAGEMENT, action_type="like")) == [like["id"]]
    assert ids(await owner.get(ENGAGEMENT, status="failed")) == [follow["id"]]
    assert ids(await owner.get(ENGAGEMENT, platform="twitter")) == []
    assert problem(await owner.get(ENGAGEMENT, status="odd")) == (422, "BAD_USER_INPUT")
    assert problem(await User(world.http, {}).get(ENGAGEMENT)) == (401, "UNAUTHENTICATED")
    assert problem(await world.agent().get(f"{ENGAGEMENT}/{like['id']}")) == (404, "NOT_FOUND")
