"""What the tests of the workspace share: people of their own, mutations, and sessions to begin with."""

import uuid
from typing import Any

from app.server.authentication import issue_token
from tests.gateway import Answer, Gateway


def somebody(gateway: Gateway) -> str:
    """The token of a user that no other test knows: the backends know users by their tokens alone."""
    return issue_token(gateway.settings, subject=f"usr_{uuid.uuid4().hex[:20]}", roles=["agent"])


async def mutate(gateway: Gateway, mutation: str, given: dict[str, Any], selection: str, **caller: Any) -> Answer:
    kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
    document = f"""mutation ($input: {kind}) {{
        {mutation}(input: $input) {{ {selection} userErrors {{ field message code }} }}
    }}"""
    return await gateway.query(document, {"input": given}, **caller)


async def opened(gateway: Gateway, token: str, title: str = "Spring pipeline") -> Any:
    """A new session, which is the active one."""
    answer = await mutate(gateway, "createSession", {"title": title}, "session { id title isActive }", token=token)
    payload = answer.data["createSession"]
    assert payload["userErrors"] == []
    return payload["session"]
