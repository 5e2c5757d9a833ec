"""Authentication: from the Authorization header to the principal that its token proves."""

import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

import jwt
from jwt.exceptions import InvalidTokenError

from app.errors import UnauthenticatedError
from app.graph.principal import Principal, Revocations
from app.server.signing import KeySet, SecretKey, SigningKeys
from app.settings import Settings

LEEWAY_SECONDS = 10.0
_REQUIRED_CLAIMS = ["sub", "exp", "iat", "jti", "iss", "aud"]
_MAX_TOKEN_LENGTH = 8192
_CACHED_TOKENS = 8192
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*", re.ASCII)  # b64token, RFC 6750 section 2.1


class Authenticator:
    """Checks bearer tokens: JWTs signed with the one algorithm that the settings name.

    Verified tokens are remembered until they expire, so that a signature is checked once a token and not once
    a request; whether a token was revoked is asked every time.
    """

    def __init__(
        self,
        settings: Settings,
        revocations: Revocations,
        *,
        fetch: Callable[[], Awaitable[bytes]] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`fetch` gets the JSON Web Key Set of `jwt_jwks_url`. Raises `ValueError` for contradictory settings."""
        self._keys: SigningKeys
        if settings.jwt_jwks_url is None:
            self._keys = SecretKey(settings.jwt_secret.get_secret_value(), settings.jwt_algorithm)
        elif fetch is None:
            raise ValueError("JWT_JWKS_URL is set, and nothing was given to fetch it with.")
        else:
            self._keys = KeySet(fetch, settings.jwt_algorithm, clock=clock, on_change=self._forget)
        self._algorithm = settings.jwt_algorithm
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience
        self._revocations = revocations
        self._clock = clock
        self._verified: OrderedDict[str, Principal] = OrderedDict()  # by the header, to be found without reading it

    async def authenticate(self, authorization: str | None) -> Principal | None:
        """Who sends this Authorization header; None without one. Raises `UnauthenticatedError`.

        Raises `BackendUnavailableError` when the token may be good but the keys to tell cannot be had.
        """
        if authorization is None:
            return None
        principal = self._verified.get(authorization)
        if principal is None:
            principal = await self._verify(_bearer_token(authorization))
            self._remember(authorization, principal)
        if self._has_expired(principal):
            self._verified.pop(authorization, None)
            raise UnauthenticatedError("The token has expired.")
        if self._revocations.is_revoked(principal.token_id):
            raise UnauthenticatedError("The token has been revoked.")
        return principal

    def recall(self, authorization: str) -> Principal | None:
        """What `authenticate` would give for an Authorization header that it took before; None if it would not."""
        principal = self._verified.get(authorization)
        if principal is None or self._has_expired(principal) or self._revocations.is_revoked(principal.token_id):
            return None
        return principal

    async def aclose(self) -> None:
        """Forget every token."""
        self._forget()

    def _has_expired(self, principal: Principal) -> bool:
        return principal.expires_at + LEEWAY_SECONDS <= self._clock()

    def _forget(self) -> None:
        self._verified.clear()

    def _remember(self, authorization: str, principal: Principal) -> None:
        self._verified[authorization] = principal
        if len(self._verified) > _CACHED_TOKENS:
            self._verified.popitem(last=False)

    async def _verify(self, token: str) -> Principal:
        try:
            key = await self._keys.find(_key_id(token, self._algorithm))
            claims = jwt.decode(
                token,
                key,
                algorithms=[self._algorithm],
                issuer=self._issuer,
                audience=self._audience,
                options={
                    "require": _REQUIRED_CLAIMS,
                    "verify_exp": False,  # times are checked below, by our own clock
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except InvalidTokenError as error:
            raise UnauthenticatedError(f"The token is not valid: {_reason(error)}.") from error
        except RecursionError as error:  # the header or the claims are nested too deeply to be decoded
            raise UnauthenticatedError("The token is malformed.") from error
        return _principal(token, claims, self._clock())


def issue_token(
    settings: Settings,
    *,
    subject: str,
    roles: Collection[str] = (),
    scopes: Collection[str] | None = None,
    agent_id: str | None = None,
    email: str | None = None,
    lifetime: float | None = None,
    clock: Callable[[], float] = time.time,
) -> str:
    """An access token signed with the settings' secret, for development and tests. `lifetime` is in seconds.

    Scopes are the roles unless given. Raises `ValueError` when tokens are verified by somebody else's keys.
    """
    if settings.jwt_jwks_url is not None:
        raise ValueError("Tokens are signed by whoever owns the keys of JWT_JWKS_URL.")
    now = int(clock())
    claims: dict[str, object] = {
        "iss": settings.jwt_issuer,
        "aud": settings.jwt_audience,
        "sub": subject,
        "iat": now,
        "exp": now + int(settings.jwt_expiration_minutes * 60 if lifetime is None else lifetime),
        "jti": secrets.token_urlsafe(16),
        "roles": list(roles),
        "scope": " ".join(roles if scopes is None else scopes),
    }
    optional = {"agent_id": agent_id, "email": email}
    claims |= {name: value for name, value in optional.items() if value is not None}
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm=settings.jwt_algorithm)


def _bearer_token(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise UnauthenticatedError("The Authorization header must be 'Bearer <token>'.")
    token = token.strip(" ")
    if not token:
        raise UnauthenticatedError("The Authorization header has no token after 'Bearer'.")
    if len(token) > _MAX_TOKEN_LENGTH:
        raise UnauthenticatedError(f"The token is longer than {_MAX_TOKEN_LENGTH} characters.")
    if _TOKEN.fullmatch(token) is None:
        raise UnauthenticatedError("The Authorization header must hold exactly one token.")
    return token


def _key_id(token: str, algorithm: str) -> str | None:
    """The `kid` of the token's header; refuses other algorithms before any key is looked for."""
    header = jwt.get_unverified_header(token)
    if header.get("alg") != algorithm:
        raise InvalidTokenError(f"it must be signed with {algorithm}")
    return header.get("kid")


def _reason(error: InvalidTokenError) -> str:
    reason = str(error).rstrip(".")
    return reason[:1].lower() + reason[1:]


def _principal(token: str, claims: Mapping[str, Any], now: float) -> Principal:
    expires_at, issued_at = _seconds(claims, "exp"), _seconds(claims, "iat")
    begins_at = _seconds(claims, "nbf") if "nbf" in claims else issued_at
    if max(begins_at, issued_at) > now + LEEWAY_SECONDS:
        raise UnauthenticatedError("The token is not valid yet.")
    roles, scope = claims.get("roles", []), claims.get("scope", "")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise UnauthenticatedError("The token's roles must be a list of strings.")
    if not isinstance(scope, str):
        raise UnauthenticatedError("The token's scope must be a string.")
    return Principal(
        subject=claims["sub"],
        token=token,
        token_id=claims["jti"],
        expires_at=expires_at,
        roles=frozenset(roles),
        scopes=frozenset(scope.split()),
        claims=claims,
    )


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims[name]
    if type(value) not in (int, float):
        raise UnauthenticatedError(f"The token's {name} must be a number.")
    return float(value)
