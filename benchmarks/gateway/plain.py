"""What one writes without Atrium: Strawberry's FastAPI router, one shared httpx client, Strawberry's DataLoader.

It keeps the habits of its libraries' own documentation, and makes each type once from the backend's JSON, so that
no field needs a resolver but those that call a backend.
"""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import httpx
import strawberry
from fastapi import FastAPI, Request
from strawberry.dataloader import DataLoader
from strawberry.fastapi import GraphQLRouter

from benchmarks.gateway.settings import service_urls
from benchmarks.serving import serve

Json: TypeAlias = dict[str, Any]


class Backends:
    """The calls of one request, with its token."""

    def __init__(self, client: httpx.AsyncClient, authorization: str) -> None:
        self._client = client
        self._headers = {"Authorization": authorization}
        self._urls = service_urls()
        self.agents: DataLoader[str, Json | None] = DataLoader(load_fn=self._agents)

    async def listings(self, first: int) -> list[Json]:
        return await self._items("listings", {"limit": first, "offset": 0, "order": "-created_at"})

    async def _agents(self, ids: list[str]) -> list[Json | None]:
        found = {agent["id"]: agent for agent in await self._items("accounts", {"ids": ",".join(ids)}, "agents")}
        return [found.get(id) for id in ids]

    async def _items(self, service: str, params: dict[str, str | int], path: str = "") -> list[Json]:
        url = f"{self._urls[service]}/{path or service}"
        response = await self._client.get(url, params=params, headers=self._headers)
        response.raise_for_status()
        items: list[Json] = response.json()["items"]
        return items


Info: TypeAlias = strawberry.Info[dict[str, Backends], None]


def global_id(type_name: str, id: str) -> strawberry.ID:
    return strawberry.ID(base64.urlsafe_b64encode(f"{type_name}:{id}".encode()).decode().rstrip("="))


@strawberry.type
class Money:
    amount: str
    currency: str


@strawberry.type
class Agent:
    id: strawberry.ID
    name: str
    email: str


@strawberry.type
class Listing:
    id: strawberry.ID
    address: str
    price: Money | None
    agent_id: strawberry.Private[str]

    @strawberry.field
    async def agent(self, info: Info) -> Agent | None:
        agent = await info.context["backends"].agents.load(self.agent_id)
        return Agent(id=global_id("Agent", agent["id"]), name=agent["name"], email=agent["email"]) if agent else None


@strawberry.type
class Listings:
    nodes: list[Listing]


@strawberry.type
class Query:
    @strawberry.field
    async def listings(self, info: Info, first: int = 20) -> Listings:
        nodes = [
            Listing(
                id=global_id("Listing", listing["id"]),
                address=listing["address"],
                price=listing["price"] and Money(**listing["price"]),
                agent_id=listing["agent_id"],
            )
            for listing in await info.context["backends"].listings(first)
        ]
        return Listings(nodes=nodes)


def create_plain() -> FastAPI:
    client = httpx.AsyncClient(trust_env=False, timeout=15)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with client:
            yield

    async def context(request: Request) -> dict[str, Backends]:
        return {"backends": Backends(client, request.headers["authorization"])}

    app = FastAPI(lifespan=lifespan)
    app.include_router(GraphQLRouter(strawberry.Schema(Query), context_getter=context), prefix="/graphql")
    return app


if __name__ == "__main__":
    serve(create_plain())
