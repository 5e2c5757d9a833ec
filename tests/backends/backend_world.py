"""A running set of the reference services, a webhook that receives their events, and users to call them as."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import jwt
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from backends import BackendSettings, serve
from backends.app import trusted_certificates
from backends.authentication import Tokens
from backends.document import new_id
from backends.embedded import bound, listening

Json = dict[str, Any]

SECONDS_TO_WAIT = 15.0
SERVICE_KEY = "development-service-key"


@dataclass
class Webhook:
    """A server that keeps the events it acknowledges, and can refuse them for a while."""

    events: list[Json] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)
    refusals: int = 0
    is_refusing: bool = False
    url: str = ""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        batch: list[Json] = await request.json()
        async with self.changed:
            if self.is_refusing:
                self.refusals += 1
            else:
                self.events += batch
                self.keys.add(request.headers.get("x-service-key"))
            self.changed.notify_all()
        await Response(status_code=503 if self.is_refusing else 204)(scope, receive, send)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits until a condition on what was received holds."""
        async with asyncio.timeout(SECONDS_TO_WAIT), self.changed:
            await self.changed.wait_for(holds)

    def about(self, kind: str, subject: str) -> list[Json]:
        """The data of the events of that type about that thing, in the order they came."""
        return [event["data"] for event in self.events if (event["type"], event["subject"]) == (kind, subject)]

    async def first(self, kind: str, subject: str, is_wanted: Callable[[Json], bool]) -> Json:
        """The first such event's data that is wanted, as soon as it is there."""
        await self.until(lambda: any(is_wanted(data) for data in self.about(kind, subject)))
        return next(data for data in self.about(kind, subject) if is_wanted(data))


@dataclass(frozen=True)
class User:
    """Someone who calls the services over HTTP."""

    http: httpx.AsyncClient
    headers: dict[str, str]
    id: str = ""
    agent_id: str = ""

    async def get(self, path: str, **query: object) -> httpx.Response:
        return await self.get_with({}, path, **query)

    async def get_with(self, headers: dict[str, str], path: str, /, **query: object) -> httpx.Response:
        params = {name: str(value) for name, value in query.items()}
        return await self.http.get(path, params=params or None, headers=self.headers | headers)

    async def send(self, method: str, path: str, body: object = None, key: str | None = None) -> httpx.Response:
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return await self.http.request(method, path, json=body, headers=headers)

    async def post(self, path: str, body: object = None, key: str | None = None) -> httpx.Response:
        return await self.send("POST", path, body, key)

    async def put(self, path: str, body: object = None) -> httpx.Response:
        return await self.send("PUT", path, body)


@dataclass
class World:
    url: str
    http: httpx.AsyncClient
    webhook: Webhook
    settings: BackendSettings

    @property
    def service(self) -> User:
        return User(self.http, {"X-Service-Key": SERVICE_KEY})

    def on_behalf_of(self, user_id: str) -> User:
        return User(self.http, {"X-Service-Key": SERVICE_KEY, "X-On-Behalf-Of": user_id}, user_id)

    def agent(self, user_id: str | None = None, agent_id: str | None = None) -> User:
        """An agent with a good token; the services other than accounts know users by their tokens alone."""
        return self._user(user_id or new_id("usr"), agent_id or new_id("agt"), "agent")

    def admin(self) -> User:
        return self._user(new_id("usr"), "", "admin")

    def bearer(self, token: str) -> User:
        return User(self.http, {"Authorization": f"Bearer {token}"})

    def _user(self, user_id: str, agent_id: str, role: str) -> User:
        claims = {"sub": user_id, "roles": [role], "scope": role} | ({"agent_id": agent_id} if agent_id else {})
        token, _ = Tokens(self.settings).issue(claims)
        return User(self.http, {"Authorization": f"Bearer {token}"}, user_id, agent_id)

    def sign(self, claims: Json, *, secret: str | None = None, algorithm: str = "HS256") -> str:
        key = self.settings.jwt_secret.get_secret_value() if secret is None else secret
        return jwt.encode(claims, key, algorithm=algorithm)


def settings_for(data_dir: Path, webhook: Webhook, **changes: object) -> BackendSettings:
    quick = {"data_dir": data_dir, "events_url": webhook.url, "step_seconds": 0.0, "service_urls": {}}
    return BackendSettings(_env_file=None, **(quick | changes))  # type: ignore[arg-type]  # pydantic checks them


@asynccontextmanager
async def receiving() -> AsyncIterator[Webhook]:
    """A webhook on a port of its own."""
    webhook = Webhook()
    with bound() as (listener, url):
        webhook.url = f"{url}/events"
        async with listening(webhook, listener):
            yield webhook


@asynccontextmanager
async def running(
    data_dir: Path,
    webhook: Webhook,
    *,
    sample: bool = False,
    wrap: Callable[[ASGIApp], ASGIApp] | None = None,
    **changes: object,
) -> AsyncIterator[World]:
    """The services until the end of the block; running them again on the same directory is a restart."""
    settings = settings_for(data_dir, webhook, **changes)
    async with (
        serve(settings, sample=sample, wrap=wrap) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, verify=trusted_certificates()) as http,
    ):
        yield World(url, http, webhook, settings)


async def active_listing(world: World, owner: User, **facts: object) -> Json:
    """A listing of the owner, once its check is done."""
    body = {
        "address": "812 Barton Hills Dr",
        "city": "Austin",
        "state": "TX",
        "price": {"amount": "749000.00"},
        "bedrooms": 3,
        "bathrooms": 2.5,
        "square_feet": 1850,
        "key_features": ["a screened porch", "oak floors"],
    }
    created = await owner.post("/listings/listings", body | facts)
    assert created.status_code == 201, created.text
    data = await world.webhook.first(
        "listing.changed", created.json()["id"], lambda data: data["listing"]["status"] == "active"
    )
    listing: Json = data["listing"]
    return listing


async def pending_content(world: World, owner: User, **fields: object) -> Json:
    """A piece of content that waits for its agent."""
    body = {
        "owner_id": owner.id,
        "agent_id": owner.agent_id,
        "listing_id": new_id("lst"),
        "content_type": "email",
        "title": "A title",
        "text": "A text",
    }
    created = await world.service.post("/content/content", body | fields)
    assert created.status_code == 201, created.text
    content: Json = created.json()
    return content


def problem(response: httpx.Response) -> tuple[int, str]:
    """The status and the code of a problem, whose form is checked."""
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert body["status"] == response.status_code
    assert {"type", "title", "detail", "code", "instance"} <= body.keys()
    return response.status_code, body["code"]


def paths(response: httpx.Response) -> list[list[str]]:
    return [error["path"] for error in response.json()["errors"]]


def ids(response: httpx.Response) -> list[str]:
    return [item["id"] for item in response.json()["items"]]
