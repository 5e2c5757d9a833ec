"""Reporting: the one place that turns errors into GraphQL errors, masking and logging the unexpected."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import structlog
from graphql import ExecutionResult, GraphQLError, GraphQLSyntaxError

from app.errors import (
    BackendError,
    DeadlineExceededError,
    GatewayError,
    ProblemError,
    RateLimitedError,
    forget_frames,
)

Stage: TypeAlias = Literal["parse", "validate", "operation", "execute"]

_CODE_BY_STAGE: dict[Stage, str] = {
    "parse": "GRAPHQL_PARSE_FAILED",
    "validate": "GRAPHQL_VALIDATION_FAILED",
    "operation": "OPERATION_RESOLUTION_FAILURE",
    "execute": "BAD_USER_INPUT",
}
_MASKED_MESSAGE = "Internal server error"


class Reporter:
    """Formats errors for the client, and logs those that the client cannot mend.

    With `debug` a masked error also carries `extensions.debug`, the exception as text.
    """

    def __init__(self, *, debug: bool) -> None:
        self._debug = debug

    def format(
        self, errors: Sequence[GraphQLError], request_id: str, stage: Stage = "execute"
    ) -> list[dict[str, object]]:
        """The `errors` entry of a response. `stage` is where the errors come from.

        A failure that many fields share is logged once.
        """
        logged: set[object] = set()
        return [self._formatted(error, request_id, stage, logged) for error in errors]

    def problem(self, error: Exception, request_id: str) -> list[dict[str, object]]:
        """The `errors` entry of a response to a request for which nothing was executed."""
        return self.format([GraphQLError(str(error), original_error=error)], request_id)

    def _formatted(self, error: GraphQLError, request_id: str, stage: Stage, logged: set[object]) -> dict[str, object]:
        cause = _cause(error)
        extensions: dict[str, object]
        if isinstance(cause, GatewayError):
            message, extensions = error.message, cause.extensions
            _log_backend_failure(cause, error, request_id, logged)
            forget_frames(error)
        elif _is_of_the_caller(error, cause, stage):
            code = _CODE_BY_STAGE["parse" if isinstance(cause, GraphQLSyntaxError) else stage]
            message, extensions = error.message, {"code": code, **(error.extensions or {})}
            forget_frames(error)
        else:
            message, extensions = _MASKED_MESSAGE, {"code": GatewayError.code}
            if self._debug:
                extensions["debug"] = f"{type(cause).__name__}: {cause}"
            _log_unexpected(cause, error, request_id, logged)
        return {**error.formatted, "message": message, "extensions": {**extensions, "requestId": request_id}}


def is_final(result: ExecutionResult) -> bool:
    """Whether the same request would come to the same: all that failed is what the caller has asked for.

    Outages, rate limits and defects pass, and so does the time that was used up.
    """
    causes = [_cause(error) for error in result.errors or ()]
    return all(isinstance(cause, GatewayError) and not _passes(cause) for cause in causes)


def _passes(cause: GatewayError) -> bool:
    if isinstance(cause, ProblemError):
        return cause.status in (408, 425, 429)
    return isinstance(cause, BackendError | RateLimitedError | DeadlineExceededError)


def _cause(error: GraphQLError) -> Exception:
    """The innermost exception: graphql-core wraps what a field raises, itself included."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _is_of_the_caller(error: GraphQLError, cause: Exception, stage: Stage) -> bool:
    """Whether the message is about what the caller wrote, and so may be shown.

    graphql-core gives such errors no path when the whole request is refused (documents, variables), and nodes
    of their own when one field's arguments are. Errors of serialising a value have neither: they may show data.
    """
    if stage != "execute":
        return True
    if error.path is None:
        return cause is error or bool(error.nodes)
    return cause is not error and isinstance(cause, GraphQLError) and bool(cause.nodes)


def _log_backend_failure(cause: GatewayError, error: GraphQLError, request_id: str, logged: set[object]) -> None:
    if not isinstance(cause, BackendError) or isinstance(cause, ProblemError):  # a 4xx answer is no failure
        return
    failure = (cause.service, cause.code)
    if failure not in logged:
        logged.add(failure)
        structlog.get_logger(__name__).warning(
            "backend.failed",
            service=cause.service,
            code=cause.code,
            status=cause.status,
            reason=cause.message,
            path=error.path,
            request_id=request_id,
        )


def _log_unexpected(cause: Exception, error: GraphQLError, request_id: str, logged: set[object]) -> None:
    if id(cause) not in logged:
        logged.add(id(cause))
        structlog.get_logger(__name__).error("error.unexpected", path=error.path, request_id=request_id, exc_info=cause)
