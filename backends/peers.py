"""Calls to the other services, with the service key and on behalf of a user."""

import asyncio
from contextvars import ContextVar
from typing import Final, TypeVar

import httpx
from pydantic import BaseModel, Field, ValidationError

from backends.document import new_id
from backends.problem import FieldError, ProblemError
from backends.settings import BackendSettings

ATTEMPTS: Final = 3
RETRY_SECONDS: Final = 0.1

M = TypeVar("M", bound=BaseModel)

current_request_id: ContextVar[str | None] = ContextVar("current_request_id", default=None)


class PeerUnavailableError(ProblemError):
    """A service did not answer, failed at each attempt, or said what cannot be understood."""

    def __init__(self, service: str) -> None:
        super().__init__(503, f"The {service} service cannot be reached.", headers={"Retry-After": "1"})
        self.service = service


class RefusedField(BaseModel):
    path: list[str]
    message: str
    code: str


class Refusal(BaseModel):
    """What is read of a peer's problem+json."""

    detail: str
    code: str
    errors: list[RefusedField] = Field(default_factory=list)


class Peers:
    """The other services as one of them sees them. Every call may be repeated: writes carry an idempotency key."""

    def __init__(self, settings: BackendSettings, http: httpx.AsyncClient) -> None:
        self._settings = settings
        self._http = http
        self._key = settings.service_key.get_secret_value()

    async def get(self, service: str, path: str, decode: type[M], *, on_behalf_of: str | None = None) -> M:
        return await self.send("GET", service, path, decode, on_behalf_of=on_behalf_of)

    async def send(
        self,
        method: str,
        service: str,
        path: str,
        decode: type[M],
        *,
        body: BaseModel | None = None,
        on_behalf_of: str | None = None,
        idempotency_key: str | None = None,
    ) -> M:
        """The decoded answer; raises ProblemError with the peer's own refusal, or PeerUnavailableError."""
        request = self._http.build_request(
            method,
            f"{self._settings.url_of(service)}{path}",
            content=None if body is None else body.model_dump_json(),
            headers=self._headers(on_behalf_of, idempotency_key),
            timeout=self._settings.peer_timeout,
        )
        answer = await self._answered(service, request)
        try:
            if answer.is_success:
                return decode.model_validate_json(answer.content)
            refusal = Refusal.model_validate_json(answer.content)
        except ValidationError as error:
            raise PeerUnavailableError(service) from error
        errors = [FieldError(error.path, error.message, error.code) for error in refusal.errors]
        raise ProblemError(answer.status_code, refusal.detail, code=refusal.code, errors=errors)

    async def read(self, service: str, path: str, limit: int, *, on_behalf_of: str) -> bytes:
        """The first bytes of a file, at most so many; raises ProblemError when there is none."""
        request = self._http.build_request(
            "GET",
            f"{self._settings.url_of(service)}{path}",
            headers={**self._headers(on_behalf_of, None), "Range": f"bytes=0-{limit - 1}"},
            timeout=self._settings.peer_timeout,
        )
        answer = await self._answered(service, request)
        if not answer.is_success:
            raise ProblemError(answer.status_code, "The file cannot be read.")
        return answer.content

    def _headers(self, on_behalf_of: str | None, idempotency_key: str | None) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "X-Service-Key": self._key,
            "X-Request-ID": current_request_id.get() or new_id("req"),
            "Idempotency-Key": idempotency_key or new_id("key"),
        }
        if on_behalf_of is not None:
            headers["X-On-Behalf-Of"] = on_behalf_of
        return headers

    async def _answered(self, service: str, request: httpx.Request) -> httpx.Response:
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(RETRY_SECONDS * attempt)
            try:
                answer = await self._http.send(request)
            except httpx.RequestError:
                continue
            if not answer.is_server_error:
                return answer
        raise PeerUnavailableError(service)
