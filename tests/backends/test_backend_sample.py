"""Sample data: how much there is, that it is the same every time, and that it is loaded once."""

from pathlib import Path

import httpx
import pytest

from backends.app import create_service
from backends.approval import ContentStatus
from backends.embedded import bound, listening
from backends.sample.people import PEOPLE
from tests.backends.backend_world import User, Webhook, World, problem, running, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNTS = {
    "/accounts/users": 5,
    "/accounts/agents": 4,
    "/accounts/customers": 2,
    "/files/files": 2,
    "/listings/listings": 120,
    "/characters/characters": 9,
    "/content/content": 275,
    "/content/generations": 20,
    "/agents/ai-agents": 10,
    "/agents/chat/messages": 2,
    "/agents/tasks": 126,
    "/agents/teams": 3,
    "/notifications/notifications": 200,
    "/publishing/automation-rules": 9,
    "/publishing/engagement": 108,
    "/publishing/posts": 354,
    "/publishing/scheduled-posts": 46,
    "/sessions/sessions": 2,
    "/social/accounts": 30,
}


async def totals(world: World) -> dict[str, int]:
    return {path: (await world.admin().get(path, limit=0)).json()["total"] for path in COUNTS}


async def everything(world: World) -> list[str]:
    """What is answered, but for where it is served."""
    return [(await world.admin().get(path, limit=100)).text.replace(world.url, "") for path in COUNTS]


async def test_there_is_enough_of_everything_in_every_state(sampled: World) -> None:
    assert await totals(sampled) == COUNTS
    chris = sampled.on_behalf_of(PEOPLE[0].user_id)
    for status in ContentStatus:
        assert (await chris.get("/content/content", status=status)).json()["total"] >= 5, status


async def test_content_and_the_task_that_wrote_it_know_each_other(sampled: World) -> None:
    task = (await sampled.admin().get("/agents/tasks", limit=1)).json()["items"][0]
    contents = (await sampled.admin().get("/content/content", ids=",".join(task["content_ids"]))).json()
    assert contents["total"] == 2
    assert {content["task_id"] for content in contents["items"]} == {task["id"]}


async def test_the_sample_logins_work(sampled: World) -> None:
    nobody = User(sampled.http, {})
    for email, role, listings in (("chris@example.com", "agent", 48), ("admin@example.com", "admin", 120)):
        answer = await nobody.post("/accounts/auth/login", {"email": email, "password": "demo-password-1"})
        assert (answer.status_code, answer.json()["user"]["roles"]) == (200, [role])
        me = sampled.bearer(answer.json()["access_token"])
        assert (await me.get("/listings/listings")).json()["total"] == listings


async def test_one_who_is_no_agent_has_no_profile(sampled: World) -> None:
    admin = sampled.on_behalf_of(PEOPLE[-1].user_id)
    assert (await admin.get("/accounts/users/me")).json()["email"] == "admin@example.com"
    assert problem(await admin.get("/accounts/agents/me")) == (404, "NOT_FOUND")


async def test_it_is_the_same_every_time(sampled: World, tmp_path: Path) -> None:
    async with running(tmp_path, Webhook(), sample=True, step_seconds=3600.0) as world:
        assert await everything(world) == await everything(sampled)


async def test_it_is_loaded_into_empty_databases_only(tmp_path: Path) -> None:
    async with running(tmp_path, Webhook(), step_seconds=3600.0) as world:
        await world.agent().post("/listings/listings", {"address": "1 Main St"})
    for _ in range(2):
        async with running(tmp_path, Webhook(), sample=True, step_seconds=3600.0) as world:
            assert await totals(world) == COUNTS | {"/listings/listings": 1}


@pytest.mark.parametrize("name", ["listings", "notifications"])
async def test_a_service_alone_is_at_the_root_and_has_its_own_part(tmp_path: Path, name: str) -> None:
    app = create_service(name, settings_for(tmp_path, Webhook()), sample=True)
    with bound() as (listener, url):
        async with (
            listening(app, listener),
            app.router.lifespan_context(app),
            httpx.AsyncClient(base_url=url, trust_env=False) as http,
        ):
            service = User(http, {"X-Service-Key": "development-service-key"})
            assert (await service.get("/health")).json() == {"status": "ok", "service": name}
            assert (await service.get(f"/{name}")).json()["total"] == COUNTS[f"/{name}/{name}"]
