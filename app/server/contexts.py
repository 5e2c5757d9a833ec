"""What the transports want of the contexts that operations are resolved with."""

from typing import Protocol

from app.graph.principal import Principal
from app.graph.rate_limit import Standing
from app.rest import Usage
from app.telemetry import TraceContext


class OperationContext(Protocol):
    """What an operation is resolved with, as far as its account goes."""

    @property
    def usage(self) -> Usage: ...
    @property
    def standing(self) -> Standing | None: ...


class ContextSource(Protocol):
    """Makes the context of one operation; `app.graph.context.ContextFactory` is one."""

    def position(self) -> str:
        """Where the event log ends now."""
        ...

    def create(
        self,
        principal: Principal | None,
        *,
        request_id: str,
        trace: TraceContext | None = None,
        resume_after: str | None = None,
        since: str | None = None,
        idempotency_key: str | None = None,
    ) -> OperationContext:
        """`resume_after` is the cursor of the last event that a client saw, where its transport tells.

        `since` is the position when the operation was asked for.
        """
        ...
