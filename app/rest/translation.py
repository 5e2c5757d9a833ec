"""The one place where what a backend did becomes an error of `app.errors`, or the value that was asked for."""

from collections.abc import Hashable
from functools import lru_cache
from types import NoneType
from typing import Any, Final, TypeVar

import msgspec

from app.errors import (
    BackendCircuitOpenError,
    BackendError,
    BackendInvalidResponseError,
    BackendOverloadedError,
    BackendTimeoutError,
    BackendUnavailableError,
    DeadlineExceededError,
    GatewayError,
    ProblemError,
)
from app.rest.answer import (
    Answer,
    BadAnswerError,
    CircuitOpenError,
    CrowdedError,
    NoAnswerError,
    OutOfTimeError,
    TransportError,
)
from app.rest.call import Call
from app.rest.problem import problem_of
from app.rest.retry_after import retry_after

T = TypeVar("T")

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises; the last for JSON nested deeper than any answer is."""


def value(call: Call, answer: Answer, kind: type[T]) -> T:
    """What the answer holds, as the type asked for; raises the error that fits the answer otherwise."""
    check_status(call, answer)
    if kind is NoneType and not answer.body:
        return None  # type: ignore[return-value]  # T is None here
    if not _is_json(answer):
        raise _invalid(call, answer.status, "is not JSON")
    try:
        return _decoder(kind).decode(answer.body)
    except msgspec.ValidationError as error:
        raise _invalid(call, answer.status, f"has the wrong shape: {error}") from error
    except UNREADABLE as error:
        raise _invalid(call, answer.status, "is not complete, well-formed JSON") from error


def check_status(call: Call, answer: Answer) -> None:
    """Raise the error that the status means, unless it is one of success without a content coding."""
    status = answer.status
    if not 200 <= status < 300:
        raise _refusal(call, answer)
    if answer.headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise _invalid(call, status, "has a content coding that was not asked for")


def failure(call: Call, error: TransportError) -> GatewayError:
    """The error for a call that got no usable answer."""
    request_id = call.caller.request_id or None
    if isinstance(error, BadAnswerError):
        return _invalid(call, None, f"is not acceptable: {error.reason}")
    if isinstance(error, NoAnswerError):
        message = f"The {call.service} service cannot be reached ({call}): {error.reason}."
        return BackendUnavailableError(message, service=call.service, request_id=request_id)
    if isinstance(error, CircuitOpenError):
        message = f"The {call.service} service was not asked ({call}): {error.reason}."
        return BackendCircuitOpenError(
            message, service=call.service, retry_after=round(error.retry_after, 1), request_id=request_id
        )
    if isinstance(error, CrowdedError):
        message = f"The {call.service} service was not asked ({call}): {error.reason}."
        return BackendOverloadedError(message, service=call.service, retry_after=1.0, request_id=request_id)
    if isinstance(error, OutOfTimeError) and error.by_deadline:
        message = f"The time for the whole request ran out in the {call.service} service ({call})."
        return DeadlineExceededError(message, service=call.service)
    message = f"The {call.service} service did not answer {call} within {call.timeout:g} s."
    return BackendTimeoutError(message, service=call.service, request_id=request_id)


def _refusal(call: Call, answer: Answer) -> BackendError:
    status = answer.status
    if status < 400 or status > 599:
        return _invalid(call, status, "is a redirect" if 300 <= status < 400 else "has an unknown status")
    wait = retry_after(answer.headers.get(b"retry-after"))
    request_id = call.caller.request_id or None
    if status < 500:
        problem = problem_of(answer.status, answer.body if _is_json(answer) else b"")
        return ProblemError(problem, service=call.service, status=status, retry_after=wait, request_id=request_id)
    kinds = {502: BackendUnavailableError, 503: BackendUnavailableError, 504: BackendTimeoutError}
    return kinds.get(status, BackendError)(
        f"The {call.service} service answered {call} with {status}.",
        service=call.service,
        status=status,
        retry_after=wait,
        request_id=request_id,
    )


def _invalid(call: Call, status: int | None, fault: str) -> BackendInvalidResponseError:
    return BackendInvalidResponseError(
        f"The answer of the {call.service} service to {call} {fault}.",
        service=call.service,
        status=status,
        request_id=call.caller.request_id or None,
    )


def _is_json(answer: Answer) -> bool:
    kind = answer.headers.get(b"content-type", b"")
    if kind == b"application/json":
        return True
    media = kind.partition(b";")[0].strip().lower()
    return media == b"application/json" or (media.startswith(b"application/") and media.endswith(b"+json"))


def _decoder(kind: type[T]) -> "msgspec.json.Decoder[T]":
    decoder: msgspec.json.Decoder[T] = _cached_decoder(kind)  # type: ignore[arg-type]  # types are hashable
    return decoder


@lru_cache(maxsize=1024)
def _cached_decoder(kind: Hashable) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(kind)
