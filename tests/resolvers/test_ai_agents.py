"""AI agents and teams through the gateway: each row with what works, who is refused and what cannot be used."""

from typing import Any

import pytest

from tests.gateway import Gateway
from tests.resolvers.ai_agents import done, made, mutate, reaches, refusals, running, somebody

FIELDS = """
    id databaseId name description kind model instructions status capabilities tasksCompleted lastActiveAt revision
"""
TEAM = "id databaseId name description members { name } lead { name }"
LISTING_ID = "TGlzdGluZzpsc3RfOTA1YmEwZjJlYjhhODBkN2U4NjM"


# B08, B10


async def test_ai_agents_are_listed_and_read(gateway: Gateway) -> None:
    answer = await gateway.query("""{
        aiAgents(filter: {status: RUNNING}, orderBy: {field: NAME, direction: ASC}) {
            totalCount
            nodes { name kind teams { name } customer { companyName } tasks { nodes { title status } } }
        }
        viewer { aiAgents(filter: {search: "permits"}) { nodes { name } } customer { aiAgents { totalCount } } }
    }""")

    bennett = {"companyName": "Bennett Homes"}
    launch, spring = {"name": "Listing launch"}, {"name": "Spring campaign"}
    assert answer.data == {
        "aiAgents": {
            "totalCount": 3,
            "nodes": [
                {
                    "name": "Ada",
                    "kind": "RESEARCHER",
                    "teams": [launch],
                    "customer": bennett,
                    "tasks": {"nodes": [{"title": "What Zilker is known for", "status": "COMPLETED"}]},
                },
                {
                    "name": "Bo",
                    "kind": "CONTENT_WRITER",
                    "teams": [launch, spring],
                    "customer": bennett,
                    "tasks": {"nodes": [{"title": "Outline for the open house", "status": "COMPLETED"}]},
                },
                {
                    "name": "Cleo",
                    "kind": "REVIEWER",
                    "teams": [launch],
                    "customer": bennett,
                    "tasks": {"nodes": []},
                },
            ],
        },
        "viewer": {"aiAgents": {"nodes": [{"name": "Finn"}]}, "customer": {"aiAgents": {"totalCount": 6}}},
    }


async def test_a_list_of_ai_agents_has_at_most_a_hundred(gateway: Gateway) -> None:
    assert (await gateway.query("{ aiAgents(first: 101) { totalCount } }")).code == "BAD_USER_INPUT"


@pytest.mark.parametrize("field", ["aiAgent", "team"])
async def test_what_is_somebody_elses_is_not_there(gateway: Gateway, field: str) -> None:
    mine = await gateway.query("{ aiAgents(first: 1) { nodes { id } } teams(first: 1) { nodes { id } } }")
    ((theirs,),) = (mine.data[f"{field}s"].values(),)
    document = f"query ($id: ID!) {{ {field}(id: $id) {{ name }} }}"
    for id, email, code in (
        (theirs[0]["id"], "maria@example.com", "NOT_FOUND"),
        ("none", "chris@example.com", "NOT_FOUND"),
        (LISTING_ID, "chris@example.com", "BAD_USER_INPUT"),
    ):
        answer = await gateway.query(document, {"id": id}, email=email)
        assert (answer.code, answer.body["data"]) == (code, {field: None})
    found = await gateway.query(document, {"id": theirs[0]["id"]})
    assert found.data[field]


# B09


async def test_an_ai_agent_is_made_at_rest(gateway: Gateway) -> None:
    given = {"name": "Nora", "kind": "ASSISTANT", "instructions": "Be brief.", "capabilities": ["summaries"]}

    agent = await done(gateway, "createAiAgent", given, f"aiAgent {{ {FIELDS} customer {{ id }} }}", somebody(gateway))

    assert agent == given | {
        "id": agent["id"],
        "databaseId": agent["databaseId"],
        "description": None,
        "model": "llama3:8b",
        "status": "STOPPED",
        "tasksCompleted": 0,
        "lastActiveAt": None,
        "revision": 1,
        "customer": None,
    }


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "   "}, ["name"]),
        ({"model": ""}, ["model"]),
        ({"capabilities": [""]}, ["capabilities", "0"]),
        ({"instructions": "x" * 10_001}, ["instructions"]),
    ],
)
async def test_what_no_ai_agent_can_be_is_a_user_error(
    gateway: Gateway, given: dict[str, Any], field: list[str]
) -> None:
    token = somebody(gateway)
    wrong = [(field, "BAD_USER_INPUT")]
    draft = {"name": "Ada", "kind": "RESEARCHER"} | given
    assert await refusals(gateway, "createAiAgent", draft, "aiAgent { id }", token=token) == wrong
    change = {"id": (await made(gateway, token))["id"], **given}
    assert await refusals(gateway, "updateAiAgent", change, "aiAgent { id }", token=token) == wrong


# B11


async def test_an_update_changes_what_it_names(gateway: Gateway) -> None:
    token = somebody(gateway)
    agent = await done(
        gateway,
        "createAiAgent",
        {"name": "Ada", "kind": "RESEARCHER", "description": "Curious.", "model": "mistral:7b"},
        f"aiAgent {{ {FIELDS} }}",
        token,
    )
    change = {"name": "Ada II", "description": None, "kind": "REVIEWER"}

    changed = await done(gateway, "updateAiAgent", {"id": agent["id"], **change}, f"aiAgent {{ {FIELDS} }}", token)

    assert changed == agent | change | {"revision": 2}


# B12 to B14


async def test_an_ai_agent_is_started_stopped_and_deleted(gateway: Gateway) -> None:
    token = somebody(gateway)
    agent = await made(gateway, token)
    given = {"id": agent["id"]}
    for mutation, passing, reached in (
        ("startAiAgent", "STARTING", "RUNNING"),
        ("stopAiAgent", "STOPPING", "STOPPED"),
    ):
        assert await done(gateway, mutation, given, "aiAgent { status }", token) == {"status": passing}
        await reaches(gateway, token, agent, reached)
        assert await refusals(gateway, mutation, given, "aiAgent { id }", token=token) == [([], "INVALID_TRANSITION")]
    assert (await done(gateway, "deleteAiAgent", given, "aiAgent { id }", token)) == given
    gone = await gateway.query("query ($id: ID!) { aiAgent(id: $id) { name } }", given, token=token)
    assert gone.code == "NOT_FOUND"


async def test_one_that_runs_is_stopped_before_it_is_deleted(gateway: Gateway) -> None:
    token = somebody(gateway)
    agent = await running(gateway, token)
    answer = await refusals(gateway, "deleteAiAgent", {"id": agent["databaseId"]}, "aiAgent { id }", token=token)
    assert answer == [([], "INVALID_TRANSITION")]


# B19 to B22


async def test_teams_are_listed_with_who_is_in_them(gateway: Gateway) -> None:
    answer = await gateway.query("""{
        teams { totalCount }
        viewer { teams(filter: {search: "draft"}) { nodes { name members { name } lead { name } } } }
    }""")
    assert answer.data == {
        "teams": {"totalCount": 2},
        "viewer": {
            "teams": {
                "nodes": [
                    {
                        "name": "Listing launch",
                        "members": [{"name": "Ada"}, {"name": "Bo"}, {"name": "Cleo"}],
                        "lead": {"name": "Cleo"},
                    }
                ]
            }
        },
    }


async def test_a_team_is_made_changed_and_dissolved(gateway: Gateway) -> None:
    token = somebody(gateway)
    ada, bo = await made(gateway, token), await made(gateway, token, name="Bo")
    given = {"name": "Desk", "aiAgentIds": [bo["id"], ada["databaseId"]], "leadAiAgentId": bo["id"]}

    team = await done(gateway, "createTeam", given, f"team {{ {TEAM} }}", token)

    assert team == {
        "id": team["id"],
        "databaseId": team["databaseId"],
        "name": "Desk",
        "description": None,
        "members": [{"name": "Bo"}, {"name": "Ada"}],
        "lead": {"name": "Bo"},
    }
    change = {"id": team["id"], "description": "At night.", "aiAgentIds": [ada["id"]]}
    changed = await done(gateway, "updateTeam", change, f"team {{ {TEAM} }}", token)
    assert changed == team | {"description": "At night.", "members": [{"name": "Ada"}], "lead": None}
    kept = await done(
        gateway, "updateTeam", {"id": team["id"], "leadAiAgentId": ada["id"]}, f"team {{ {TEAM} }}", token
    )
    assert kept == changed | {"lead": {"name": "Ada"}}
    assert (await done(gateway, "deleteTeam", {"id": team["id"]}, "team { id }", token)) == {"id": team["id"]}
    gone = await gateway.query("query ($id: ID!) { team(id: $id) { name } }", {"id": team["id"]}, token=token)
    assert gone.code == "NOT_FOUND"
    agents = await gateway.query("{ aiAgents { nodes { teams { id } } } }", token=token)
    assert agents.data["aiAgents"]["nodes"] == [{"teams": []}, {"teams": []}]


async def test_members_and_leads_that_cannot_be_are_user_errors(gateway: Gateway) -> None:
    token = somebody(gateway)
    ada, foreign = await made(gateway, token), await made(gateway, somebody(gateway))
    team = await done(gateway, "createTeam", {"name": "Desk", "aiAgentIds": [ada["id"]]}, "team { id }", token)
    for given, field, code in (
        ({"aiAgentIds": [ada["id"], foreign["id"]]}, ["aiAgentIds", "1"], "NOT_FOUND"),
        ({"aiAgentIds": [LISTING_ID]}, ["aiAgentIds"], "BAD_USER_INPUT"),
        ({"leadAiAgentId": foreign["id"]}, ["leadAiAgentId"], "BAD_USER_INPUT"),
        ({"name": ""}, ["name"], "BAD_USER_INPUT"),
    ):
        for mutation, whole in (("createTeam", {"name": "Desk", **given}), ("updateTeam", {"id": team["id"], **given})):
            assert await refusals(gateway, mutation, whole, "team { id }", token=token) == [(field, code)]


# Refusals of every row


@pytest.mark.parametrize("mutation", ["updateAiAgent", "deleteAiAgent", "startAiAgent", "stopAiAgent"])
async def test_nobody_touches_the_ai_agent_of_somebody_else(gateway: Gateway, mutation: str) -> None:
    agent = await made(gateway, somebody(gateway))
    answer = await mutate(gateway, mutation, {"id": agent["id"]}, "aiAgent { id }", email="maria@example.com")
    error = {"field": [], "message": f"There is no AI agent {agent['databaseId']}.", "code": "NOT_FOUND"}
    assert answer.data[mutation] == {"aiAgent": None, "userErrors": [error]}


@pytest.mark.parametrize("mutation", ["updateTeam", "deleteTeam"])
async def test_nobody_touches_the_team_of_somebody_else(gateway: Gateway, mutation: str) -> None:
    team = await done(gateway, "createTeam", {"name": "Desk"}, "team { id }", somebody(gateway))
    refused = await refusals(gateway, mutation, {"id": team["id"]}, "team { id }", email="maria@example.com")
    assert refused == [([], "NOT_FOUND")]


NEED_A_TOKEN = [
    "{ aiAgents { totalCount } }",
    '{ aiAgent(id: "aia_1") { name } }',
    'mutation { createAiAgent(input: {name: "Ada", kind: RESEARCHER}) { userErrors { code } } }',
    'mutation { updateAiAgent(input: {id: "aia_1"}) { userErrors { code } } }',
    'mutation { deleteAiAgent(input: {id: "aia_1"}) { userErrors { code } } }',
    'mutation { startAiAgent(input: {id: "aia_1"}) { userErrors { code } } }',
    'mutation { stopAiAgent(input: {id: "aia_1"}) { userErrors { code } } }',
    "{ teams { totalCount } }",
    '{ team(id: "tea_1") { name } }',
    'mutation { createTeam(input: {name: "Desk"}) { userErrors { code } } }',
    'mutation { updateTeam(input: {id: "tea_1"}) { userErrors { code } } }',
    'mutation { deleteTeam(input: {id: "tea_1"}) { userErrors { code } } }',
]


@pytest.mark.parametrize("document", NEED_A_TOKEN)
async def test_everything_about_ai_agents_needs_a_token(gateway: Gateway, document: str) -> None:
    answer = await gateway.query(document, email=None)
    assert (answer.code, answer.calls) == ("UNAUTHENTICATED", [])
