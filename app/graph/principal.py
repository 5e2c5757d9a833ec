"""Who asks: the identity that a checked token proves."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller. `expires_at` is in seconds since the epoch; `token` is the bearer token as sent."""

    subject: str
    token: str
    token_id: str
    expires_at: float
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    claims: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_admin(self) -> bool:
        return "admin" in self.roles


class Revocations:
    """Access tokens that were revoked before they expired; each is forgotten once it would have expired anyway."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._expiry_by_token: dict[str, float] = {}

    def revoke(self, token_id: str, expires_at: float) -> None:
        """Refuse the token from now on. `expires_at` is in seconds since the epoch."""
        now = self._clock()
        for expired in [token for token, expiry in self._expiry_by_token.items() if expiry <= now]:
            del self._expiry_by_token[expired]
        if expires_at > now:
            self._expiry_by_token[token_id] = expires_at

    def is_revoked(self, token_id: str) -> bool:
        """Whether the token was revoked."""
        return token_id in self._expiry_by_token
