"""A request to the GraphQL endpoint and the answer to it, whichever server took it from its socket."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import msgspec
from starlette.types import Message, Receive, Scope

from app.server.negotiation import ResponseFormat
from app.server.sharing import Flight
from app.telemetry import TraceContext


class Received(ABC):
    """One request. `trace` is its place in a trace."""

    __slots__ = (
        "announced",
        "body",
        "header_count",
        "headers",
        "method",
        "operation",
        "outcome",
        "peer",
        "query_string",
        "request_id",
        "trace",
    )

    def __init__(self, method: str, headers: Mapping[bytes, bytes], request_id: str, trace: TraceContext) -> None:
        self.method = method
        self.headers = headers
        self.request_id = request_id
        self.trace = trace
        self.peer: str | None = None
        """The address at the other end of the connection, where it is known."""
        self.header_count = 0
        self.query_string = b""
        self.body: bytes | None = None
        """Set where all of it is there already."""
        self.announced: tuple[Hashable, Flight[Any]] | None = None
        """What others may attend to, by what makes them the same."""
        self.outcome: Any = None
        """What they get, where it is there before they are told."""
        self.operation: str | None = None
        """The name of the operation, or its type, once it is known; for the log."""

    def labels(self) -> Mapping[str, str]:
        """What every log line of the request carries."""
        return {"request_id": self.request_id, "trace_id": self.trace.trace_id}

    @abstractmethod
    async def receive(self) -> Message:
        """What comes of the request still, as in ASGI."""


class FromAsgi(Received):
    """A request from an ASGI server."""

    __slots__ = ("_receive",)

    def __init__(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive) -> None:
        state = scope["state"]
        super().__init__(scope["method"], headers, state["request_id"], state["trace"])
        client = scope.get("client")
        self.peer = client[0] if client else None
        self.header_count = len(scope["headers"])
        self.query_string = scope["query_string"]
        self._receive = receive

    async def receive(self) -> Message:
        return await self._receive()


class Answer(msgspec.Struct):
    """What is sent back."""

    status: int
    format: ResponseFormat
    body: bytes
    headers: Sequence[tuple[bytes, bytes]] = ()
    """Those beside the ones that every answer has."""
