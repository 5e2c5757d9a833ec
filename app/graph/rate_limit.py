"""Rate limits: how often a field may be used, declared on the field, shown in the schema, checked before it runs."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from strawberry.schema_directive import Location
from strawberry.utils.str_converters import to_camel_case

from app.errors import RateLimitedError
from app.graph.node import parse_global_id
from app.graph.principal import Principal


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], description="How often a caller may use the field.", name="rateLimit"
)
class RateLimitDirective:
    limit_name: str = strawberry.directive_field(name="name")
    limit: int = strawberry.directive_field(name="limit")
    seconds: int = strawberry.directive_field(name="seconds")
    by: str | None = strawberry.directive_field(name="by", default=None)


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
            by=None if self.by is None else f"input.{to_camel_case(self.by)}",
        )

    def subject(self, principal: Principal | None, given: Mapping[str, Any]) -> str:
        """Whose use it is, and of what: the user, and the id of the thing that the input names, of either kind."""
        user = principal.subject if principal else "anybody"
        named = None if self.by is None else given.get("input", {}).get(to_camel_case(self.by))
        if named is None:
            return user
        parsed = parse_global_id(str(named))
        return f"{user} {parsed[1] if parsed else named}"


class RateLimiter:
    """Counts uses in memory, over a moving window."""

    def __init__(self, *, is_on: bool = True, clock: Callable[[], float] = time.time) -> None:
        self._is_on = is_on
        self._clock = clock
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    async def check(self, limit: RateLimit, subject: str) -> None:
        """Count a use by somebody; raises `RateLimitedError` when it is one too many."""
        if not self._is_on:
            return
        item = RateLimitItemPerSecond(limit.limit, limit.seconds)
        if not await self._windows.hit(item, limit.name, subject):
            stats = await self._windows.get_window_stats(item, limit.name, subject)
            raise RateLimitedError(
                f"At most {limit.limit} times in {limit.seconds} seconds.",
                limit=limit.limit,
                retry_after=max(0.0, stats.reset_time - self._clock()),
            )
