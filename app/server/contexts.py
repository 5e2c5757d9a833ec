"""What the transports want of the contexts that operations are resolved with."""

from typing import Protocol

from app.graph.principal import Principal


class ContextSource(Protocol):
    """Makes the context of one operation; `app.graph.context.ContextFactory` is one."""

    def create(
        self,
        principal: Principal | None,
        *,
        request_id: str,
        traceparent: str | None = None,
        tracestate: str | None = None,
        resume_after: str | None = None,
    ) -> object:
        """`resume_after` is the cursor of the last event that a client saw, where its transport tells."""
        ...
