"""Subscriptions over a real socket, as a client of graphql-transport-ws sees them."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection, connect

from tests.gateway import Gateway

SECONDS = 10


class Stream:
    """One subscription on a socket of its own."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def receive(self) -> dict[str, Any]:
        """The next message; pings are answered on the way."""
        async with asyncio.timeout(SECONDS):
            while (message := json.loads(await self.connection.recv())) == {"type": "ping"}:
                await self.send({"type": "pong"})
        found: dict[str, Any] = message
        return found

    async def send(self, message: object) -> None:
        await self.connection.send(json.dumps(message))

    async def subscribe(self, document: str, variables: Mapping[str, Any] | None = None) -> None:
        """Start the subscription."""
        payload = {"query": document, "variables": variables or {}}
        await self.send({"id": "1", "type": "subscribe", "payload": payload})

    async def begun(self) -> None:
        """Wait until what was subscribed to listens, passing over what comes until then."""
        await self.send({"type": "ping"})
        while await self.receive() != {"type": "pong"}:
            pass

    async def is_quiet(self) -> bool:
        """Whether nothing was sent before the answer to a ping; what was subscribed to before listens by then."""
        await self.send({"type": "ping"})
        return await self.receive() == {"type": "pong"}

    async def result(self) -> dict[str, Any]:
        """The next result, with data and errors."""
        message = await self.receive()
        assert message["type"] == "next", message
        result: dict[str, Any] = message["payload"]
        return result

    async def event(self) -> dict[str, Any]:
        """The one field of the next result, which has no errors."""
        result = await self.result()
        assert "errors" not in result, result["errors"]
        (event,) = result["data"].values()
        found: dict[str, Any] = event
        return found

    async def rest(self) -> list[dict[str, Any]]:
        """Every event up to the `complete` message."""
        events: list[dict[str, Any]] = []
        while (message := await self.receive())["type"] == "next":
            (event,) = message["payload"]["data"].values()
            events.append(event)
        assert message == {"id": "1", "type": "complete"}, message
        return events

    async def refusal(self) -> dict[str, Any]:
        """The one error of an `error` message."""
        message = await self.receive()
        assert message["type"] == "error", message
        (error,) = message["payload"]
        found: dict[str, Any] = error
        return found

    async def refusal_code(self) -> str:
        return str((await self.refusal())["extensions"]["code"])


@asynccontextmanager
async def socket(gateway: Gateway, token: str | None) -> AsyncIterator[Stream]:
    """A socket whose client has said who it is."""
    async with connect(
        f"ws://127.0.0.1:{gateway.port}/graphql", subprotocols=[websockets.Subprotocol("graphql-transport-ws")]
    ) as connection:
        stream = Stream(connection)
        payload = {} if token is None else {"payload": {"authorization": f"Bearer {token}"}}
        await stream.send({"type": "connection_init", **payload})
        assert await stream.receive() == {"type": "connection_ack"}
        yield stream


@asynccontextmanager
async def subscribed(
    gateway: Gateway, token: str | None, document: str, variables: Mapping[str, Any] | None = None
) -> AsyncIterator[Stream]:
    """A subscription that was begun."""
    async with socket(gateway, token) as stream:
        await stream.subscribe(document, variables)
        yield stream
