"""Clients that vanish in the middle of a subscription leave nothing behind, and what is no event stops no reader."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from app.events import EventLog
from app.main import create_app
from app.server.authentication import issue_token
from app.settings import Settings
from tests.app.server.serving import Serving, serving
from tests.end_to_end.events import content_changed
from tests.end_to_end.sockets import socket, subscribed
from tests.gateway import SECRET, SERVICE_KEY, CallRecorder, Gateway

OWNER = "usr_1"
CONTENT_CHANGED = "subscription ($after: String) { contentChanged(after: $after) { cursor content { title } } }"


@dataclass(frozen=True, slots=True)
class Alone:
    """A gateway without backends, into whose log the tests write, and the log."""

    gateway: Gateway
    log: EventLog
    server: Serving

    @property
    def token(self) -> str:
        return issue_token(self.gateway.settings, subject=OWNER, roles=["agent"])

    async def post(self, *events: dict[str, Any]) -> None:
        """Append events as a backend does."""
        headers = {"x-service-key": SERVICE_KEY, "content-type": "application/cloudevents-batch+json"}
        async with httpx.AsyncClient(verify=False) as client:  # noqa: S501 -- there is no TLS, and its setup is slow
            response = await client.post(f"{self.gateway.url}/events", json=list(events), headers=headers)
        assert response.status_code == 204, response.text

    async def readers_are(self, count: int) -> None:
        """Wait until so many readers are at the log."""
        async with asyncio.timeout(10):
            while self.log.readers != count:  # noqa: ASYNC110 -- the log tells nobody that a reader has gone
                await asyncio.sleep(0)


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[Alone]:
    settings = Settings(jwt_secret=SecretStr(SECRET), service_key=SecretStr(SERVICE_KEY), data_dir=tmp_path)
    app = create_app(settings, dict.fromkeys(("content", "listings", "accounts"), "http://127.0.0.1:1"))
    async with serving(app) as server:
        gateway = Gateway(settings, CallRecorder(), port=server.port)
        yield Alone(gateway, app.state.events, server)
        await app.state.events.close()


def changed(title: str, **members: Any) -> dict[str, Any]:
    """An event of the owner's; `members` are of the event."""
    return content_changed(OWNER, title) | members


async def test_a_client_that_vanishes_leaves_no_reader_behind(alone: Alone) -> None:
    async with subscribed(alone.gateway, alone.token, CONTENT_CHANGED) as stream:
        await stream.begun()
        assert alone.log.readers == 1
        await alone.post(changed("first"))
        assert (await stream.event())["content"] == {"title": "first"}
        stream.connection.transport.abort()

    await alone.readers_are(0)
    assert (await alone.gateway.query("{ __typename }", token=alone.token)).data == {"__typename": "Query"}


async def test_many_clients_that_vanish_at_once_leave_no_reader_behind(alone: Alone) -> None:
    async def vanish() -> None:
        async with socket(alone.gateway, alone.token) as stream:
            for number in range(5):
                payload = {"query": CONTENT_CHANGED}
                await stream.send({"id": str(number), "type": "subscribe", "payload": payload})
            await stream.begun()
            stream.connection.transport.abort()

    async with subscribed(alone.gateway, alone.token, CONTENT_CHANGED) as steady:
        await steady.begun()
        await asyncio.gather(*(vanish() for _ in range(20)))
        await alone.post(*(changed(f"number {number}") for number in range(50)))
        titles = [(await steady.event())["content"]["title"] for _ in range(50)]
        await alone.readers_are(1)

    assert titles == [f"number {number}" for number in range(50)]
    await alone.readers_are(0)


async def test_a_subscription_that_is_stopped_leaves_no_reader_behind(alone: Alone) -> None:
    async with subscribed(alone.gateway, alone.token, CONTENT_CHANGED) as stream:
        await stream.begun()
        await stream.send({"id": "1", "type": "complete"})
        await alone.readers_are(0)
        assert await stream.is_quiet()


async def test_a_client_that_vanished_goes_on_where_it_was(alone: Alone) -> None:
    async with subscribed(alone.gateway, alone.token, CONTENT_CHANGED) as stream:
        await stream.begun()
        await alone.post(changed("first"))
        last = (await stream.event())["cursor"]
        stream.connection.transport.abort()
    await alone.post(changed("second"), changed("third"))

    async with subscribed(alone.gateway, alone.token, CONTENT_CHANGED, {"after": last}) as stream:
        assert [(await stream.event())["content"]["title"] for _ in range(2)] == ["second", "third"]
        await alone.post(changed("fourth"))
        assert (await stream.event())["content"]["title"] == "fourth"
        assert await stream.is_quiet()


async def test_an_event_that_is_posted_twice_is_seen_once(alone: Alone) -> None:
    event = changed("once")
    async with subscribed(alone.gateway, alone.token, CONTENT_CHANGED) as stream:
        await stream.begun()
        await alone.post(event, event)
        await alone.post(event)
        await alone.post(changed("next"))
        assert [(await stream.event())["content"]["title"] for _ in range(2)] == ["once", "next"]


@pytest.mark.parametrize(
    "data",
    [None, "text", [], {}, {"content": None}, {"content": {"id": "cnt_1"}}, {"content": {"id": 7}}, {"listing": {}}],
)
async def test_an_event_of_another_shape_is_passed_over(alone: Alone, data: object) -> None:
    async with subscribed(alone.gateway, alone.token, CONTENT_CHANGED) as stream:
        await stream.begun()
        await alone.post(changed("bad", data=data), changed("good"))
        assert (await stream.event())["content"] == {"title": "good"}


@pytest.mark.parametrize("owner", [None, "usr_2", "usr_", "USR_1"])
async def test_an_event_of_nobody_or_somebody_else_is_not_shown(alone: Alone, owner: str | None) -> None:
    async with subscribed(alone.gateway, alone.token, CONTENT_CHANGED) as stream:
        await stream.begun()
        await alone.post(changed("theirs", owner=owner), changed("mine"))
        assert (await stream.event())["content"] == {"title": "mine"}


async def test_edges_whose_backends_are_down_are_null_and_the_events_go_on(alone: Alone) -> None:
    document = "subscription { contentChanged { content { title listing { address } } } }"
    event = changed("first")
    event["data"]["content"]["listing_id"] = "lst_1"
    async with subscribed(alone.gateway, alone.token, document) as stream:
        await stream.begun()
        await alone.post(event, changed("second"))
        first, second = await stream.result(), await stream.result()

    assert first["data"] == {"contentChanged": {"content": {"title": "first", "listing": None}}}
    (error,) = first["errors"]
    assert (error["path"], error["extensions"]["code"], error["extensions"]["service"]) == (
        ["contentChanged", "content", "listing"],
        "BACKEND_UNAVAILABLE",
        "listings",
    )
    assert second == {"data": {"contentChanged": {"content": {"title": "second", "listing": None}}}}
