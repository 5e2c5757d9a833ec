"""The context: what one operation, or one event of a subscription, is resolved with."""

import uuid
from asyncio import Future
from collections.abc import AsyncGenerator, Callable, Collection, Hashable, Mapping
from copy import copy
from datetime import datetime
from typing import Protocol, TypeAlias, TypeVar, cast

import strawberry

from app.errors import UnauthenticatedError
from app.graph.loader import Loader
from app.graph.principal import Principal, Revocations
from app.graph.rate_limit import RateLimit, RateLimiter, Standing
from app.rest import Caller, Client, Deadline, RestClient, Usage
from app.telemetry import TraceContext

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
C = TypeVar("C", bound=Client)


class Event(Protocol):
    """What happened, as the event log gives it (CloudEvents 1.0)."""

    @property
    def type(self) -> str: ...
    @property
    def subject(self) -> str | None: ...
    @property
    def time(self) -> datetime | None: ...
    @property
    def owner(self) -> str | None: ...
    @property
    def data(self) -> object: ...


class Logged(Protocol):
    """An event and its place in the log."""

    @property
    def cursor(self) -> str: ...
    @property
    def event(self) -> Event: ...


class EventSource(Protocol):
    """The event log, as far as a subscription reads it."""

    def head(self) -> str:
        """The cursor of the newest event: reading after it gives what comes from now on."""
        ...

    def read(
        self,
        *,
        types: Collection[str],
        subject: str | None = None,
        owner: str | None = None,
        after: str | None = None,
        visible_to: Callable[..., bool],
    ) -> AsyncGenerator[Logged, None]:
        """The events after a cursor, then those that come; raises `CursorExpiredError`."""
        ...


class HealthCheck(Protocol):
    """The gateway's own health, as far as a resolver tells of it."""

    @property
    def uptime_seconds(self) -> float: ...

    async def check(self) -> Mapping[str, Mapping[str, object]]:
        """The state of each backend, by its name: `status`, and `latencyMs` or the `error` code."""
        ...


class Clients:
    """The clients of backends that speak for one caller, made on first use.

    Loaders hold these and not their context, which holds the loaders: what a request leaves behind is freed at once,
    and the garbage collector finds nothing.
    """

    def __init__(self, backends: Mapping[str, RestClient], caller: Caller) -> None:
        self._backends = backends
        self._caller = caller
        self._clients: dict[type[Client], Client] = {}

    def __call__(self, client: type[C]) -> C:
        """The client of a backend."""
        made = self._clients.get(client)
        if made is None:
            made = self._clients[client] = client(self._backends[client.service.name], self._caller)
        return cast(C, made)


class Context:
    """Who asks, and the clients and loaders made for them on first use."""

    def __init__(
        self,
        principal: Principal | None,
        caller: Caller,
        backends: Mapping[str, RestClient],
        events: EventSource,
        revocations: Revocations,
        rate_limiter: RateLimiter,
        health: HealthCheck | None = None,
        resume_after: str | None = None,
        since: str | None = None,
    ) -> None:
        """`resume_after` is the cursor of the last event that the client has seen, if its transport tells.

        `since` is where the event log ended when the operation was asked for.
        """
        self.principal = principal
        self.caller = caller
        self.events = events
        self.revocations = revocations
        self.rate_limiter = rate_limiter
        self.health = health
        self.resume_after = resume_after
        self._since = since
        self.client = Clients(backends, caller)
        self.standing: Standing | None = None
        """How the caller stands with the rate limit that is nearest to its end, of those that were used."""
        self._loaders: dict[tuple[object, ...], Loader[object, object]] = {}

    @property
    def request_id(self) -> str:
        return self.caller.request_id

    @property
    def usage(self) -> Usage:
        """What the operation has had of backends so far."""
        return self.caller.usage

    @property
    def identity(self) -> Principal:
        """The principal of a field that needs one; raises `UnauthenticatedError`."""
        if self.principal is None:
            raise UnauthenticatedError("This needs a bearer token.")
        return self.principal

    def loader(self, loader: type[Loader[K, V]], parameters: Mapping[str, Hashable]) -> Loader[K, V]:
        """The loader of a class for a set of parameters."""
        place = (loader, *sorted(parameters.items()))
        made = self._loaders.get(place)
        if made is None:
            made = self._loaders[place] = cast("Loader[object, object]", loader(self.client, parameters))
        return cast("Loader[K, V]", made)

    def load(self, loader: type[Loader[K, V]], key: K, **parameters: Hashable) -> "Future[V]":
        """What `key` stands for; asked for together with every other key of this turn."""
        return self.loader(loader, parameters).load(key)

    def forget(self) -> None:
        """Drop what was loaded: something was changed."""
        self._loaders.clear()

    async def use(self, limit: RateLimit, given: Mapping[str, object]) -> None:
        """Count a use of a limited field with these arguments; raises `RateLimitedError` when it is one too many."""
        standing = await self.rate_limiter.use(limit, limit.subject(self.principal, given))
        if standing is None:
            return
        if self.standing is None or standing.remaining < self.standing.remaining:
            self.standing = standing
        standing.check()

    def may_see(self, event: Event) -> bool:
        """Whether an event may be shown to the caller: its owner and admins see it, nobody else."""
        identity = self.identity
        return identity.is_admin or event.owner == identity.subject

    def follow(self, *types: str, subject: str | None = None, after: str | None = None) -> AsyncGenerator[Logged, None]:
        """The caller's events of some types, after a cursor or since the operation was asked for."""
        owner = None if self.identity.is_admin else self.identity.subject
        after = self._since if after is None else after
        return self.events.read(types=types, subject=subject, owner=owner, after=after, visible_to=self.may_see)


class ContextFactory:
    """Makes contexts. Lives as long as the process."""

    def __init__(
        self,
        backends: Mapping[str, RestClient],
        events: EventSource,
        revocations: Revocations,
        request_timeout: float,
        rate_limiter: RateLimiter | None = None,
        health: HealthCheck | None = None,
    ) -> None:
        self._backends = backends
        self._events = events
        self._revocations = revocations
        self._request_timeout = request_timeout
        self._rate_limiter = rate_limiter or RateLimiter()
        self._health = health

    def lasting(self, seconds: float) -> "ContextFactory":
        """The same, but with so much time for a request."""
        other = copy(self)
        other._request_timeout = seconds
        return other

    def position(self) -> str:
        """Where the event log ends now."""
        return self._events.head()

    def create(
        self,
        principal: Principal | None,
        *,
        request_id: str | None = None,
        trace: TraceContext | None = None,
        resume_after: str | None = None,
        since: str | None = None,
        idempotency_key: str | None = None,
    ) -> Context:
        """A context with nothing loaded, and the whole time of a request before it."""
        caller = Caller(
            authorization=f"Bearer {principal.token}" if principal else None,
            request_id=request_id or uuid.uuid4().hex,
            deadline=Deadline.after(self._request_timeout),
            trace=trace,
            idempotency_key=idempotency_key,
        )
        return Context(
            principal,
            caller,
            self._backends,
            self._events,
            self._revocations,
            self._rate_limiter,
            self._health,
            resume_after,
            since,
        )


Info: TypeAlias = strawberry.Info[Context, None]
