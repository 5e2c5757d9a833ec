"""Tasks that AI agents and teams run, and what is followed live: what works, who is refused, what cannot be used."""

from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.sockets import subscribed
from tests.gateway import Gateway, serving
from tests.resolvers.ai_agents import STATUS, done, ended, made, mutate, refusals, running, somebody

TEXT = "The garden faces south. Buyers ask about the garden first, then about the school. The school is new."
FIELDS = "id databaseId kind title input priority status progress result error steps { title status }"
LISTING_ID = "TGlzdGluZzpsc3RfOTA1YmEwZjJlYjhhODBkN2U4NjM"


# B15, B17


async def test_tasks_are_listed_by_kind_and_priority_and_read(gateway: Gateway) -> None:
    answer = await gateway.query("""{
        tasks(filter: {kind: [RUN_AGENT, RUN_TEAM], priority: [HIGH], status: [COMPLETED]}) {
            nodes { id kind title priority aiAgent { name } team { name members { name } } listing { address } }
        }
    }""")

    team, agent = answer.data["tasks"]["nodes"]
    task = {"priority": "HIGH", "listing": None}
    members = [{"name": "Ada"}, {"name": "Bo"}, {"name": "Cleo"}]
    assert team == task | {
        "id": team["id"],
        "kind": "RUN_TEAM",
        "title": "Zilker, from facts to draft",
        "aiAgent": None,
        "team": {"name": "Listing launch", "members": members},
    }
    assert agent == task | {
        "id": agent["id"],
        "kind": "RUN_AGENT",
        "title": "Outline for the open house",
        "aiAgent": {"name": "Bo"},
        "team": None,
    }
    read = "query ($id: ID!) { task(id: $id) { progress result } }"
    found = (await gateway.query(read, {"id": agent["id"]})).data["task"]
    assert (found["progress"], found["result"].splitlines()[4]) == (100, "## Bo: an outline of 4 sections")
    assert (await gateway.query(read, {"id": agent["id"]}, email="maria@example.com")).code == "NOT_FOUND"
    assert (await gateway.query(read, {"id": LISTING_ID})).code == "BAD_USER_INPUT"


async def test_a_list_of_tasks_has_at_most_a_hundred(gateway: Gateway) -> None:
    assert (await gateway.query("{ tasks(first: 101) { totalCount } }")).code == "BAD_USER_INPUT"


# B16


async def test_an_ai_agent_is_given_a_task_and_makes_something_of_it(gateway: Gateway) -> None:
    token = somebody(gateway)
    agent = await running(gateway, token)
    given = {"aiAgentId": agent["id"], "input": TEXT, "title": "South garden", "priority": "HIGH"}

    task = await done(gateway, "submitTask", given, f"task {{ {FIELDS} aiAgent {{ name }} }}", token)

    titles = [
        "Read the task and plan the work",
        "Ada looks for what matters",
        "Check that every part is there",
        "Put the report together",
    ]
    assert task == {
        "id": task["id"],
        "databaseId": task["databaseId"],
        "kind": "RUN_AGENT",
        "title": "South garden",
        "input": TEXT,
        "priority": "HIGH",
        "status": "QUEUED",
        "progress": 0,
        "result": None,
        "error": None,
        "steps": [{"title": title, "status": "PENDING"} for title in titles],
        "aiAgent": {"name": "Ada"},
    }
    end = await ended(gateway, token, task)
    assert (end["status"], end["progress"]) == ("COMPLETED", 100)
    assert end["result"].startswith("# South garden\n\n18 words in 3 sentences for Ada; 1 minute to read.")
    answer = await gateway.query(
        "query ($id: ID!) { aiAgent(id: $id) { tasksCompleted tasks { nodes { id } } } }",
        {"id": agent["id"]},
        token=token,
    )
    assert answer.data["aiAgent"] == {"tasksCompleted": 1, "tasks": {"nodes": [{"id": task["id"]}]}}


async def test_a_team_is_given_a_task(gateway: Gateway) -> None:
    token = somebody(gateway)
    members = [await running(gateway, token), await running(gateway, token, name="Bo", kind="REVIEWER")]
    ids = [member["id"] for member in members]
    team = await done(gateway, "createTeam", {"name": "Desk", "aiAgentIds": ids}, "team { id }", token)

    given = {"teamId": team["id"], "input": TEXT}
    task = await done(gateway, "submitTask", given, "task { id kind priority team { name } aiAgent { id } }", token)

    assert task == {
        "id": task["id"],
        "kind": "RUN_TEAM",
        "priority": "NORMAL",
        "team": {"name": "Desk"},
        "aiAgent": None,
    }
    result = (await ended(gateway, token, task))["result"]
    assert [line for line in result.splitlines() if line.startswith("## ")] == [
        "## Ada: 6 key terms",
        "## Bo: 0 remarks",
    ]


async def test_what_cannot_be_submitted_is_a_user_error(gateway: Gateway) -> None:
    token = somebody(gateway)
    idle, foreign = await made(gateway, token), await running(gateway, somebody(gateway))
    team = await done(gateway, "createTeam", {"name": "Desk"}, "team { id }", token)
    cases: list[tuple[dict[str, Any], list[str], str]] = [
        ({"aiAgentId": idle["id"]}, ["aiAgentId"], "AGENT_NOT_RUNNING"),
        ({"aiAgentId": foreign["id"]}, ["aiAgentId"], "NOT_FOUND"),
        ({"teamId": team["id"]}, ["teamId"], "BAD_USER_INPUT"),
        ({"teamId": "tea_none"}, ["teamId"], "NOT_FOUND"),
        ({"teamId": LISTING_ID}, ["teamId"], "BAD_USER_INPUT"),
        ({"aiAgentId": idle["id"], "teamId": team["id"]}, ["aiAgentId"], "BAD_USER_INPUT"),
        ({}, ["aiAgentId"], "BAD_USER_INPUT"),
        ({"aiAgentId": idle["id"], "input": ""}, ["input"], "BAD_USER_INPUT"),
        ({"aiAgentId": idle["id"], "title": ""}, ["title"], "BAD_USER_INPUT"),
    ]
    for given, field, code in cases:
        refused = await refusals(gateway, "submitTask", {"input": TEXT, **given}, "task { id }", token=token)
        assert refused == [(field, code)], given


# B18


async def test_a_task_is_cancelled(tmp_path: Path) -> None:
    async with serving(tmp_path, step_seconds=3600.0) as gateway:
        ada = await gateway.query('{ aiAgents(filter: {status: RUNNING, search: "neighbourhood"}) { nodes { id } } }')
        (agent,) = ada.data["aiAgents"]["nodes"]
        given = {"aiAgentId": agent["id"], "input": TEXT}
        task = await done(gateway, "submitTask", given, "task { id }", gateway.token())

        cancelled = await done(
            gateway, "cancelTask", {"id": task["id"]}, "task { status result steps { status } }", gateway.token()
        )

    assert cancelled == {"status": "CANCELLED", "result": None, "steps": [{"status": "SKIPPED"}] * 4}


async def test_a_task_that_has_ended_or_is_not_there_is_not_cancelled(gateway: Gateway) -> None:
    token = somebody(gateway)
    agent = await running(gateway, token)
    given = {"aiAgentId": agent["id"], "input": TEXT}
    task = await done(gateway, "submitTask", given, "task { id }", token)
    await ended(gateway, token, task)
    for id, caller, code in (
        (task["id"], token, "INVALID_TRANSITION"),
        (task["id"], somebody(gateway), "NOT_FOUND"),
        ("tsk_none", token, "NOT_FOUND"),
        (LISTING_ID, token, "BAD_USER_INPUT"),
    ):
        (refused,) = await refusals(gateway, "cancelTask", {"id": id}, "task { id }", token=caller)
        assert refused[1] == code


# B27


async def test_the_status_of_an_ai_agent_is_followed_from_where_it_stands(gateway: Gateway) -> None:
    token = somebody(gateway)
    agent = await made(gateway, token)
    async with subscribed(gateway, token, STATUS, {"id": agent["id"]}) as stream:
        events = [await stream.event()]
        await stream.begun()
        for mutation, count in (("startAiAgent", 2), ("stopAiAgent", 2)):
            await done(gateway, mutation, {"id": agent["id"]}, "aiAgent { id }", token)
            events += [await stream.event() for _ in range(count)]

    assert [(event["aiAgent"]["status"], event["aiAgent"]["revision"]) for event in events] == [
        ("STOPPED", 1),
        ("STARTING", 2),
        ("RUNNING", 3),
        ("STOPPING", 4),
        ("STOPPED", 5),
    ]
    assert {event["aiAgent"]["databaseId"] for event in events} == {agent["databaseId"]}
    for position, event in enumerate(events[:-1]):
        again = {"id": agent["databaseId"], "after": event["cursor"]}
        async with subscribed(gateway, token, STATUS, again) as stream:
            assert [await stream.event() for _ in events[position + 1 :]] == events[position + 1 :]
            assert await stream.is_quiet()


async def test_nobody_else_follows_the_status_of_an_ai_agent(gateway: Gateway) -> None:
    agent = await made(gateway, somebody(gateway))
    for token, id, after, code in (
        (gateway.token("maria@example.com"), agent["id"], None, "NOT_FOUND"),
        (gateway.token(), "aia_none", None, "NOT_FOUND"),
        (gateway.token(), LISTING_ID, None, "BAD_USER_INPUT"),
        (gateway.token(), agent["id"], "nonsense", "BAD_USER_INPUT"),
        (None, agent["id"], None, "UNAUTHENTICATED"),
    ):
        async with subscribed(gateway, token, STATUS, {"id": id, "after": after}) as stream:
            assert await stream.refusal_code() == code
    async with subscribed(gateway, gateway.token("admin@example.com"), STATUS, {"id": agent["id"]}) as stream:
        assert (await stream.event())["aiAgent"]["status"] == "STOPPED"


# Refusals of every row


NEED_A_TOKEN = [
    "{ tasks { totalCount } }",
    '{ task(id: "tsk_1") { status } }',
    'mutation { submitTask(input: {aiAgentId: "aia_1", input: "Read this."}) { userErrors { code } } }',
    'mutation { cancelTask(input: {id: "tsk_1"}) { userErrors { code } } }',
]


@pytest.mark.parametrize("document", NEED_A_TOKEN)
async def test_everything_about_tasks_needs_a_token(gateway: Gateway, document: str) -> None:
    answer = await gateway.query(document, email=None)
    assert (answer.code, answer.calls) == ("UNAUTHENTICATED", [])


async def test_a_write_is_one_call_of_the_backend(gateway: Gateway) -> None:
    answer = await mutate(gateway, "cancelTask", {"id": "tsk_none"}, "task { id }")
    assert answer.calls == ["DELETE /agents/tasks/tsk_none"]
