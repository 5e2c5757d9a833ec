"""Who calls: a user by a bearer token, or another service by the service key."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import jwt
from fastapi import Depends
from starlette.requests import Request

from backends.document import now
from backends.problem import ProblemError
from backends.settings import BackendSettings

ALGORITHM = "HS256"
TOKENS_REMEMBERED = 1024
REQUIRED_CLAIMS = ["exp", "iat", "iss", "aud", "sub", "jti"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request is made by. `user_id` is None for a service that speaks for nobody."""

    user_id: str | None = None
    is_service: bool = False
    is_admin: bool = False
    agent_id: str | None = None
    token_id: str = ""
    token_expires_at: int = 0
    session_id: str = ""

    @property
    def sees_only(self) -> str | None:
        """The owner whose rows alone are shown, or None where all are."""
        return None if self.is_admin else self.user_id

    def may_see(self, owner_id: str) -> bool:
        return self.sees_only is None or self.sees_only == owner_id

    @property
    def identity(self) -> str:
        return self.user_id or "service"

    def require_user(self) -> str:
        if self.user_id is None:
            raise ProblemError(403, "This is for users, or for services on behalf of one.")
        return self.user_id

    def require_service(self) -> None:
        if not self.is_service:
            raise ProblemError(403, "This is for services only.")


ANONYMOUS = Caller(user_id="anonymous")


def caller_of(request: Request) -> Caller:
    """The caller that the route has authenticated."""
    caller: Caller = request.state.caller
    return caller


async def authenticated_caller(request: Request) -> Caller:
    return caller_of(request)


AuthenticatedCaller = Annotated[Caller, Depends(authenticated_caller)]


class Tokens:
    """Signs access tokens and checks them; the algorithm is pinned."""

    def __init__(self, settings: BackendSettings) -> None:
        self._secret = settings.jwt_secret.get_secret_value()
        self._service_key = settings.service_key.get_secret_value()
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience
        self._lifetime = timedelta(minutes=settings.jwt_expiration_minutes)
        self._verified: dict[str, Caller] = {}

    def issue(self, claims: dict[str, Any]) -> tuple[str, int]:
        """A signed token with these claims and the usual ones, and the seconds it lives."""
        issued = now()
        registered = {
            "iss": self._issuer,
            "aud": self._audience,
            "iat": issued,
            "exp": issued + self._lifetime,
            "jti": secrets.token_hex(16),
        }
        token = jwt.encode(claims | registered, self._secret, algorithm=ALGORITHM)
        return token, int(self._lifetime.total_seconds())

    def authenticate(self, request: Request, is_revoked: Callable[[str], bool]) -> Caller:
        """The caller of this request; raises 401 when nothing it carries holds."""
        key = request.headers.get("x-service-key")
        if key is not None:
            return self._service(key, request.headers.get("x-on-behalf-of"))
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated("A bearer token is needed.")
        caller = self._remembered(token.strip())
        if is_revoked(caller.token_id):
            raise unauthenticated("The token is revoked.")
        return caller

    def _service(self, key: str, user_id: str | None) -> Caller:
        if not secrets.compare_digest(key.encode(), self._service_key.encode()):
            raise unauthenticated("The service key is wrong.")
        return Caller(user_id=user_id or None, is_service=True)

    def _remembered(self, token: str) -> Caller:
        """The caller of a token. Checking a signature costs more than a read, so it is done once a token."""
        caller = self._verified.get(token)
        if caller is None or caller.token_expires_at <= time.time():
            caller = self._user(token)
            if len(self._verified) >= TOKENS_REMEMBERED:
                self._verified.clear()
            self._verified[token] = caller
        return caller

    def _user(self, token: str) -> Caller:
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                options={"require": REQUIRED_CLAIMS},
            )
        except jwt.ExpiredSignatureError as error:
            raise unauthenticated("The token has expired.") from error
        except jwt.InvalidTokenError as error:
            raise unauthenticated("The token is not valid.") from error
        roles = claims.get("roles")
        return Caller(
            user_id=claims["sub"],
            is_admin=isinstance(roles, list) and "admin" in roles,
            agent_id=claims.get("agent_id"),
            token_id=claims["jti"],
            token_expires_at=claims["exp"],
            session_id=claims.get("sid", ""),
        )


def unauthenticated(detail: str) -> ProblemError:
    return ProblemError(401, detail, headers={"WWW-Authenticate": "Bearer"})
