"""A request to the GraphQL endpoint and the answer to it, whichever server took it from its socket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.types import Receive

from app.server.negotiation import ResponseFormat
from app.telemetry import TraceContext


class Received:
    """One request. `receive` gives what comes of it still, as in ASGI; `body` is set where all of it is there."""

    __slots__ = (
        "body",
        "header_count",
        "headers",
        "method",
        "operation",
        "query_string",
        "receive",
        "request_id",
        "trace",
    )

    def __init__(
        self,
        method: str,
        headers: Mapping[bytes, bytes],
        receive: Receive,
        request_id: str,
        trace: TraceContext,
        *,
        header_count: int = 0,
        query_string: bytes = b"",
        body: bytes | None = None,
    ) -> None:
        self.method = method
        self.headers = headers
        self.receive = receive
        self.request_id = request_id
        self.trace = trace
        self.header_count = header_count
        self.query_string = query_string
        self.body = body
        self.operation: str | None = None
        """The name of the operation, or its type, once it is known; for the log."""


@dataclass(slots=True)
class Answer:
    """What is sent back."""

    status: int
    format: ResponseFormat
    body: bytes
    headers: Sequence[tuple[bytes, bytes]] = ()
    """Those beside the ones that every answer has."""
