"""Every error the gateway raises on purpose, as one tree.

    GatewayError                         INTERNAL_SERVER_ERROR
    ├── RequestError                     BAD_REQUEST             what the HTTP request itself gets wrong
    ├── BadUserInputError                BAD_USER_INPUT          an argument that cannot be used
    │   └── FileRefusedError             FILE_TOO_LARGE, INVALID_CONTENT_TYPE and so on
    ├── UnauthenticatedError             UNAUTHENTICATED         no token, or one that does not hold
    ├── ForbiddenError                   FORBIDDEN               known, and not allowed
    ├── NotFoundError                    NOT_FOUND               nothing there, or nothing of the caller's
    ├── CursorExpiredError               CURSOR_EXPIRED          the event log no longer reaches back that far
    ├── DeadlineExceededError            REQUEST_TIMEOUT         the time for the whole request is used up
    ├── RateLimitedError                 RATE_LIMIT_EXCEEDED     used too often; says when to come back
    ├── ThrottledError                   THROTTLED               costs more than the caller has left to spend
    └── BackendError                     BACKEND_ERROR           a backend answered 5xx
        ├── BackendUnavailableError      BACKEND_UNAVAILABLE     refused, reset, 502, 503
        │   ├── BackendCircuitOpenError  BACKEND_CIRCUIT_OPEN    not asked: it mostly failed of late
        │   └── BackendOverloadedError   BACKEND_OVERLOADED      not asked: too many calls wait for it
        ├── BackendTimeoutError          BACKEND_TIMEOUT         no answer in time, 504
        ├── BackendInvalidResponseError  BACKEND_INVALID_RESPONSE  not JSON, wrong shape, too large
        └── ProblemError                 the problem's own code  a 4xx answer (RFC 9457)

Two places translate and no third: `app.rest` turns HTTP and decoding failures into backend errors;
`app.server.reporting` turns these into GraphQL errors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar


class GatewayError(Exception):
    """The root of the tree. The message of every error below is meant for the client to read."""

    code: str = "INTERNAL_SERVER_ERROR"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def extensions(self) -> dict[str, object]:
        """What the GraphQL error carries beside its message; always has `code`."""
        return {"code": self.code}


class RequestError(GatewayError):
    """The HTTP request cannot be served: `status` and `headers` are those of the answer.

    `is_well_formed` says that nothing is wrong with its form: then plain `application/json` is answered with 200.
    """

    code = "BAD_REQUEST"

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        is_well_formed: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.is_well_formed = is_well_formed
        self.headers = dict(headers or {})
        if code is not None:
            self.code = code


class BadUserInputError(GatewayError):
    """An argument that cannot be used. `field` is the path to it inside the arguments."""

    code = "BAD_USER_INPUT"

    def __init__(self, message: str, *, field: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.field = tuple(field)


class FileRefusedError(BadUserInputError):
    """A file that cannot be taken; `code` says for which reason."""

    def __init__(self, message: str, *, code: str, field: Sequence[str] = ()) -> None:
        super().__init__(message, field=field)
        self.code = code


class UnauthenticatedError(GatewayError):
    code = "UNAUTHENTICATED"


class ForbiddenError(GatewayError):
    code = "FORBIDDEN"


class NotFoundError(GatewayError):
    code = "NOT_FOUND"


class CursorExpiredError(GatewayError):
    code = "CURSOR_EXPIRED"


class DeadlineExceededError(GatewayError):
    """`service` is the backend that was being asked when the time ran out, if there was one."""

    code = "REQUEST_TIMEOUT"

    def __init__(self, message: str, *, service: str | None = None) -> None:
        super().__init__(message)
        self.service = service

    @property
    def extensions(self) -> dict[str, object]:
        """`code`, and where known `service`."""
        return {"code": self.code} if self.service is None else {"code": self.code, "service": self.service}


class RateLimitedError(GatewayError):
    """Something was used more than `limit` times; `retry_after` is in seconds."""

    code = "RATE_LIMIT_EXCEEDED"

    def __init__(self, message: str, *, limit: int, retry_after: float) -> None:
        super().__init__(message)
        self.limit = limit
        self.retry_after = retry_after

    @property
    def extensions(self) -> dict[str, object]:
        """`code`, `limit`, and `retryAfter` in seconds."""
        return {"code": self.code, "limit": self.limit, "retryAfter": round(self.retry_after, 1)}


class ThrottledError(GatewayError):
    """The operation costs more than its caller has left; `retry_after` is in seconds."""

    code = "THROTTLED"

    def __init__(self, message: str, *, cost: int, status: Mapping[str, object], retry_after: float) -> None:
        super().__init__(message)
        self.cost = cost
        self.status = status
        self.retry_after = retry_after

    @property
    def extensions(self) -> dict[str, object]:
        """`code`, `retryAfter` in seconds, and the `cost` as an answer has it."""
        cost = {"requestedQueryCost": self.cost, "throttleStatus": self.status}
        return {"code": self.code, "retryAfter": round(self.retry_after, 1), "cost": cost}


class BackendError(GatewayError):
    """A backend failed. `service` is its name where it is known, `status` its HTTP status if it answered at all."""

    code = "BACKEND_ERROR"

    def __init__(
        self,
        message: str,
        *,
        service: str | None,
        status: int | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.service = service
        self.status = status
        self.retry_after = retry_after
        self.request_id = request_id

    @property
    def extensions(self) -> dict[str, object]:
        """`code`, and where known `service`, `http.status`, `retryAfter` in seconds, `requestId`."""
        known: dict[str, object] = {"code": self.code}
        if self.service is not None:
            known["service"] = self.service
        if self.status is not None:
            known["http"] = {"status": self.status}
        if self.retry_after is not None:
            known["retryAfter"] = self.retry_after
        if self.request_id is not None:
            known["requestId"] = self.request_id
        return known


class BackendUnavailableError(BackendError):
    code = "BACKEND_UNAVAILABLE"


class BackendCircuitOpenError(BackendUnavailableError):
    code = "BACKEND_CIRCUIT_OPEN"


class BackendOverloadedError(BackendUnavailableError):
    code = "BACKEND_OVERLOADED"


class BackendTimeoutError(BackendError):
    code = "BACKEND_TIMEOUT"


class BackendInvalidResponseError(BackendError):
    code = "BACKEND_INVALID_RESPONSE"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field that a backend refused: where it is in the body sent, and why."""

    path: tuple[str, ...]
    message: str
    code: str = "BAD_USER_INPUT"


@dataclass(frozen=True, slots=True)
class Problem:
    """The parts of an RFC 9457 problem document that the gateway uses."""

    title: str
    detail: str
    code: str
    fields: tuple[FieldProblem, ...] = field(default=())


class ProblemError(BackendError):
    """A backend refused the request with a 4xx answer."""

    codes_by_status: ClassVar[Mapping[int, str]] = {
        400: "BAD_USER_INPUT",
        401: "UNAUTHENTICATED",
        403: "FORBIDDEN",
        404: "NOT_FOUND",
        409: "CONFLICT",
        413: "PAYLOAD_TOO_LARGE",
        422: "BAD_USER_INPUT",
        429: "RATE_LIMITED",
    }

    def __init__(
        self,
        problem: Problem,
        *,
        service: str,
        status: int,
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(
            problem.detail or problem.title,
            service=service,
            status=status,
            retry_after=retry_after,
            request_id=request_id,
        )
        self.problem = problem
        self.code = problem.code or self.codes_by_status.get(status, "BAD_USER_INPUT")


def forget_frames(error: BaseException) -> None:
    """Drop where an expected error, and what it comes from, was raised: the frames hold the request, which holds it.

    Left to the garbage collector, a thousand failed requests make everybody wait for 20 ms.
    """
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        found.__traceback__ = None
        waiting += (found.__cause__, found.__context__, getattr(found, "original_error", None))
        if isinstance(found, BaseExceptionGroup):
            waiting += found.exceptions
