"""The keys that tokens are signed with: a shared secret, or a JSON Web Key Set that is fetched and kept."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeAlias

import jwt
import msgspec
import structlog
from jwt.exceptions import InvalidTokenError, PyJWTError

from app.errors import BackendUnavailableError

Key: TypeAlias = jwt.PyJWK | str

SECRET_ALGORITHM = "HS256"  # noqa: S105 -- a name
PUBLIC_KEY_ALGORITHMS = ("RS256", "ES256", "EdDSA")


class _KeySetDocument(msgspec.Struct):
    keys: list[dict[str, Any]]


class SigningKeys(Protocol):
    async def find(self, key_id: str | None) -> Key:
        """The key of that id; raises `InvalidTokenError`."""
        ...


class SecretKey:
    """One secret, shared with who signs."""

    def __init__(self, secret: str, algorithm: str) -> None:
        if algorithm != SECRET_ALGORITHM:
            raise ValueError(f"Without JWT_JWKS_URL, JWT_ALGORITHM must be {SECRET_ALGORITHM}.")
        self._secret = secret

    async def find(self, key_id: str | None) -> Key:  # noqa: ARG002 -- there is one key, whatever it is called
        return self._secret


class KeySet:
    """A JSON Web Key Set (RFC 7517), fetched on first use and again for an unknown key id or when it is old.

    It is fetched at most once every `refresh_seconds`, however many tokens ask, and kept when fetching fails:
    an identity provider that is down logs nobody out.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[bytes]],
        algorithm: str,
        *,
        refresh_seconds: float = 30.0,
        max_age_seconds: float = 3600.0,
        clock: Callable[[], float] = time.time,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_change` is called when the set has changed: what a removed key signed no longer holds."""
        if algorithm not in PUBLIC_KEY_ALGORITHMS:
            raise ValueError(f"With JWT_JWKS_URL, JWT_ALGORITHM must be one of {', '.join(PUBLIC_KEY_ALGORITHMS)}.")
        self._fetch = fetch
        self._algorithm = algorithm
        self._refresh_seconds = refresh_seconds
        self._max_age_seconds = max_age_seconds
        self._clock = clock
        self._on_change = on_change
        self._body = b""
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._tried_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, key_id: str | None) -> Key:
        """The key of that id; without an id, the only key there is.

        Raises `InvalidTokenError` for an unknown key, `BackendUnavailableError` when none could ever be fetched.
        """
        key = self._known(key_id)
        age = self._clock() - self._tried_at
        if age >= (self._refresh_seconds if key is None else self._max_age_seconds):
            await self._refresh()
            key = self._known(key_id)
        if key is not None:
            return key
        if not self._keys:
            raise BackendUnavailableError("The keys that sign tokens cannot be fetched.", service="jwks")
        raise InvalidTokenError("it is signed with an unknown key")

    def _known(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    async def _refresh(self) -> None:
        tried_before = self._tried_at
        async with self._lock:
            if self._tried_at != tried_before:  # somebody else fetched while this one waited
                return
            try:
                body = await self._fetch()
                keys = _usable_keys(body, self._algorithm)
            except Exception as error:  # whatever fetching raises, the keys that are known stay good
                structlog.get_logger(__name__).warning("jwks.unavailable", exc_info=error)
                return
            finally:
                self._tried_at = self._clock()
        if body != self._body:
            self._body, self._keys = body, keys
            self._on_change()


def _usable_keys(body: bytes, algorithm: str) -> dict[str | None, jwt.PyJWK]:
    """The signing keys for the algorithm by id; raises `ValueError` when the set has none."""
    keys: dict[str | None, jwt.PyJWK] = {}
    for document in msgspec.json.decode(body, type=_KeySetDocument).keys:
        if document.get("use", "sig") != "sig" or document.get("alg", algorithm) != algorithm:
            continue
        try:
            keys[document.get("kid")] = jwt.PyJWK(document, algorithm=algorithm)
        except PyJWTError:  # a key of another type, or one this library does not know
            continue
    if not keys:
        raise ValueError(f"The key set has no key for {algorithm}.")
    return keys
