"""Tasks that AI agents run, alone and in teams, from what they are asked to the report."""

from pathlib import Path

import pytest

from backends.analysis import key_terms, long_sentences, sentences_of, weightiest
from tests.backends.backend_world import Json, User, Webhook, World, ids, paths, problem, running
from tests.backends.test_backend_ai_agents import AGENTS, made, running_agent, team_of
from tests.backends.test_backend_tasks import TASKS, notified, task_when

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = "The garden faces south. Buyers ask about the garden first, then about the school. The school is new."


async def given(owner: User, **facts: object) -> Json:
    answer = await owner.post(TASKS, {"input": TEXT} | facts)
    assert answer.status_code == 202, answer.text
    task: Json = answer.json()
    return task


async def test_an_ai_agent_runs_a_task_step_by_step_to_a_report_of_the_input(world: World) -> None:
    owner = world.agent()
    agent = await running_agent(world, owner, instructions="The school matters.")
    task = await given(owner, kind="run_agent", ai_agent_id=agent["id"], title="South garden", priority="high")
    assert (task["status"], task["priority"], task["listing_id"], task["result"]) == ("queued", "high", None, None)

    done = await task_when(world, task, "completed")

    assert [(step["name"], step["title"], step["detail"]) for step in done["steps"]] == [
        ("plan", "Read the task and plan the work", "18 words in 3 sentences for Ada"),
        (f"work_{agent['id']}", "Ada looks for what matters", "6 key terms"),
        ("review", "Check that every part is there", "1 of 1 parts are there, 6 lines in all"),
        ("report", "Put the report together", "A report of 25 words"),
    ]
    assert done["result"].splitlines() == [
        "# South garden",
        "",
        "18 words in 3 sentences for Ada; 1 minute to read.",
        "",
        "## Ada: 6 key terms",
        "",
        "- school: 2 times",
        "- garden: 2 times",
        "- buyers: 1 time",
        "- faces: 1 time",
        "- first: 1 time",
        "- south: 1 time",
    ]
    states = [data["task"]["progress"] for data in world.webhook.about("task.progressed", task["id"])]
    assert states == [0, 0, 25, 25, 50, 50, 75, 75, 100]
    worker = (await owner.get(f"{AGENTS}/{agent['id']}")).json()
    assert (worker["tasks_completed"], worker["status"]) == (1, "running")
    notice = await notified(world, owner, "system")
    assert (notice["related_entity_id"], notice["message"]) == (task["id"], "“South garden” has its result.")


async def test_a_team_gives_one_report_with_a_part_of_each_member(world: World) -> None:
    owner = world.agent()
    kinds = ("content_writer", "reviewer", "researcher", "assistant")
    members = [await running_agent(world, owner, name=kind.title(), kind=kind) for kind in kinds]
    team = await team_of(owner, *members)
    task = await given(owner, kind="run_team", team_id=team["id"])

    done = await task_when(world, task, "completed")

    assert done["title"] == "The garden faces south. Buyers ask about the garden first,…"
    assert [line for line in done["result"].splitlines() if line.startswith("## ")] == [
        "## Content_Writer: an outline of 4 sections",
        "## Reviewer: 0 remarks",
        "## Researcher: 6 key terms",
        "## Assistant: 3 of 3 sentences",
    ]
    assert "- Garden: The garden faces south." in done["result"]
    assert "- 6.0 words a sentence" in done["result"]
    assert ids(await owner.get(TASKS, team_id=team["id"], kind="run_team", priority="normal")) == [task["id"]]
    grouped = (await owner.get(TASKS, group_by="team_id", team_id=team["id"])).json()["groups"][team["id"]]
    assert grouped["total"] == 1


async def test_an_ai_agent_at_rest_takes_no_task(world: World) -> None:
    owner = world.agent()
    idle, busy = await made(owner), await running_agent(world, owner, name="Bo")
    team = await team_of(owner, idle, busy)
    for body, field in (
        ({"kind": "run_agent", "ai_agent_id": idle["id"]}, "ai_agent_id"),
        ({"kind": "run_team", "team_id": team["id"]}, "team_id"),
    ):
        answer = await owner.post(TASKS, {"input": TEXT} | body)
        assert (problem(answer), paths(answer)) == ((409, "AGENT_NOT_RUNNING"), [[field]])
        assert answer.json()["detail"] == "Ada must be started first."


async def test_what_cannot_be_assigned_is_refused_by_the_field(world: World) -> None:
    owner = world.agent()
    foreign = await running_agent(world, world.agent())
    empty = await team_of(owner)
    for body, path in (
        ({"kind": "run_agent", "ai_agent_id": foreign["id"]}, ["ai_agent_id"]),
        ({"kind": "run_agent"}, ["ai_agent_id"]),
        ({"kind": "run_agent", "ai_agent_id": foreign["id"], "input": " "}, ["input"]),
        ({"kind": "run_agent", "ai_agent_id": foreign["id"], "priority": "urgent"}, ["priority"]),
        ({"kind": "run_team", "team_id": empty["id"]}, ["team_id"]),
        ({"kind": "run_team", "team_id": "tea_none"}, ["team_id"]),
    ):
        answer = await owner.post(TASKS, {"input": TEXT} | body)
        assert (answer.status_code, paths(answer)) == (422, [path]), body
    assert (await owner.post(TASKS, [TEXT])).status_code == 422


async def test_a_task_with_too_little_to_work_on_fails_and_says_so(world: World) -> None:
    owner = world.agent()
    agent = await running_agent(world, owner)
    failed = await task_when(
        world, await given(owner, kind="run_agent", ai_agent_id=agent["id"], input="Why?"), "failed"
    )
    assert failed["error"] == "There is too little to work on: the task says 1 word."
    assert (failed["result"], (await owner.get(f"{AGENTS}/{agent['id']}")).json()["tasks_completed"]) == (None, 0)


async def test_a_task_of_an_ai_agent_is_cancelled_midway(tmp_path: Path, webhook: Webhook) -> None:
    async with running(tmp_path, webhook) as world:
        owner = world.agent()
        agent = await running_agent(world, owner)
    async with running(tmp_path, webhook, step_seconds=3600.0) as world:
        owner = world.agent(owner.id)
        task = await given(owner, kind="run_agent", ai_agent_id=agent["id"])
        await task_when(world, task, "running")
        cancelled = (await owner.send("DELETE", f"{TASKS}/{task['id']}")).json()
    assert (cancelled["status"], cancelled["result"]) == ("cancelled", None)
    assert {step["status"] for step in cancelled["steps"]} == {"skipped"}


async def test_texts_are_counted_whatever_their_language() -> None:
    assert key_terms("Über Gärten, über Gärten und Häuser!") == [("gärten", 2), ("über", 2), ("häuser", 1)]
    assert sentences_of("One.\n\n... Two? Three") == ["One.", "Two?", "Three"]
    assert long_sentences(["word " * 26, "word"]) == ["word " * 26]
    assert weightiest(["Cats sleep.", "Nothing else.", "Cats sleep and cats hunt."], 2) == [
        "Cats sleep.",
        "Cats sleep and cats hunt.",
    ]
