"""Content: every action in every state, and what follows from the actions in the background."""

import asyncio

import pytest

from backends.approval import TRANSITIONS, Action, ContentStatus, available_actions
from tests.backends.backend_world import Json, User, World, active_listing, paths, pending_content, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTENT = "/content/content"
FEEDBACK = {"feedback": "Say more about the porch, and keep it short."}
ALLOWED = sorted((status, action, target) for (status, action), target in TRANSITIONS.items())
REFUSED = [(status, action) for status in ContentStatus for action in Action if (status, action) not in TRANSITIONS]


async def act(user: User, content: Json, action: Action, key: str | None = None) -> Json:
    answer = await user.post(f"{CONTENT}/{content['id']}/action", {"action": action, **FEEDBACK}, key=key)
    assert answer.status_code == 200, answer.text
    changed: Json = answer.json()
    return changed


async def settled(world: World, content: Json, revision: int) -> Json:
    """The content once the background has brought it to that revision."""
    data = await world.webhook.first(
        "content.changed", content["id"], lambda data: data["content"]["revision"] == revision
    )
    changed: Json = data["content"]
    return changed


async def test_the_machine_has_the_states_and_actions_of_the_contract() -> None:
    assert {(str(state), str(action)): str(target) for state, action, target in ALLOWED} == {
        ("pending_approval_agent", "approve_and_post"): "approved",
        ("pending_approval_agent", "reject_discard"): "rejected",
        ("pending_approval_agent", "request_revisions"): "revisions_requested",
        ("pending_approval_agent", "send_to_marketing"): "sent_to_marketing",
        ("sent_to_marketing", "record_marketing_response"): "marketing_responded",
    }


@pytest.mark.parametrize(("status", "action", "target"), ALLOWED)
async def test_an_action_that_the_state_allows_leads_on(
    sampled: World, status: ContentStatus, action: Action, target: ContentStatus
) -> None:
    owner = sampled.agent()
    content = await pending_content(sampled, owner)
    if status is ContentStatus.SENT_TO_MARKETING:
        content = await act(owner, content, Action.SEND_TO_MARKETING)
    assert action in content["available_actions"]
    changed = await act(owner, content, action)
    assert (changed["status"], changed["revision"]) == (target, content["revision"] + 1)
    assert changed["available_actions"] == available_actions(target)
    assert (await owner.get(f"{CONTENT}/{content['id']}")).json() == changed


@pytest.mark.parametrize(("status", "action"), REFUSED)
async def test_an_action_that_the_state_does_not_allow_changes_nothing(
    sampled: World, status: ContentStatus, action: Action
) -> None:
    admin = sampled.admin()
    content = (await admin.get(CONTENT, status=status, limit=1)).json()["items"][0]
    assert action not in content["available_actions"]
    answer = await admin.post(f"{CONTENT}/{content['id']}/action", {"action": action, **FEEDBACK})
    assert problem(answer) == (409, "INVALID_TRANSITION")
    assert (await admin.get(f"{CONTENT}/{content['id']}")).json() == content


@pytest.mark.parametrize("body", [{"action": "request_revisions"}, {"action": "request_revisions", "feedback": " "}])
async def test_revisions_need_feedback(world: World, body: Json) -> None:
    owner = world.agent()
    content = await pending_content(world, owner)
    answer = await owner.post(f"{CONTENT}/{content['id']}/action", body)
    assert problem(answer) == (422, "BAD_USER_INPUT")
    assert paths(answer) == [["feedback"]]


async def test_an_unknown_action_is_refused(world: World) -> None:
    owner = world.agent()
    content = await pending_content(world, owner)
    answer = await owner.post(f"{CONTENT}/{content['id']}/action", {"action": "publish_at_once"})
    assert problem(answer) == (422, "BAD_USER_INPUT")
    assert paths(answer) == [["action"]]


async def test_nobody_acts_on_the_content_of_somebody_else(world: World) -> None:
    content = await pending_content(world, world.agent())
    answer = await world.agent().post(f"{CONTENT}/{content['id']}/action", {"action": "reject_discard"})
    assert problem(answer) == (404, "NOT_FOUND")


async def test_approved_content_is_posted(world: World) -> None:
    owner = world.agent()
    content = await pending_content(world, owner)
    assert (await act(owner, content, Action.APPROVE_AND_POST))["posted_at"] is None
    posted = await settled(world, content, 3)
    assert (posted["status"], posted["available_actions"]) == ("posted", [])
    assert posted["posted_at"] is not None
    states = [data["content"]["status"] for data in world.webhook.about("content.changed", content["id"])]
    assert states == ["pending_approval_agent", "approved", "posted"]


async def test_the_answer_of_marketing_brings_content_back(world: World) -> None:
    owner = world.agent()
    content = await pending_content(world, owner)
    await act(owner, content, Action.SEND_TO_MARKETING)
    responded = await act(owner, content, Action.RECORD_MARKETING_RESPONSE)
    assert (responded["marketing_response"], responded["status"]) == (FEEDBACK["feedback"], "marketing_responded")
    assert (await settled(world, content, 4))["status"] == "pending_approval_agent"


async def test_requested_revisions_are_written_from_the_listing(world: World) -> None:
    owner = world.agent()
    listing = await active_listing(world, owner)
    content = await pending_content(world, owner, listing_id=listing["id"])
    asked = await act(owner, content, Action.REQUEST_REVISIONS)
    assert asked["feedback"] == FEEDBACK["feedback"]
    revised = await settled(world, content, 4)
    assert revised["status"] == "pending_approval_agent"
    assert listing["address"] in revised["text"]
    states = [data["content"]["status"] for data in world.webhook.about("content.changed", content["id"])]
    assert states == ["pending_approval_agent", "revisions_requested", "generating", "pending_approval_agent"]


async def test_content_whose_listing_is_gone_comes_back_as_it_was(world: World) -> None:
    owner = world.agent()
    content = await pending_content(world, owner)
    await act(owner, content, Action.REQUEST_REVISIONS)
    returned = await settled(world, content, 4)
    assert (returned["status"], returned["text"]) == ("pending_approval_agent", content["text"])


async def test_of_two_approvals_at_once_one_succeeds(world: World) -> None:
    owner = world.agent()
    content = await pending_content(world, owner)
    path, body = f"{CONTENT}/{content['id']}/action", {"action": "approve_and_post"}
    answers = await asyncio.gather(*(owner.post(path, body) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    await settled(world, content, 3)
    assert len(world.webhook.about("content.changed", content["id"])) == 3


async def test_the_same_approval_sent_twice_gets_the_same_answer(world: World) -> None:
    owner = world.agent()
    content = await pending_content(world, owner)
    answers = await asyncio.gather(*(act(owner, content, Action.APPROVE_AND_POST, key="once") for _ in range(2)))
    assert answers[0] == answers[1]
    assert (await settled(world, content, 3))["status"] == "posted"


async def test_a_draft_is_taken_only_while_one_is_awaited(world: World) -> None:
    content = await pending_content(world, world.agent())
    for method, body in (("PUT", {"title": "t", "text": "t"}), ("DELETE", None)):
        answer = await world.service.send(method, f"{CONTENT}/{content['id']}/draft", body)
        assert problem(answer) == (409, "INVALID_TRANSITION")


async def test_content_may_be_about_a_character(world: World) -> None:
    owner = world.agent()
    content = await pending_content(world, owner, listing_id=None, character_id="chr_1")
    found = (await owner.get(CONTENT, character_id="chr_1")).json()["items"]
    assert found == [content]


@pytest.mark.parametrize(
    ("kinds", "path"),
    [([], ["content_types"]), (["email", "email"], ["content_types"]), (["poem"], ["content_types", "0"])],
)
async def test_generation_names_the_types_that_cannot_be_used(world: World, kinds: list[str], path: list[str]) -> None:
    body = {"listing_id": "lst_1", "content_types": kinds}
    answer = await world.agent().post(f"{CONTENT}/create-for-listing", body)
    assert problem(answer) == (422, "BAD_USER_INPUT")
    assert paths(answer) == [path]


async def test_generation_is_refused_for_a_listing_of_somebody_else(world: World) -> None:
    listing = await active_listing(world, world.agent())
    body = {"listing_id": listing["id"], "content_types": ["email"]}
    answer = await world.agent().post(f"{CONTENT}/create-for-listing", body)
    assert problem(answer) == (422, "BAD_USER_INPUT")
    assert answer.json()["errors"] == [
        {"path": ["listing_id"], "message": f"There is no listing {listing['id']}.", "code": "NOT_FOUND"}
    ]
