"""The job on Atrium's own machinery: its subgraph, loader, REST client, executor and endpoint, with its middleware.

The job has no accounts and its peers check no tokens, so any bearer is a caller here; whose it is goes on to the
upstream and decides what may be shared, as ever.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

import msgspec
from fastapi import FastAPI
from pydantic import SecretStr

from app.events import EventLog, MemoryStore
from app.graph import (
    ComposedSchema,
    ContextFactory,
    Found,
    Info,
    Loader,
    Parent,
    Query,
    Subgraph,
    described,
)
from app.graph.principal import Principal, Revocations
from app.main import Gateway, create_executor
from app.rest import Client, RestClient, Service
from app.server.authentication import Authenticator
from app.server.collector import calm_collector
from app.server.endpoint import GraphQLEndpoint
from app.server.middleware import middleware
from app.server.reporting import Reporter
from app.settings import Environment, ServiceSettings, Settings
from app.telemetry import configure_logging, log_exchange
from benchmarks.serving import serve


class PostRecord(msgspec.Struct, frozen=True, rename="camel"):
    id: int
    user_id: int
    title: str
    body: str


class UserRecord(msgspec.Struct, frozen=True):
    id: int
    name: str
    username: str
    email: str
    phone: str | None = None
    website: str | None = None


class BlogClient(Client):
    service: ClassVar[Service] = Service("blog", port=3000)

    async def posts(self) -> list[PostRecord]:
        return await self.get("/posts", list[PostRecord])

    async def users(self, ids: list[int]) -> list[UserRecord]:
        return await self.get("/users", list[UserRecord], tuple(("id", str(id)) for id in ids))


blog = Subgraph("blog")


class UserById(Loader[int, UserRecord | None]):
    async def fetch(self, keys: list[int]) -> Found[int, UserRecord]:
        return {user.id: user for user in await self.client(BlogClient).users(keys)}


@blog.type(UserRecord)
class User:
    """Who writes."""

    id: int = described("The user's number.")
    name: str = described("The full name.")
    username: str = described("The short name.")
    email: str = described("The address.")
    phone: str | None = described("The telephone number.")
    website: str | None = described("The site.")


@blog.type(PostRecord)
class Post:
    """What is written."""

    id: int = described("The post's number.")
    user_id: int = described("The number of who wrote it.")
    title: str = described("The title.")
    body: str = described("The text.")


@blog.edge(Post, UserById, returns=User)
def user(post: Parent[PostRecord]) -> int:
    """Who wrote it."""
    return post.user_id


@blog.resolver(Query, returns=list[Post] | None, public=True)
async def posts(info: Info) -> list[PostRecord]:
    """All posts."""
    return await info.context.client(BlogClient).posts()


@blog.resolver(Query, public=True)
def greet() -> str:
    """A greeting."""
    return "Hello World!"


class AnyBearer(Authenticator):
    """Takes every Authorization header for the caller that it names."""

    async def _verify(self, token: str) -> Principal:
        return Principal(subject=token, token=token, token_id=token, expires_at=float("inf"))


def create_posts(upstream: str, *, shares: bool) -> Gateway:
    """The same composition as `app.main.create_app`, with this subgraph alone."""
    settings = Settings(
        environment=Environment.PRODUCTION,
        jwt_secret=SecretStr("a-secret-for-benchmarks-that-is-long-enough"),
        log_level="WARNING",
    )
    configure_logging(settings)
    service = BlogClient.service
    backend = RestClient(service, ServiceSettings(url=upstream), share_reads=shares, observers=[log_exchange])
    revocations = Revocations()
    events = EventLog(MemoryStore(size=1, seconds=1))
    endpoint = GraphQLEndpoint(
        create_executor(settings, ComposedSchema([blog])),
        ContextFactory({service.name: backend}, events, revocations, settings.request_timeout),
        AnyBearer(settings, revocations),
        Reporter(debug=False, suggests=False),
        timeout=settings.request_timeout,
        max_body_bytes=settings.max_body_bytes,
        share=shares,
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await backend.aclose()

    app = Gateway(lifespan=lifespan, middleware=middleware(settings), openapi_url=None, docs_url=None, redoc_url=None)
    app.serve_directly("/graphql", endpoint, settings)
    calm_collector()
    return app


if __name__ == "__main__":
    gateway = create_posts(os.environ["UPSTREAM"], shares=os.environ["SHARE"] == "1")
    serve(gateway, gateway.http_protocol)
