"""The job on the gateway as it is served, with a graph of its own in place of the platform's.

The peers check no tokens; the gateway checks each, and whose it is goes on to the upstream and decides what may be
shared, as ever.
"""

import os
from typing import ClassVar

from pydantic import SecretStr

from app.graph import Found, Info, Loader, Parent, Query, Subgraph, described
from app.main import Gateway, create_app
from app.rest import Client, Record, Service
from app.schema import Graph
from app.server.authentication import issue_token
from app.settings import Environment, Settings
from app.telemetry import configure_logging
from benchmarks.serving import serve_gateway


class PostRecord(Record, frozen=True, rename="camel"):
    id: int
    user_id: int
    title: str
    body: str


class UserRecord(Record, frozen=True):
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


POSTS = Graph([blog], [BlogClient])


def create_posts(upstream: str, *, shares: bool, keeps: bool) -> Gateway:
    """The gateway, whole, with this graph. With `shares` what is in flight is shared, with `keeps` answers are kept."""
    settings = posts_settings().model_copy(
        update={"share_operations": shares, "share_reads": shares, "cache_reads": keeps}
    )
    configure_logging(settings)
    return create_app(settings, {BlogClient.service.name: upstream}, graph=POSTS)


def posts_settings() -> Settings:
    """Production, with a secret that the load knows."""
    return Settings(
        environment=Environment.PRODUCTION,
        jwt_secret=SecretStr("a-secret-for-benchmarks-that-is-long-enough"),
        log_level="WARNING",
        check_contract=False,
    )


def bearer(caller: int) -> str:
    """The Authorization header of one of the callers."""
    return f"Bearer {issue_token(posts_settings(), subject=f'caller-{caller}')}"


if __name__ == "__main__":
    shares = os.environ["SHARE"] == "1"
    serve_gateway(create_posts(os.environ["UPSTREAM"], shares=shares, keeps=shares))
