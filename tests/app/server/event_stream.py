"""A reader of server-sent events that hides nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

EVENTS = "text/event-stream"
COMMENT = ""
"""What is read for a comment."""


class EventReader:
    """Reads the stream of a response."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._chunks = response.aiter_bytes()
        self._text = ""

    async def raw(self) -> str | None:
        """The next block as it was sent; None at the end of the stream."""
        while "\n\n" not in self._text:
            try:
                async with asyncio.timeout(10):
                    self._text += (await anext(self._chunks)).decode()
            except StopAsyncIteration:
                return None
        block, self._text = self._text.split("\n\n", 1)
        return block

    async def event(self) -> dict[str, Any] | None:
        """The next event by its fields, with the data decoded; None at the end of the stream."""
        while (block := await self.raw()) == ":":
            pass
        if block is None:
            return None
        fields: dict[str, Any] = dict(line.split(":", 1) for line in block.split("\n"))
        fields = {name: value.removeprefix(" ") for name, value in fields.items()}
        fields["data"] = json.loads(fields["data"]) if fields["data"] else None
        return fields

    async def events(self, count: int) -> list[dict[str, Any] | None]:
        return [await self.event() for _ in range(count)]

    async def rest(self) -> list[dict[str, Any]]:
        """The events up to the end of the stream."""
        events: list[dict[str, Any]] = []
        while (event := await self.event()) is not None:
            events.append(event)
        return events


@asynccontextmanager
async def streamed(
    client: httpx.AsyncClient, query: str, variables: dict[str, Any] | None = None, **headers: str
) -> AsyncIterator[EventReader]:
    """Post an operation and read its events."""
    sent = {"accept": EVENTS, **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with client.stream(
        "POST", "/graphql", json={"query": query, "variables": variables}, headers=sent
    ) as response:
        yield EventReader(response)
