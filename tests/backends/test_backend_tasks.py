"""Tasks: the whole way of a piece of writing, and what happens when something is in its way."""

import asyncio
from pathlib import Path

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from backends.copywriting import ContentType
from tests.backends.backend_world import Json, User, Webhook, World, active_listing, problem, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

TASKS = "/agents/tasks"


async def started(world: World, owner: User, listing: Json, *kinds: str) -> Json:
    body = {"listing_id": listing["id"], "content_types": list(kinds or ("email", "flyer_text"))}
    answer = await owner.post("/content/content/create-for-listing", body)
    assert answer.status_code == 202, answer.text
    task: Json = answer.json()["task"]
    return task


async def task_when(world: World, task: Json, status: str) -> Json:
    data = await world.webhook.first("task.progressed", task["id"], lambda data: data["task"]["status"] == status)
    reached: Json = data["task"]
    return reached


async def notified(world: World, owner: User, kind: str) -> Json:
    def notices() -> list[Json]:
        created = (event for event in world.webhook.events if event["type"] == "notification.created")
        return [event["data"]["notification"] for event in created if event["owner"] == owner.id]

    await world.webhook.until(lambda: any(notice["type"] == kind for notice in notices()))
    return next(notice for notice in notices() if notice["type"] == kind)


class Refusing:
    """A layer that answers 500 to every call of one path."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self.app = app
        self.path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_refused = scope["type"] == "http" and (scope["method"], scope["path"]) == ("POST", self.path)
        await (Response(status_code=500) if is_refused else self.app)(scope, receive, send)


async def test_a_task_writes_content_from_the_facts_of_the_listing(world: World) -> None:
    owner = world.agent()
    listing = await active_listing(world, owner)
    task = await started(world, owner, listing, *ContentType)
    assert (task["status"], task["progress"], task["revision"]) == ("queued", 0, 1)
    done = await task_when(world, task, "completed")
    assert (await owner.get(f"{TASKS}/{task['id']}")).json() == done
    contents = (await owner.get("/content/content", task_id=task["id"])).json()["items"]
    notice = await notified(world, owner, "content_ready")

    assert (done["progress"], done["error"], done["agent_id"]) == (100, None, owner.agent_id)
    assert {content["id"] for content in contents} == set(done["content_ids"])
    assert {content["content_type"] for content in contents} == set(ContentType)
    for content in contents:
        assert (content["status"], content["owner_id"]) == ("pending_approval_agent", owner.id)
        assert (content["listing_id"], content["agent_id"]) == (listing["id"], owner.agent_id)
        assert all(fact in content["text"] for fact in ("812 Barton Hills Dr", "$749,000", "3 bedrooms"))
    assert len({content["text"] for content in contents}) == 5
    assert (notice["related_entity_type"], notice["related_entity_id"]) == ("task", task["id"])


async def test_each_change_of_a_task_is_told_in_order(world: World) -> None:
    owner = world.agent()
    task = await started(world, owner, await active_listing(world, owner), "email")
    await task_when(world, task, "completed")
    seen = [data["task"] for data in world.webhook.about("task.progressed", task["id"])]
    steps = ["read_listing", "draft_email", "review", "publish"]
    assert [step["name"] for step in seen[0]["steps"]] == steps
    assert [state["revision"] for state in seen] == list(range(1, len(seen) + 1))
    assert [state["progress"] for state in seen] == sorted(state["progress"] for state in seen)
    for name in steps:
        position = steps.index(name)
        states = list(dict.fromkeys(state["steps"][position]["status"] for state in seen))
        assert states == ["pending", "running", "completed"]
    last = seen[-1]["steps"]
    assert all(step["started_at"] <= step["finished_at"] for step in last)
    assert last[0]["detail"] == "812 Barton Hills Dr, $749,000, 2 key features"
    events = [event for event in world.webhook.events if event["subject"] == task["id"]]
    assert {(event["source"], event["owner"], event["specversion"]) for event in events} == {
        ("/agents", owner.id, "1.0")
    }
    assert world.webhook.keys == {"development-service-key"}


async def test_a_task_may_be_started_directly(world: World) -> None:
    owner = world.agent()
    listing = await active_listing(world, owner)
    body = {"kind": "create_content", "listing_id": listing["id"], "content_types": ["video_script"]}
    answer = await owner.post(TASKS, body)
    assert answer.status_code == 202
    await task_when(world, answer.json(), "completed")
    assert problem(await owner.post(TASKS, body | {"kind": "revise_content"})) == (403, "FORBIDDEN")
    assert problem(await owner.post(TASKS, body | {"listing_id": "lst_unknown"}))[0] == 422


async def test_an_admin_may_start_a_task_for_the_owner(world: World) -> None:
    owner = world.agent()
    task = await started(world, world.admin(), await active_listing(world, owner), "email")
    assert (await task_when(world, task, "completed"))["owner_id"] == owner.id


async def test_a_task_is_cancelled_midway(tmp_path: Path, webhook: Webhook) -> None:
    async with running(tmp_path, webhook) as world:
        owner = world.agent()
        listing = await active_listing(world, owner)
    async with running(tmp_path, webhook, step_seconds=3600.0) as world:
        owner = world.agent(owner.id, owner.agent_id)
        task = await started(world, owner, listing)
        await task_when(world, task, "running")
        answer = await owner.send("DELETE", f"{TASKS}/{task['id']}")
        cancelled = answer.json()
        assert (answer.status_code, cancelled["status"], cancelled["content_ids"]) == (200, "cancelled", [])
        assert {step["status"] for step in cancelled["steps"]} == {"skipped"}
        assert await task_when(world, task, "cancelled") == cancelled
        assert problem(await owner.send("DELETE", f"{TASKS}/{task['id']}")) == (409, "INVALID_TRANSITION")
        assert problem(await world.agent().send("DELETE", f"{TASKS}/{task['id']}")) == (404, "NOT_FOUND")


async def test_a_task_fails_when_a_service_does(tmp_path: Path, webhook: Webhook) -> None:
    async with running(tmp_path, webhook, wrap=lambda app: Refusing(app, "/content/content")) as world:
        owner = world.agent()
        task = await started(world, owner, await active_listing(world, owner), "email")
        failed = await task_when(world, task, "failed")
        notice = await notified(world, owner, "task_failed")
    assert failed["error"] == notice["message"] == "The content service cannot be reached."
    assert [step["status"] for step in failed["steps"]] == ["completed", "completed", "completed", "failed"]
    assert notice["related_entity_id"] == task["id"]


async def test_drafts_that_are_too_long_do_not_pass_the_review(world: World) -> None:
    owner = world.agent()
    long = "x" * 200
    listing = await active_listing(world, owner, address=long, city=long, state=long)
    task = await started(world, owner, listing, "social_media_post")
    failed = await task_when(world, task, "failed")
    assert failed["error"].startswith("The review found that social_media_post: it has ")
    assert (await owner.get("/content/content")).json()["total"] == 0


async def test_an_unfinished_task_goes_on_after_a_restart(tmp_path: Path, webhook: Webhook) -> None:
    async with running(tmp_path, webhook) as world:
        owner = world.agent()
        listing = await active_listing(world, owner)
    async with running(tmp_path, webhook, step_seconds=3600.0) as world:
        task = await started(world, world.agent(owner.id, owner.agent_id), listing, "email", "flyer_text")
        running_task = await task_when(world, task, "running")
        assert running_task["steps"][0]["status"] == "running"
    async with running(tmp_path, webhook) as world:
        done = await task_when(world, task, "completed")
        again = world.agent(owner.id, owner.agent_id)
        assert (await again.get("/content/content")).json()["total"] == len(done["content_ids"]) == 2


async def test_listings_and_approvals_in_work_go_on_after_a_restart(tmp_path: Path, webhook: Webhook) -> None:
    async with running(tmp_path, webhook, step_seconds=3600.0) as world:
        owner = world.agent()
        body = {"address": "  9  Elm   St ", "state": "tx", "image_urls": ["https://images.example.com/1.jpg"] * 2}
        listing = (await owner.post("/listings/listings", body | {"key_features": ["Porch", "porch"]})).json()
        assert listing["status"] == "processing"
    async with running(tmp_path, webhook) as world:
        data = await webhook.first("listing.changed", listing["id"], lambda data: data["listing"]["status"] == "active")
        checked = data["listing"]
        await notified(world, owner, "listing_update")
    assert (checked["address"], checked["state"]) == ("9 Elm St", "TX")
    assert checked["image_urls"] == ["https://images.example.com/1.jpg"]
    assert len(checked["key_features"]) == 1
    assert len(webhook.about("listing.changed", listing["id"])) == 2


async def test_nothing_of_the_services_is_left_running(tmp_path: Path, webhook: Webhook) -> None:
    before = asyncio.all_tasks()
    async with running(tmp_path, webhook, step_seconds=3600.0) as world:
        await world.agent().post("/listings/listings", {"address": "1 Main St"})
    assert asyncio.all_tasks() == before
