"""Who a call is made for, how long it may take, and what it adds up to."""

import hashlib
import re
import time
import uuid
from collections.abc import Callable
from typing import Self

import msgspec

from app.errors import DeadlineExceededError, RequestError, UnauthenticatedError
from app.rest.usage import Usage
from app.telemetry import TraceContext

HeaderList = list[tuple[str, str]]

_visible = re.compile(r"[\x20-\x7e\t]*").fullmatch


class Deadline(msgspec.Struct):
    """The moment, on `clock`, at which the time for a whole request is used up."""

    at: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> Self:
        """The deadline that many seconds from now; `math.inf` never comes."""
        return cls(clock() + seconds, clock)

    def remaining(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self.at - self.clock())

    def check(self) -> None:
        """Raise `DeadlineExceededError` when no time is left."""
        if self.at <= self.clock():
            raise DeadlineExceededError("The time for the whole request is used up.")


class Caller(msgspec.Struct):
    """Whose request a call serves: what is forwarded to backends, and until when."""

    authorization: str | None
    request_id: str
    deadline: Deadline
    trace: TraceContext | None = None
    idempotency_key: str | None = None
    """What makes repeating the whole request safe: the keys of its writes come from it."""
    usage: Usage = msgspec.field(default_factory=Usage)
    writes: dict[bytes, int] = msgspec.field(default_factory=dict)
    """How often each write was begun; in use only where there is such a key."""

    def write_key(self, *what: object) -> str:
        """The idempotency key of a write, of which `what` says everything: its method, path and body.

        When the request has a key itself, a repeated request makes the same keys in the same places.
        """
        if self.idempotency_key is None:
            return uuid.uuid4().hex
        write = hashlib.sha256(msgspec.json.encode((self.idempotency_key, what))).digest()
        number = self.writes[write] = self.writes.get(write, 0) + 1
        return hashlib.sha256(b"%s %d" % (write, number)).hexdigest()

    def headers(self) -> HeaderList:
        """What every call forwards; each call is its own span of the trace (W3C Trace Context, section 3.2).

        A token or request id that could break out of its header line is refused.
        """
        headers: HeaderList = []
        if self.authorization:
            if not _visible(self.authorization):
                raise UnauthenticatedError("The token contains characters that no token has.")
            headers.append(("authorization", self.authorization))
        if self.request_id:
            headers.append(("x-request-id", checked_header("X-Request-ID", self.request_id)))
        if self.trace is not None:
            headers.append(("traceparent", self.trace.span()))
            if self.trace.tracestate:
                headers.append(("tracestate", self.trace.tracestate))
        return headers


def checked_header(name: str, value: str) -> str:
    """The value, or `RequestError` if it could not stand in one header line."""
    if not _visible(value):
        raise RequestError(f"{name} contains characters that a header cannot carry.")
    return value
