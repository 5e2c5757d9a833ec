"""Refusals: the statuses and headers of answers that only say what is wrong."""

import math
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from app.errors import (
    BackendError,
    DeadlineExceededError,
    ForbiddenError,
    GatewayError,
    RequestError,
    ThrottledError,
    UnauthenticatedError,
)
from app.server.negotiation import ResponseFormat

Headers: TypeAlias = Mapping[bytes, bytes]
HeaderList: TypeAlias = Sequence[tuple[bytes, bytes]]

_STATUSES: Final[Mapping[type[GatewayError], int]] = {
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    DeadlineExceededError: 504,
    ThrottledError: 429,
    BackendError: 503,
}


def not_acceptable() -> RequestError:
    """The error of an Accept header that takes nothing of what there is."""
    message = "Answers are application/graphql-response+json or application/json."
    return RequestError(message, status=406, code="NOT_ACCEPTABLE")


def status_of(error: Exception, answered: ResponseFormat) -> int:
    """The status of an answer that only says what is wrong."""
    if isinstance(error, RequestError):
        return 200 if error.is_well_formed and answered is ResponseFormat.JSON else error.status
    return next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), 500)


def headers_of(error: Exception) -> HeaderList:
    """What an answer that only says what is wrong has for headers beside the usual ones."""
    if isinstance(error, UnauthenticatedError):
        return [(b"www-authenticate", b'Bearer error="invalid_token"')]
    if isinstance(error, ThrottledError):
        return [(b"retry-after", b"%d" % max(1, math.ceil(error.retry_after)))]
    if isinstance(error, RequestError):
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in error.headers.items()]
    return []
