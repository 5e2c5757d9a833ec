"""People: they ask, change things and follow the work that they gave, and every answer is judged."""

import asyncio
import random
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

import httpx

from benchmarks.soak.outages import Outages
from benchmarks.soak.tally import Tally
from tests.chaos.world import PAGE
from tests.end_to_end.sockets import subscribed
from tests.gateway import Gateway

PAUSE_SECONDS: Final = 0.3
EVENTS_A_SOCKET: Final = 4
"""How many events of a task are read before the socket breaks."""

REQUESTS_A_TOKEN: Final = 200
WARM_UP_DOCUMENTS: Final = 1500

QUERIES: Final = (
    PAGE,
    "{ viewer { user { email } agent { name } } }",
    "{ listings(first: 20) { totalCount nodes { id address price { amount } agent { name } } } }",
    "{ listings(first: 3) { nodes { contents(first: 2) { nodes { title listing { address } } } } } }",
    "{ contentLibrary(first: 5) { nodes { title status availableActions } } }",
    "{ notifications(first: 10) { totalCount nodes { title message } } }",
    "{ characters(first: 5) { nodes { name } } posts(first: 5) { nodes { id } } }",
    "{ never_seen_before_%d: __typename }",
)
INVALID: Final = "{ thereIsNoField%d }"

CREATE_LISTING: Final = """mutation ($address: String!) {
  createListing(input: { address: $address, keyFeatures: ["a porch"] }) {
    listing { databaseId } userErrors { message }
  }
}"""
CREATE_SESSION: Final = """mutation ($title: String!) {
  createSession(input: { title: $title }) { session { id } userErrors { message } }
}"""
DELETE_SESSION: Final = """mutation ($id: ID!) {
  deleteSession(input: { id: $id }) { session { id } userErrors { message } }
}"""
WRITE: Final = """mutation ($listing: ID!) {
  createContentForListing(input: { listingId: $listing, contentTypes: [EMAIL] }) {
    task { databaseId } userErrors { message }
  }
}"""
PROGRESS: Final = """subscription ($task: ID!, $after: String) {
  taskProgress(taskId: $task, after: $after) { cursor task { status progress contents { id } } }
}"""
APPROVE: Final = """mutation ($id: ID!) {
  approveContent(input: { id: $id }) { content { status } userErrors { message } }
}"""


async def warm_up(gateway: Gateway, client: httpx.AsyncClient) -> None:
    """Have as many documents read as are kept: those that come in the soak take the places of others."""
    headers = {"authorization": f"Bearer {gateway.token()}"}
    for number in range(WARM_UP_DOCUMENTS):
        body = {"query": f"{{ seen_in_the_beginning_{number}: __typename }}"}
        (await client.post("/graphql", json=body, headers=headers)).raise_for_status()


class Person:
    """Somebody of the sample data at their work."""

    def __init__(self, gateway: Gateway, email: str, outages: Outages, tally: Tally, chance: random.Random) -> None:
        self._gateway = gateway
        self._email = email
        self._outages = outages
        self._tally = tally
        self._chance = chance
        self._token = gateway.token(email)
        self._requests = 0

    async def work(self, client: httpx.AsyncClient) -> None:
        """Until it is time to end."""
        while time.monotonic() < self._tally.ends_at:
            await asyncio.sleep(self._chance.uniform(0, 2 * PAUSE_SECONDS))
            if self._chance.random() < 0.8:
                await self._look(client)
            else:
                await self._chance.choice((self._list, self._open_sessions, self._have_written))(client)

    async def _look(self, client: httpx.AsyncClient) -> None:
        some = self._chance.randrange(1_000_000)
        if self._chance.random() < 0.05:
            await self._ask(client, INVALID.replace("%d", str(some)), expected="GRAPHQL_VALIDATION_FAILED")
        else:
            await self._ask(client, self._chance.choice(QUERIES).replace("%d", str(some)))

    async def _list(self, client: httpx.AsyncClient) -> None:
        await self._change(client, CREATE_LISTING, address=f"{uuid.uuid4().hex[:8]} Long Lane")

    async def _open_sessions(self, client: httpx.AsyncClient) -> None:
        """Two of them: the first can be deleted when the second is the active one."""
        first = await self._change(client, CREATE_SESSION, title=uuid.uuid4().hex)
        second = await self._change(client, CREATE_SESSION, title=uuid.uuid4().hex)
        if first and second:
            await self._change(client, DELETE_SESSION, id=first["session"]["id"])

    async def _have_written(self, client: httpx.AsyncClient) -> None:
        """Have content written for a listing, watch until it is there, and approve it."""
        made = await self._change(client, CREATE_LISTING, address=f"{uuid.uuid4().hex[:8]} Written Lane")
        given = made and await self._change(client, WRITE, listing=made["listing"]["databaseId"])
        contents = await self._follow(given["task"]["databaseId"]) if given else []
        for content in contents:
            await self._change(client, APPROVE, id=content["id"])

    async def _follow(self, task: str) -> list[Any]:
        """What a task has written when it has ended; each of its events has come once, whatever the sockets did."""
        seen: list[dict[str, Any]] = []
        while not seen or seen[-1]["task"]["status"] in ("QUEUED", "RUNNING"):
            after = seen[-1]["cursor"] if seen else None
            async with subscribed(self._gateway, self._token, PROGRESS, {"task": task, "after": after}) as stream:
                for _ in range(EVENTS_A_SOCKET):
                    seen.append(await stream.event())
                    if seen[-1]["task"]["status"] not in ("QUEUED", "RUNNING"):
                        break
                stream.connection.transport.abort()
        progress = [event["task"]["progress"] for event in seen]
        if progress != sorted(progress) or len({event["cursor"] for event in seen}) != len(seen):
            self._tally.blame(f"A task was seen as {progress}.")
        if seen[-1]["task"]["status"] != "COMPLETED":
            self._tally.blame(f"A task has ended as {seen[-1]['task']['status']}.")
        self._tally.count("tasks followed")
        contents: list[Any] = seen[-1]["task"]["contents"]
        return contents

    async def _change(self, client: httpx.AsyncClient, mutation: str, **variables: Any) -> dict[str, Any] | None:
        """The payload of the one mutation; None when it failed, which may have its cause."""
        data = await self._ask(client, mutation, variables, kind="mutations")
        if not data:
            return None
        payload: dict[str, Any]
        (payload,) = data.values()
        if payload["userErrors"]:
            self._tally.blame(f"{mutation} is answered {payload['userErrors']}.")
            return None
        return payload

    async def _ask(
        self,
        client: httpx.AsyncClient,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        kind: str = "queries",
        expected: str = "",
    ) -> dict[str, Any] | None:
        began = time.monotonic()
        body = {"query": document, "variables": variables or {}}
        answer = await client.post("/graphql", json=body, headers={"authorization": f"Bearer {self._renewed_token()}"})
        self._tally.took(time.monotonic() - began)
        self._tally.count(kind)
        content = answer.json()
        for error in content.get("errors", ()):
            if self._outages.explain(error, began):
                self._tally.count("errors with a cause")
            elif error["extensions"]["code"] != expected:
                self._tally.blame(f"{document} is answered {error}.")
        data: dict[str, Any] | None = content.get("data")
        return data

    def _renewed_token(self) -> str:
        self._requests += 1
        if self._requests % REQUESTS_A_TOKEN == 0:
            self._token = self._gateway.token(self._email)
        return self._token
