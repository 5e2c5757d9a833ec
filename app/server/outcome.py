"""Outcomes: what came of an operation, and the answer that it makes."""

from typing import TypeAlias

import msgspec
from graphql import ExecutionResult

from app.execution import InvalidDocumentError
from app.server.negotiation import ResponseFormat
from app.server.received import Answer, Received
from app.server.refusal import HeaderList, headers_of, status_of
from app.server.reporting import Reporter

Payload: TypeAlias = dict[str, object]

_encode = msgspec.json.Encoder().encode


class Outcome(msgspec.Struct):
    """What came of an operation, now or before.

    `body` is the answer once it was encoded; with errors there is none to share, as each of those who wait has its own
    request id in it. `status` is that of an answer which was given before and has both.
    """

    operation: str
    result: ExecutionResult
    body: bytes | None = None
    status: int | None = None
    headers: HeaderList = ()


class Answers:
    """Makes answers. `unprocessable` is the status of what is well-formed and cannot be executed."""

    def __init__(self, reporter: Reporter, unprocessable: int = 422) -> None:
        self._reporter = reporter
        self._unprocessable = unprocessable

    def of(self, outcome: Outcome, request: Received, accepted: ResponseFormat) -> Answer:
        """The answer to an operation that could be executed."""
        request.operation = outcome.operation
        result = outcome.result
        if outcome.status is not None and outcome.body is not None:
            return Answer(_status(outcome.status, accepted), accepted, outcome.body, outcome.headers)
        if not result.errors:
            if outcome.body is None:
                outcome.body = _encode(_payload(result))
            return Answer(200, accepted, outcome.body, outcome.headers)
        payload: Payload = {"errors": self._reporter.format(result.errors, request.request_id)}
        status = self._unprocessable if _never_ran(result) else 294
        if status == 294:
            payload |= _payload(result)
        return Answer(_status(status, accepted), accepted, _encode(payload), outcome.headers)

    def refusal(self, error: Exception, request: Received, accepted: ResponseFormat | None) -> Answer:
        """The answer to a request for which nothing was executed."""
        media_type = accepted or ResponseFormat.JSON
        if not isinstance(error, InvalidDocumentError):
            body = _encode({"errors": self._reporter.problem(error, request.request_id)})
            status = status_of(error, media_type)
            return Answer(self._unprocessable if status == 422 else status, media_type, body, headers_of(error))
        status = 400 if error.stage == "parse" else self._unprocessable
        body = _encode({"errors": self._reporter.format(error.errors, request.request_id, error.stage)})
        return Answer(_status(status, media_type), media_type, body)


def _status(status: int, accepted: ResponseFormat) -> int:
    return status if accepted is ResponseFormat.GRAPHQL_RESPONSE else 200


def _payload(result: ExecutionResult) -> Payload:
    return {"data": result.data} if not result.extensions else {"data": result.data, "extensions": result.extensions}


def _never_ran(result: ExecutionResult) -> bool:
    """Whether the errors are of the request (section 7.1.2 of GraphQL): then there is no `data`, not even null."""
    return result.data is None and all(error.path is None for error in result.errors or ())
