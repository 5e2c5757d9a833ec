"""Characters for tests: made through the gateway by somebody whom no other test knows."""

from collections.abc import Mapping
from typing import Any

from app.server.authentication import issue_token
from tests.gateway import Answer, Gateway

CHARACTER = """
    id databaseId name bio age location timezone interests status platforms profileImageUrl
    personality { extroversion creativity communicationStyle preferredTopics }
    appearance { hairColor eyeColor stylePreferences faceReferenceImageUrl }
"""


async def ask(gateway: Gateway, document: str, variables: Mapping[str, Any] | None = None, **caller: Any) -> Answer:
    """The answer to the owner of these characters, or to another caller."""
    if "email" not in caller:
        caller["token"] = issue_token(gateway.settings, subject="usr_of_characters", roles=["agent"])
    return await gateway.query(document, variables, **caller)


async def mutate(gateway: Gateway, mutation: str, given: dict[str, Any], selection: str, **caller: Any) -> Answer:
    """The answer to a mutation, with its user errors."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
    document = f"""mutation ($input: {kind}) {{
        {mutation}(input: $input) {{ {selection} userErrors {{ field message code }} }}
    }}"""
    return await ask(gateway, document, {"input": given}, **caller)


async def made(gateway: Gateway, **facts: Any) -> Any:
    """A new character of the owner's."""
    answer = await mutate(gateway, "createCharacter", {"name": "Robin"} | facts, f"character {{ {CHARACTER} }}")
    payload = answer.data["createCharacter"]
    assert payload["userErrors"] == []
    return payload["character"]
