"""A request to the GraphQL endpoint and the answer to it, whichever server took it from its socket."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import msgspec
from starlette.types import Message

from app.server.negotiation import ResponseFormat
from app.telemetry import TraceContext


class Received(ABC):
    """One request."""

    __slots__ = ("body", "header_count", "headers", "method", "operation", "query_string", "request_id")

    def __init__(self, method: str, headers: Mapping[bytes, bytes], request_id: str) -> None:
        self.method = method
        self.headers = headers
        self.request_id = request_id
        self.header_count = 0
        self.query_string = b""
        self.body: bytes | None = None
        """Set where all of it is there already."""
        self.operation: str | None = None
        """The name of the operation, or its type, once it is known; for the log."""

    @property
    @abstractmethod
    def trace(self) -> TraceContext:
        """The request's place in a trace."""

    @abstractmethod
    async def receive(self) -> Message:
        """What comes of the request still, as in ASGI."""


class Answer(msgspec.Struct):
    """What is sent back."""

    status: int
    format: ResponseFormat
    body: bytes
    headers: Sequence[tuple[bytes, bytes]] = ()
    """Those beside the ones that every answer has."""
