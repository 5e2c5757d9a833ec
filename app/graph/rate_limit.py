"""Rate limits: how often a field may be used, declared on the field, shown in the schema, checked before it runs."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import strawberry
from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from strawberry.schema_directive import Location
from strawberry.utils.str_converters import to_camel_case

from app.errors import RateLimitedError
from app.graph.node import parse_global_id
from app.graph.principal import Principal

RETRY_SECONDS: Final = 5.0
"""How long a storage is left alone after it has failed."""

logger = logging.getLogger(__name__)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], description="How often a caller may use the field.", name="rateLimit"
)
class RateLimitDirective:
    limit_name: str = strawberry.directive_field(name="name")
    limit: int = strawberry.directive_field(name="limit")
    seconds: int = strawberry.directive_field(name="seconds")
    by: str | None = strawberry.directive_field(name="by", default=strawberry.UNSET)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `limit` uses in any `seconds` by one user, of each thing if `input` names one by the field `by`.

    Fields whose limits have the same name count together.
    """

    name: str
    limit: int
    seconds: int = 60
    by: str | None = None

    def directive(self) -> object:
        """The schema directive that says the same."""
        return RateLimitDirective(
            limit_name=self.name,
            limit=self.limit,
            seconds=self.seconds,
            by=strawberry.UNSET if self.by is None else f"input.{to_camel_case(self.by)}",
        )

    def subject(self, principal: Principal | None, given: Mapping[str, Any]) -> str:
        """Whose use it is, and of what: the user, and the id of the thing that the input names, of either kind."""
        user = principal.subject if principal else "anybody"
        named = None if self.by is None else given.get("input", {}).get(to_camel_case(self.by))
        if named is None:
            return user
        parsed = parse_global_id(str(named))
        return f"{user} {parsed[1] if parsed else named}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands with a limit after a use: what remains, and in how many seconds more will be there.

    When the use was one too many, -1 remains.
    """

    limit: RateLimit
    remaining: int
    reset_after: float

    def check(self) -> None:
        """Raise `RateLimitedError` when the use was one too many."""
        if self.remaining < 0:
            raise RateLimitedError(
                f"At most {self.limit.limit} times in {self.limit.seconds} seconds.",
                limit=self.limit.limit,
                retry_after=self.reset_after,
            )


class RateLimiter:
    """Counts uses over a moving window: in memory, or in a storage that many processes share.

    While the storage cannot be had, uses are counted in memory, which a line in the log tells.
    """

    def __init__(
        self, *, is_on: bool = True, storage: Storage | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        """`storage` is of the kind that counts moving windows; raises `NotImplementedError` for another."""
        self._is_on = is_on
        self._clock = clock
        self._in_memory = MovingWindowRateLimiter(MemoryStorage())
        self._shared = None if storage is None else MovingWindowRateLimiter(storage)
        self._failures = _failures_of(storage)
        self._shared_from = 0.0

    async def use(self, limit: RateLimit, subject: str) -> Standing | None:
        """Count a use by somebody, unless it is one too many; None when nothing is counted."""
        if not self._is_on:
            return None
        if self._shared is not None and self._clock() >= self._shared_from:
            try:
                return await self._used(self._shared, limit, subject)
            except self._failures as error:
                self._shared_from = self._clock() + RETRY_SECONDS
                logger.warning("Rate limits are counted in memory, as their storage failed: %s", error)
        return await self._used(self._in_memory, limit, subject)

    async def _used(self, windows: MovingWindowRateLimiter, limit: RateLimit, subject: str) -> Standing:
        item = RateLimitItemPerSecond(limit.limit, limit.seconds)
        is_allowed = await windows.hit(item, limit.name, subject)
        stats = await windows.get_window_stats(item, limit.name, subject)
        return Standing(limit, stats.remaining if is_allowed else -1, max(0.0, stats.reset_time - self._clock()))


def _failures_of(storage: Storage | None) -> tuple[type[Exception], ...]:
    """What a storage raises when it cannot be had."""
    if storage is None:
        return ()
    own = storage.base_exceptions
    return (*(own if isinstance(own, tuple) else (own,)), OSError)
