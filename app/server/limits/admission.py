"""Admission: whether an operation may run, by its variables, its cost and what its caller has left to spend."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from redis.asyncio import Redis

from app.errors import RequestError
from app.execution import Executor, Prepared
from app.graph.principal import Principal
from app.rest import Usage
from app.server.addresses import ClientAddresses
from app.server.limits.bucket import Buckets, BucketSize, ThrottleStatus, create_buckets
from app.server.limits.cost import Costs, actual_cost
from app.server.limits.gate import Gate
from app.server.limits.variables import VariableLimits
from app.settings import Settings

MAX_COST: Final = "MAX_COST_LIMIT"
COST_HEADER: Final = b"x-atrium-cost"


class Origin(Protocol):
    """Where a request comes from."""

    @property
    def peer(self) -> str | None: ...
    @property
    def headers(self) -> Mapping[bytes, bytes]: ...


class Charge:
    """What an admitted operation may cost, until it is over and known what it did cost."""

    def __init__(self, requested: int, caller: str, buckets: Buckets | None, *, shows: bool) -> None:
        """`shows` is whether the client is to be told."""
        self.shows = shows
        self._requested = requested
        self._caller = caller
        self._buckets = buckets
        self._actual = requested
        self._status: ThrottleStatus | None = None

    async def settle(self, usage: Usage) -> None:
        """The operation is over, or was broken off."""
        self._actual = actual_cost(usage)
        if self._buckets is not None:
            self._status = await self._buckets.give_back(self._caller, self._requested - self._actual)

    def as_json(self) -> dict[str, object]:
        """For `extensions.cost`, once it is settled."""
        cost: dict[str, object] = {"requestedQueryCost": self._requested, "actualQueryCost": self._actual}
        if self._status is not None:
            cost["throttleStatus"] = self._status.as_json()
        return cost


@dataclass(frozen=True, slots=True)
class Admission:
    """Lets operations in. `always_shows` is whether every answer tells its cost, and not only where it is asked for."""

    costs: Costs
    gate: Gate
    variables: VariableLimits
    max_cost: int
    addresses: ClientAddresses = ClientAddresses()
    buckets: Buckets | None = None
    always_shows: bool = False

    @classmethod
    def of(
        cls,
        settings: Settings,
        executor: Executor,
        gate: Gate,
        addresses: ClientAddresses,
        redis: Redis | None = None,
    ) -> "Admission":
        """As the settings have it; what callers have spent is kept in Redis where there is one."""
        variables = VariableLimits(gate, max_depth=settings.max_variables_depth, max_size=settings.max_variables_size)
        buckets = None
        if settings.cost_bucket is not None:
            buckets = create_buckets(BucketSize(settings.cost_bucket, settings.cost_restore_rate), redis)
        return cls(Costs(executor), gate, variables, settings.max_cost, addresses, buckets, settings.show_cost)

    @property
    def is_immediate(self) -> bool:
        """Whether nothing is waited for."""
        return self.buckets is None or self.buckets.is_immediate

    async def admit(
        self, prepared: Prepared, principal: Principal | None, origin: Origin, *, shows: bool = False
    ) -> Charge | None:
        """Let the operation run; what it is charged, where that is to be settled or shown.

        `shows` is whether the client has asked for it. Raises `RequestError` for what exceeds a limit, and
        `ThrottledError`.
        """
        if prepared.variables:
            self.variables.check(prepared.variables)
        requested = self.costs.requested(prepared)
        if requested > self.max_cost:
            message = f"The operation can cost {requested}; at most {self.max_cost} is allowed."
            self.gate.exceeded(RequestError(message, code=MAX_COST))
        shows = shows or self.always_shows
        if self.buckets is None:
            return Charge(requested, "", None, shows=True) if shows else None
        caller = f"user {principal.subject}" if principal else f"address {self._address(origin)}"
        taken = min(requested, self.buckets.size.most)
        await self.buckets.take(caller, taken)
        return Charge(taken, caller, self.buckets, shows=shows)

    def _address(self, origin: Origin) -> str:
        return self.addresses.of(origin.peer, origin.headers.get(b"x-forwarded-for", b""))
