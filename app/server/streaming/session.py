"""Who is at the other end of a stream or a socket."""

import asyncio
from collections.abc import Callable

from app.errors import ForbiddenError, UnauthenticatedError
from app.graph.principal import Principal, Revocations


class Session:
    """The caller of a connection, for as long as their token holds; a new token of theirs prolongs it."""

    def __init__(self, revocations: Revocations, clock: Callable[[], float]) -> None:
        self.principal: Principal | None = None
        self._revocations = revocations
        self._clock = clock

    def check(self) -> None:
        """Raises `UnauthenticatedError` when the token has expired or was revoked."""
        if self.principal is None:
            return
        if self.principal.expires_at <= self._clock():
            raise UnauthenticatedError("The token has expired.")
        if self._revocations.is_revoked(self.principal.token_id):
            raise UnauthenticatedError("The token has been revoked.")

    @property
    def ends_at(self) -> float | None:
        """When the token expires, in the time of the event loop."""
        if self.principal is None:
            return None
        return asyncio.get_running_loop().time() + self.principal.expires_at - self._clock()

    def renew(self, principal: Principal | None) -> None:
        """Go on as the owner of a token; raises `ForbiddenError` when that is another user than before."""
        if self.principal is not None and (principal is None or principal.subject != self.principal.subject):
            raise ForbiddenError("The token is of another user.")
        self.principal = principal
