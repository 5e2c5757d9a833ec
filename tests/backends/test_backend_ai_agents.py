"""AI agents and teams: made, changed, started, stopped and taken away."""

from typing import Any

import pytest

from tests.backends.backend_world import Json, User, World, ids, paths, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

AGENTS = "/agents/ai-agents"
TEAMS = "/agents/teams"
ADA = {"name": "Ada", "kind": "researcher"}


async def made(owner: User, **facts: object) -> Json:
    answer = await owner.post(AGENTS, ADA | facts)
    assert answer.status_code == 201, answer.text
    agent: Json = answer.json()
    return agent


async def team_of(owner: User, *members: Json, **facts: object) -> Json:
    body = {"name": "Desk", "ai_agent_ids": [member["id"] for member in members]}
    answer = await owner.post(TEAMS, body | facts)
    assert answer.status_code == 201, answer.text
    team: Json = answer.json()
    return team


async def agent_when(world: World, agent: Json, status: str) -> Json:
    data = await world.webhook.first(
        "ai_agent.status_changed", agent["id"], lambda data: data["ai_agent"]["status"] == status
    )
    reached: Json = data["ai_agent"]
    return reached


async def running_agent(world: World, owner: User, **facts: object) -> Json:
    agent = await made(owner, **facts)
    assert (await owner.post(f"{AGENTS}/{agent['id']}/start")).json()["status"] == "starting"
    return await agent_when(world, agent, "running")


async def test_an_ai_agent_is_stored_at_rest_with_what_is_not_said_filled_in(world: World) -> None:
    owner = world.agent()
    agent = await made(owner)
    assert agent == {
        "id": agent["id"],
        "owner_id": owner.id,
        "created_at": agent["created_at"],
        "updated_at": agent["updated_at"],
        "customer_id": None,
        "name": "Ada",
        "description": None,
        "kind": "researcher",
        "model": "llama3:8b",
        "instructions": "",
        "status": "stopped",
        "capabilities": [],
        "team_ids": [],
        "tasks_completed": 0,
        "last_active_at": None,
        "revision": 1,
    }
    assert (await owner.get(f"{AGENTS}/{agent['id']}")).json() == agent


async def test_a_change_leaves_alone_what_it_does_not_name(world: World) -> None:
    owner = world.agent()
    agent = await made(owner, description="Curious.", capabilities=["maps"])
    change = {"description": None, "model": "mistral:7b"}
    changed = (await owner.send("PATCH", f"{AGENTS}/{agent['id']}", change)).json()
    assert changed == agent | change | {"revision": 2, "updated_at": changed["updated_at"]}


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"name": " "}, ["name"]),
        ({"kind": "poet"}, ["kind"]),
        ({"model": ""}, ["model"]),
        ({"capabilities": [""]}, ["capabilities", "0"]),
        ({"instructions": "x" * 10_001}, ["instructions"]),
        ({"status": "running"}, ["status"]),
    ],
)
async def test_facts_that_cannot_be_used_are_named(world: World, facts: Json, path: list[str]) -> None:
    owner = world.agent()
    made_answer = await owner.post(AGENTS, ADA | facts)
    changed = await owner.send("PATCH", f"{AGENTS}/{(await made(owner))['id']}", facts)
    for answer in (made_answer, changed):
        assert (problem(answer), paths(answer)) == ((422, "BAD_USER_INPUT"), [path])


async def test_an_ai_agent_is_started_and_stopped_and_each_step_is_told_of(world: World) -> None:
    owner = world.agent()
    agent = await running_agent(world, owner)
    path = f"{AGENTS}/{agent['id']}"
    assert problem(await owner.post(f"{path}/start")) == (409, "INVALID_TRANSITION")
    assert (await owner.post(f"{path}/stop")).json()["status"] == "stopping"
    stopped = await agent_when(world, agent, "stopped")
    assert problem(await owner.post(f"{path}/stop")) == (409, "INVALID_TRANSITION")
    told = [data["ai_agent"] for data in world.webhook.about("ai_agent.status_changed", agent["id"])]
    assert [(state["status"], state["revision"]) for state in told] == [
        ("starting", 2),
        ("running", 3),
        ("stopping", 4),
        ("stopped", 5),
    ]
    assert (await owner.get(path)).json() == stopped


async def test_one_at_work_is_not_deleted(world: World) -> None:
    owner = world.agent()
    agent = await running_agent(world, owner)
    path = f"{AGENTS}/{agent['id']}"
    assert problem(await owner.send("DELETE", path)) == (409, "INVALID_TRANSITION")
    await owner.post(f"{path}/stop")
    stopped = await agent_when(world, agent, "stopped")
    assert (await owner.send("DELETE", path)).json() == stopped
    assert problem(await owner.get(path)) == (404, "NOT_FOUND")


async def test_ai_agents_are_found_by_kind_state_words_and_team(world: World) -> None:
    owner = world.agent()
    ada = await running_agent(world, owner, description="Knows the market of Austin.")
    bo = await made(owner, name="Bo", kind="reviewer")
    team = await team_of(owner, bo)
    queries: list[tuple[dict[str, Any], list[Json]]] = [
        ({"status": "running,starting"}, [ada]),
        ({"kind": "reviewer"}, [bo]),
        ({"search": "austin market"}, [ada]),
        ({"team_id": f"tea_none,{team['id']}"}, [bo]),
        ({"team_id": ""}, []),
        ({"order": "name"}, [ada, bo]),
    ]
    for query, found in queries:
        assert ids(await owner.get(AGENTS, **query)) == [agent["id"] for agent in found], query
    groups = (await owner.get(AGENTS, group_by="owner_id", owner_id=owner.id, limit=1)).json()["groups"]
    assert (groups[owner.id]["total"], groups[owner.id]["items"][0]["id"]) == (2, bo["id"])


async def test_nobody_touches_what_is_somebody_elses(world: World) -> None:
    owner, stranger = world.agent(), world.agent()
    agent = await made(owner)
    team = await team_of(owner, agent)
    for thing, path in ((agent, AGENTS), (team, TEAMS)):
        one = f"{path}/{thing['id']}"
        assert problem(await stranger.get(one)) == (404, "NOT_FOUND")
        assert problem(await stranger.send("PATCH", one, {"name": "Mine"})) == (404, "NOT_FOUND")
        assert problem(await stranger.send("DELETE", one)) == (404, "NOT_FOUND")
    for route in ("start", "stop"):
        assert problem(await stranger.post(f"{AGENTS}/{agent['id']}/{route}")) == (404, "NOT_FOUND")
    assert problem(await stranger.put(f"{TEAMS}/{team['id']}/members", {"ai_agent_ids": []})) == (404, "NOT_FOUND")
    assert problem(await owner.put("/agents/customers/cus_1", {"owner_id": owner.id, "is_active": True}))[0] == 403


async def test_a_team_and_its_members_know_each_other(world: World) -> None:
    owner = world.agent()
    ada, bo = await made(owner), await made(owner, name="Bo")
    team = await team_of(owner, bo, ada, bo, lead_ai_agent_id=bo["id"])
    assert (team["ai_agent_ids"], team["lead_ai_agent_id"]) == ([bo["id"], ada["id"]], bo["id"])
    assert (await owner.get(f"{AGENTS}/{ada['id']}")).json()["team_ids"] == [team["id"]]

    path = f"{TEAMS}/{team['id']}"
    renamed = (await owner.send("PATCH", path, {"name": "Night desk"})).json()
    assert renamed == team | {"name": "Night desk", "updated_at": renamed["updated_at"]}
    without = (await owner.put(f"{path}/members", {"ai_agent_ids": [ada["id"]]})).json()
    assert (without["ai_agent_ids"], without["lead_ai_agent_id"]) == ([ada["id"]], None)
    assert (await owner.get(f"{AGENTS}/{bo['id']}")).json()["team_ids"] == []

    await owner.send("DELETE", path)
    assert problem(await owner.get(path)) == (404, "NOT_FOUND")
    assert (await owner.get(f"{AGENTS}/{ada['id']}")).json()["team_ids"] == []


async def test_a_deleted_ai_agent_leaves_its_teams(world: World) -> None:
    owner = world.agent()
    ada, bo = await made(owner), await made(owner, name="Bo")
    team = await team_of(owner, ada, bo, lead_ai_agent_id=ada["id"])
    await owner.send("DELETE", f"{AGENTS}/{ada['id']}")
    left = (await owner.get(f"{TEAMS}/{team['id']}")).json()
    assert (left["ai_agent_ids"], left["lead_ai_agent_id"]) == ([bo["id"]], None)


async def test_members_and_leads_that_cannot_be_are_refused_and_nothing_changes(world: World) -> None:
    owner = world.agent()
    ada, foreign = await made(owner), await made(world.agent())
    team = await team_of(owner, ada)
    path = f"{TEAMS}/{team['id']}"
    for change, wrong, code in (
        (
            {"ai_agent_ids": [ada["id"], foreign["id"], "aia_none"]},
            [["ai_agent_ids", "1"], ["ai_agent_ids", "2"]],
            "NOT_FOUND",
        ),
        ({"lead_ai_agent_id": foreign["id"]}, [["lead_ai_agent_id"]], "BAD_USER_INPUT"),
        ({"ai_agent_ids": [], "lead_ai_agent_id": ada["id"]}, [["lead_ai_agent_id"]], "BAD_USER_INPUT"),
        ({"ai_agent_ids": ["x"] * 21}, [["ai_agent_ids"]], "BAD_USER_INPUT"),
    ):
        answer = await owner.send("PATCH", path, change)
        assert (answer.status_code, paths(answer)) == (422, wrong)
        assert {error["code"] for error in answer.json()["errors"]} == {code}
    assert (await owner.get(path)).json() == team


async def test_a_customer_has_the_ai_agents_of_its_user_and_they_stop_when_it_is_gone(world: World) -> None:
    owner = world.agent()
    ada, bo = await running_agent(world, owner), await made(owner, name="Bo")
    team = await team_of(owner, ada, bo)
    news = {"owner_id": owner.id, "is_active": True}
    assert (await world.service.put("/agents/customers/cus_1", news)).status_code == 200
    of_customer = await owner.get(AGENTS, group_by="customer_id", customer_id="cus_1")
    assert of_customer.json()["groups"]["cus_1"]["total"] == 2
    assert ids(await owner.get(TEAMS, customer_id="cus_1")) == [team["id"]]
    for _ in range(2):
        await world.service.put("/agents/customers/cus_1", news | {"is_active": False})
    assert (await agent_when(world, ada, "stopped"))["customer_id"] == "cus_1"
    assert world.webhook.about("ai_agent.status_changed", bo["id"]) == []
