"""Numbered events, and subscribers whose connections break all the time: each must see every number once, in order."""

import asyncio
import random
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, Self

import httpx

from backends.sample.people import PEOPLE
from benchmarks.gateway.settings import SERVICE_KEY
from benchmarks.soak.outages import Outages
from benchmarks.soak.tally import Tally
from tests.app.server.event_stream import streamed
from tests.end_to_end.events import content_changed
from tests.end_to_end.sockets import subscribed
from tests.gateway import Gateway

OWNERS: Final = ("chris@example.com", "maria@example.com")
PAUSE_SECONDS: Final = 0.1
MAX_EVENTS_A_CONNECTION: Final = 60
MAX_ABSENT_SECONDS: Final = 1.0
CALL_SECONDS: Final = 2.0
"""A call for an event may have been asked for so long before the event is there."""

MARK: Final = "number "

DOCUMENT: Final = """subscription ($after: String) {
  contentChanged(after: $after) { cursor content { title listing { address } } }
}"""


class Feed:
    """Appends numbered events of somebody's to the log, as the content service would.

    `start` is the cursor of the first one, from which all subscribers go on.
    """

    def __init__(self, gateway: Gateway, email: str, listing: str, chance: random.Random) -> None:
        self.gateway = gateway
        self.token = gateway.token(email)
        self.count = 0
        self.is_over = False
        self.start = ""
        self._owner = next(person.user_id for person in PEOPLE if person.email == email)
        self._listing = listing
        self._chance = chance

    @classmethod
    async def begun(cls, gateway: Gateway, email: str, client: httpx.AsyncClient, chance: random.Random) -> Self:
        """A feed whose first event is in the log."""
        listings = await gateway.query("{ listings(first: 1) { nodes { databaseId } } }", email=email)
        feed = cls(gateway, email, listings.data["listings"]["nodes"][0]["databaseId"], chance)
        async with subscribed(gateway, feed.token, DOCUMENT) as stream:
            await stream.begun()
            await feed._post(client, [feed._next()])
            feed.start = str((await stream.event())["cursor"])
        return feed

    async def run(self, client: httpx.AsyncClient, until: float) -> None:
        """A few at a time, and now and then the same again: a backend that heard no answer repeats itself."""
        while time.monotonic() < until:
            await asyncio.sleep(self._chance.uniform(0, 2 * PAUSE_SECONDS))
            events = [self._next() for _ in range(self._chance.randint(1, 4))]
            for _ in range(self._chance.choice((1, 1, 1, 2))):
                await self._post(client, events)
        last = self._next()
        self.is_over = True
        await self._post(client, [last])

    async def _post(self, client: httpx.AsyncClient, events: list[dict[str, Any]]) -> None:
        headers = {"x-service-key": SERVICE_KEY, "content-type": "application/cloudevents-batch+json"}
        (await client.post("/events", json=events, headers=headers)).raise_for_status()

    def _next(self) -> dict[str, Any]:
        self.count += 1
        title = f"{MARK}{self.count}"
        return content_changed(self._owner, title, id="cnt_soak", listing_id=self._listing, revision=self.count)


class Subscriber(ABC):
    """Reads the feed from a cursor on, over one transport."""

    def __init__(self, feed: Feed, outages: Outages, tally: Tally) -> None:
        self._gateway = feed.gateway
        self._token = feed.token
        self._feed = feed
        self._outages = outages
        self._tally = tally
        self._cursor = feed.start
        self._seen = 1

    async def follow(self, chance: random.Random) -> None:
        """Until everything was seen, in connections that break after a while."""
        while not self._has_seen_all:
            left = chance.randint(1, MAX_EVENTS_A_CONNECTION)
            async for result in self._results(self._cursor):
                self._take(result)
                left -= 1
                if left == 0 or self._has_seen_all:
                    break
            self._tally.count("reconnections")
            await asyncio.sleep(chance.uniform(0, MAX_ABSENT_SECONDS))

    @property
    def missing(self) -> int:
        return self._feed.count - self._seen

    @property
    def _has_seen_all(self) -> bool:
        return self._feed.is_over and self._seen >= self._feed.count

    @abstractmethod
    def _results(self, after: str) -> AsyncIterator[dict[str, Any]]:
        """What one connection delivers; it is cut off when no more is read."""

    def _take(self, result: Mapping[str, Any]) -> None:
        for error in result.get("errors", ()):
            if not self._outages.explain(error, time.monotonic() - CALL_SECONDS):
                self._tally.blame(f"{type(self).__name__} is told {error}.")
        event = result["data"]["contentChanged"]
        self._cursor = event["cursor"]
        mark, _, found = event["content"]["title"].partition(MARK)
        if mark or not found:
            return  # what people had written
        if int(found) != self._seen + 1:
            self._tally.blame(f"{type(self).__name__} sees {found} after {self._seen}.")
        self._seen = int(found)
        self._tally.count("events received")


class SocketSubscriber(Subscriber):
    async def _results(self, after: str) -> AsyncIterator[dict[str, Any]]:
        async with subscribed(self._gateway, self._token, DOCUMENT, {"after": after}) as stream:
            try:
                while True:
                    yield await stream.result()
            finally:
                stream.connection.transport.abort()


class EventStreamSubscriber(Subscriber):
    async def _results(self, after: str) -> AsyncIterator[dict[str, Any]]:
        async with (
            httpx.AsyncClient(base_url=self._gateway.url, timeout=20, verify=False) as client,  # noqa: S501 -- there is no TLS, and its setup is slow
            streamed(client, DOCUMENT, authorization=f"Bearer {self._token}", last_event_id=after) as stream,
        ):
            while (event := await stream.event()) is not None:
                yield event["data"]


TRANSPORTS: Final = (SocketSubscriber, EventStreamSubscriber) * 3
