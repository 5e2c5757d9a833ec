"""People who use the gateway in a test."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.server.authentication import issue_token
from tests.gateway import Answer, Gateway

PASSWORD = "a-password-of-theirs"

CONTENT = "id databaseId status availableActions revision feedback marketingResponse text postedAt updatedAt"


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody with an account of their own. Ids are the backends' own."""

    gateway: Gateway
    email: str
    token: str
    refresh_token: str
    user_id: str
    agent_id: str

    def elsewhere(self) -> "Agent":
        """The same person with a token of its own, which may be spent."""
        token = issue_token(
            self.gateway.settings, subject=self.user_id, roles=["agent"], agent_id=self.agent_id, email=self.email
        )
        return replace(self, token=token, refresh_token="")

    async def run(self, document: str, **variables: Any) -> Answer:
        """Run a document as them."""
        return await self.gateway.query(document, variables, token=self.token)

    async def mutate(self, mutation: str, given: Mapping[str, Any], selection: str) -> Any:
        """The payload of a mutation: the selection, and its user errors."""
        return (await self.attempt(mutation, given, selection)).data[mutation]

    async def attempt(self, mutation: str, given: Mapping[str, Any], selection: str = "") -> Answer:
        """The answer to a mutation."""
        input_type = f"{mutation[0].upper()}{mutation[1:]}Input!"
        document = (
            f"mutation ($input: {input_type}) "
            f"{{ {mutation}(input: $input) {{ {selection} userErrors {{ field message code }} }} }}"
        )
        return await self.run(document, input=given)

    async def list_property(self, address: str = "12 Quiet Lane") -> str:
        """A new listing of theirs."""
        features = ["oak floors throughout", "a covered back porch", "a two-car garage"]
        given = {"address": address, "city": "Austin", "bedrooms": 3, "squareFeet": 1800, "keyFeatures": features}
        payload = await self.mutate("createListing", given, "listing { databaseId }")
        assert payload["userErrors"] == []
        return str(payload["listing"]["databaseId"])

    async def have_written(self, listing_id: str, content_types: Sequence[str]) -> str:
        """A task that writes for a listing."""
        given = {"listingId": listing_id, "contentTypes": list(content_types)}
        payload = await self.mutate("createContentForListing", given, "task { databaseId }")
        assert payload["userErrors"] == []
        return str(payload["task"]["databaseId"])

    async def content(self, id: str) -> dict[str, Any]:
        """A piece of content as it stands."""
        answer = await self.run(f"query ($id: ID!) {{ content(id: $id) {{ {CONTENT} }} }}", id=id)
        content: dict[str, Any] = answer.data["content"]
        return content


async def new_agent(gateway: Gateway) -> Agent:
    """Somebody who has just registered."""
    email = f"{uuid.uuid4().hex}@example.com"
    answer = await gateway.query(
        """mutation ($input: RegisterInput!) {
            register(input: $input) {
                accessToken refreshToken user { databaseId } agent { databaseId } userErrors { message }
            }
        }""",
        {"input": {"email": email, "password": PASSWORD, "agentName": "Robin Vale"}},
        email=None,
    )
    given = answer.data["register"]
    assert given["userErrors"] == []
    return Agent(
        gateway,
        email,
        given["accessToken"],
        given["refreshToken"],
        given["user"]["databaseId"],
        given["agent"]["databaseId"],
    )
