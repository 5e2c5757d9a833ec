"""One call to a backend on its way, and the record of it that observers get."""

import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar

import msgspec

from app.errors import GatewayError
from app.rest.answer import Answer, OutOfTimeError
from app.rest.caller import Caller, HeaderList
from app.time_limits import Limit, TimeLimits

T = TypeVar("T")

CacheUse: TypeAlias = Literal["hit", "revalidated", "stale"]


@dataclass(slots=True)
class Call:
    """What is asked of whom, for whom, and until when; `timeout` is the service's, in seconds."""

    service: str
    method: str
    route: str
    target: str
    caller: Caller
    timeout: float
    limits: TimeLimits
    started: float = field(default_factory=time.monotonic)
    is_shared: bool = False
    is_retried: bool = False
    cache: CacheUse | None = None
    answer: Answer | None = None
    traceparent: str | None = None
    seconds: float = field(init=False)
    is_bound_by_deadline: bool = field(init=False)

    def __post_init__(self) -> None:
        self.caller.deadline.check()
        self.renew()

    def renew(self) -> None:
        """Allow the service's timeout once more, as far as the deadline does."""
        remaining = self.caller.deadline.remaining()
        self.seconds = min(self.timeout, remaining)
        self.is_bound_by_deadline = remaining < self.timeout

    async def within(self, work: Awaitable[T]) -> T:
        """What the work comes to; cancels it and raises `OutOfTimeError` once `seconds` have passed."""
        limit = Limit(self.limits.loop.time() + self.seconds)
        try:
            return await self.limits.hold(limit, work)
        except TimeoutError:
            if limit.has_ended:
                raise OutOfTimeError(by_deadline=self.is_bound_by_deadline) from None
            raise

    @property
    def elapsed(self) -> float:
        """Seconds since the call was begun."""
        return time.monotonic() - self.started

    def headers(self) -> HeaderList:
        """The caller's headers and how many seconds the backend has left."""
        headers = self.caller.headers()
        self.traceparent = dict(headers).get("traceparent")
        if self.seconds < math.inf:
            headers.append(("x-request-timeout", f"{max(0.001, self.seconds - self.elapsed):.3f}"))
        return headers

    def exchange(self, error: GatewayError | None) -> "Exchange":
        """The record of this call, now that it is over."""
        return Exchange(
            service=self.service,
            method=self.method,
            route=self.route,
            path=self.target,
            request_id=self.caller.request_id,
            traceparent=self.traceparent,
            status=self.answer.status if self.answer else None,
            error=error,
            seconds=self.elapsed,
            response_bytes=len(self.answer.body) if self.answer else 0,
            is_shared=self.is_shared,
            is_retried=self.is_retried,
            cache=self.cache,
        )

    def __str__(self) -> str:
        return f"{self.method} {self.route}"


class Exchange(msgspec.Struct, frozen=True):
    """What became of one call: enough to build logs, metrics and traces from.

    `is_shared` marks a read that was answered by another's call in flight; it cost the backend nothing.
    `cache` says what the response cache gave: a fresh answer (`hit`), one that the backend confirmed (`revalidated`),
    or one that may be used although it is old (`stale`), while it is asked for again or in place of a failure.
    `path` is path and query as sent, `response_bytes` the length of the body, `traceparent` the call's own span.
    `status` is None when no answer came; when `error` is None as well, the caller stopped waiting.
    """

    service: str
    method: str
    route: str
    path: str
    request_id: str
    traceparent: str | None
    status: int | None
    error: GatewayError | None
    seconds: float
    response_bytes: int
    is_shared: bool
    is_retried: bool
    cache: CacheUse | None = None


Observer: TypeAlias = Callable[[Exchange], None]


@dataclass(slots=True)
class Stats:
    """Counters of one client since it was made: `calls` were asked for, `sent` went out, repeated ones included.

    `misses` are reads of which nothing usable was kept.
    """

    calls: int = 0
    shared: int = 0
    sent: int = 0
    retried: int = 0
    failures: int = 0
    retries_refused: int = 0
    circuit_refused: int = 0
    queue_refused: int = 0
    hits: int = 0
    misses: int = 0
    revalidated: int = 0
    stale: int = 0
