"""Every refusal as RFC 9457 problem+json."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

CODES_BY_STATUS = {
    400: "BAD_REQUEST",
    401: "UNAUTHENTICATED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "BAD_USER_INPUT",
    429: "RATE_LIMITED",
    500: "INTERNAL_SERVER_ERROR",
    503: "BACKEND_UNAVAILABLE",
    504: "BACKEND_TIMEOUT",
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a body or a query, found by its path."""

    path: Sequence[str]
    message: str
    code: str = "BAD_USER_INPUT"


class ProblemError(Exception):
    """The request is refused: `detail` is for the client to read."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str = "",
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code or CODES_BY_STATUS.get(status, "BAD_REQUEST")
        self.errors = errors
        self.headers = headers or {}

    def response(self, request: Request) -> Response:
        problem: dict[str, object] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "instance": request.url.path,
        }
        if self.errors:
            problem["errors"] = [
                {"path": list(error.path), "message": error.message, "code": error.code} for error in self.errors
            ]
        return Response(
            json.dumps(problem, separators=(",", ":")),
            status_code=self.status,
            headers=dict(self.headers),
            media_type="application/problem+json",
        )


def not_found(kind: str, key: str, code: str = "") -> ProblemError:
    return ProblemError(404, f"There is no {kind} {key}.", code=code)


def bad_input(path: Sequence[str], message: str, code: str = "BAD_USER_INPUT") -> ProblemError:
    """One field that cannot be used."""
    return ProblemError(422, message, errors=[FieldError(path, message, code)])


async def answer_problem(request: Request, error: Exception) -> Response:
    """The exception handler of every service."""
    return as_problem(error).response(request)


def as_problem(error: Exception) -> ProblemError:
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, RequestValidationError):
        return invalid_body(error)
    if isinstance(error, HTTPException):
        return ProblemError(error.status_code, error.detail, headers=error.headers or {})
    return ProblemError(500, "The service failed. The failure is logged under the request's id.")


def invalid_body(error: RequestValidationError) -> ProblemError:
    found = error.errors()
    if any(problem["type"] == "json_invalid" for problem in found):
        return ProblemError(400, "The body is not valid JSON.")
    errors = [
        FieldError(path_within(error.body, problem["loc"][1:]), problem["msg"].removeprefix("Value error, "))
        for problem in found
    ]
    return ProblemError(422, errors[0].message if len(errors) == 1 else "Some fields cannot be used.", errors=errors)


def path_within(body: object, location: Sequence[str | int]) -> list[str]:
    """The path in what was sent: pydantic also names the member of a union that was tried, which is left out."""
    path = []
    for position, part in enumerate(location, start=1):
        if isinstance(body, dict) and part not in body and position < len(location):
            continue
        path.append(str(part))
        body = body.get(part) if isinstance(body, dict) else None
    return path
