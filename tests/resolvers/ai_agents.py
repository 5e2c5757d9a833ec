"""What the tests of AI agents share: people of their own, mutations, and AI agents that run."""

import uuid
from typing import Any

from app.server.authentication import issue_token
from tests.end_to_end.sockets import subscribed
from tests.gateway import Answer, Gateway

STATUS = """subscription ($id: ID!, $after: String) {
    aiAgentStatus(id: $id, after: $after) { cursor time aiAgent { databaseId status revision } }
}"""
PROGRESS = "subscription ($id: ID!) { taskProgress(taskId: $id) { task { status progress result } } }"


def somebody(gateway: Gateway) -> str:
    """The token of a user that no other test knows: the backends know users by their tokens alone."""
    return issue_token(gateway.settings, subject=f"usr_{uuid.uuid4().hex[:20]}", roles=["agent"])


async def mutate(gateway: Gateway, mutation: str, given: dict[str, Any], selection: str, **caller: Any) -> Answer:
    kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
    document = f"""mutation ($input: {kind}) {{
        {mutation}(input: $input) {{ {selection} userErrors {{ field message code }} }}
    }}"""
    return await gateway.query(document, {"input": given}, **caller)


async def done(gateway: Gateway, mutation: str, given: dict[str, Any], selection: str, token: str) -> Any:
    """The changed object of a mutation without user errors."""
    payload = (await mutate(gateway, mutation, given, selection, token=token)).data[mutation]
    assert payload.pop("userErrors") == []
    (changed,) = payload.values()
    return changed


async def refusals(
    gateway: Gateway, mutation: str, given: dict[str, Any], selection: str, **caller: Any
) -> list[tuple[list[str], str]]:
    """The fields and codes of the user errors of a mutation that changed nothing."""
    payload = (await mutate(gateway, mutation, given, selection, **caller)).data[mutation]
    errors = payload.pop("userErrors")
    assert set(payload.values()) == {None}
    return [(error["field"], error["code"]) for error in errors]


async def made(gateway: Gateway, token: str, **facts: Any) -> Any:
    """A new AI agent, at rest."""
    given = {"name": "Ada", "kind": "RESEARCHER"} | facts
    return await done(gateway, "createAiAgent", given, "aiAgent { id databaseId name status }", token)


async def running(gateway: Gateway, token: str, **facts: Any) -> Any:
    """A new AI agent that runs."""
    agent = await made(gateway, token, **facts)
    await done(gateway, "startAiAgent", {"id": agent["id"]}, "aiAgent { id }", token)
    await reaches(gateway, token, agent, "RUNNING")
    return agent


async def reaches(gateway: Gateway, token: str, agent: Any, status: str) -> None:
    async with subscribed(gateway, token, STATUS, {"id": agent["id"]}) as stream:
        while (await stream.event())["aiAgent"]["status"] != status:
            pass


async def ended(gateway: Gateway, token: str, task: Any) -> Any:
    """A task as it ended."""
    async with subscribed(gateway, token, PROGRESS, {"id": task["id"]}) as stream:
        return (await stream.rest())[-1]["task"]
