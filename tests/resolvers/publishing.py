"""Somebody who posts, for tests: a user of their own, with the accounts and characters they need."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.server.authentication import issue_token
from tests.gateway import Answer, Gateway

POST = """
    id databaseId platform postType caption hashtags mentions status error platformPostUrl publishedAt
    character { databaseId } socialAccount { databaseId } content { databaseId }
"""
NOBODY = [{"message": "This needs a bearer token.", "path": None, "code": "UNAUTHENTICATED"}]


@dataclass(frozen=True)
class Somebody:
    """A user whom no other test knows."""

    gateway: Gateway
    roles: tuple[str, ...] = ("agent",)
    user_id: str = field(default_factory=lambda: f"usr_{uuid.uuid4().hex}")

    @property
    def token(self) -> str:
        return issue_token(self.gateway.settings, subject=self.user_id, roles=list(self.roles))

    async def ask(self, document: str, variables: Mapping[str, Any] | None = None) -> Answer:
        return await self.gateway.query(document, variables, token=self.token)

    async def mutate(self, mutation: str, given: Mapping[str, Any], selection: str) -> Answer:
        return await self.ask(mutation_document(mutation, selection), {"input": given})

    async def done(self, mutation: str, given: Mapping[str, Any], selection: str) -> Any:
        """The changed object of a mutation that has nothing to complain of."""
        payload = (await self.mutate(mutation, given, selection)).data[mutation]
        assert payload.pop("userErrors") == []
        (changed,) = payload.values()
        return changed

    async def refused(self, mutation: str, given: Mapping[str, Any], selection: str) -> list[Any]:
        """Field and code of what the user can mend of a mutation that changes nothing."""
        payload = (await self.mutate(mutation, given, selection)).data[mutation]
        errors = payload.pop("userErrors")
        assert list(payload.values()) == [None]
        return [(".".join(error["field"]), error["code"]) for error in errors]

    async def account(self, platform: str = "INSTAGRAM", character_id: str | None = None) -> Any:
        session = {"username": f"u{uuid.uuid4().hex[:12]}", "password": "correct horse"}
        given = {"platform": platform, "credentials": {"browserSession": session}, "characterId": character_id}
        return await self.done("connectSocialAccount", given, "socialAccount { id databaseId accountUsername }")

    async def disconnected_account(self) -> Any:
        account = await self.account()
        await self.done("disconnectSocialAccount", {"id": account["id"]}, "socialAccount { id }")
        return account

    async def character(self, **facts: Any) -> Any:
        return await self.done("createCharacter", {"name": "Robin", **facts}, "character { id databaseId }")


def mutation_document(mutation: str, selection: str) -> str:
    kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
    return f"""mutation ($input: {kind}) {{
        {mutation}(input: $input) {{ {selection} userErrors {{ field message code }} }}
    }}"""


async def code_for_nobody(gateway: Gateway, mutation: str, given: Mapping[str, Any], selection: str) -> str:
    """The code of the one error that a caller without a token gets."""
    return (await gateway.query(mutation_document(mutation, selection), {"input": given}, email=None)).code
