"""The job on plain Strawberry: its FastAPI router and DataLoader, one shared httpx client."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import httpx
import strawberry
from fastapi import FastAPI
from strawberry.dataloader import DataLoader
from strawberry.fastapi import GraphQLRouter

from benchmarks.serving import serve


@strawberry.type
class User:
    id: int
    name: str
    username: str
    email: str
    phone: str | None
    website: str | None


class Upstream:
    """The calls of one request."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.users: DataLoader[int, User | None] = DataLoader(load_fn=self._users)

    async def posts(self) -> list["Post"]:
        response = (await self._client.get("/posts")).raise_for_status()
        return [
            Post(id=post["id"], user_id=post["userId"], title=post["title"], body=post["body"])
            for post in response.json()
        ]

    async def _users(self, ids: list[int]) -> list[User | None]:
        response = (await self._client.get("/users", params={"id": ids})).raise_for_status()
        found = {
            user["id"]: User(**{name: user[name] for name in ("id", "name", "username", "email", "phone", "website")})
            for user in response.json()
        }
        return [found.get(id) for id in ids]


Info: TypeAlias = strawberry.Info[dict[str, Upstream], None]


@strawberry.type
class Post:
    id: int
    user_id: int
    title: str
    body: str

    @strawberry.field
    async def user(self, info: Info) -> User | None:
        return await info.context["upstream"].users.load(self.user_id)


@strawberry.type
class Query:
    @strawberry.field
    def greet(self) -> str:
        return "Hello World!"

    @strawberry.field
    async def posts(self, info: Info) -> list[Post] | None:
        return await info.context["upstream"].posts()


def create_plain(upstream: str) -> FastAPI:
    client = httpx.AsyncClient(base_url=upstream, trust_env=False, timeout=15)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with client:
            yield

    async def context() -> dict[str, Upstream]:
        return {"upstream": Upstream(client)}

    app = FastAPI(lifespan=lifespan)
    app.include_router(GraphQLRouter(strawberry.Schema(Query), context_getter=context), prefix="/graphql")
    return app


if __name__ == "__main__":
    serve(create_plain(os.environ["UPSTREAM"]))
