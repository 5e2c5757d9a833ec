"""What clients are told of errors, and what only the log is."""

from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLField,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    graphql_sync,
)
from structlog.typing import EventDict

from app.errors import (
    BackendTimeoutError,
    BackendUnavailableError,
    CursorExpiredError,
    ForbiddenError,
    GatewayError,
    Problem,
    ProblemError,
)
from app.server.reporting import Reporter

REPORTER = Reporter(debug=False)


@pytest.fixture
def logged() -> Iterator[list[EventDict]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def run(query: str, *, raising: Exception | None = None) -> list[GraphQLError]:
    """The errors of a query on a schema whose `field` raises and whose `number` is not a number."""

    def resolve(*_: Any, **_arguments: Any) -> str:
        assert raising is not None
        raise raising

    schema = GraphQLSchema(
        GraphQLObjectType(
            "Query",
            {
                "field": GraphQLField(GraphQLString, resolve=resolve),
                "number": GraphQLField(GraphQLInt, resolve=lambda *_: "a secret"),
                "surely": GraphQLField(GraphQLNonNull(GraphQLString), resolve=lambda *_: None),
            },
        )
    )
    result: ExecutionResult = graphql_sync(schema, query)
    assert result.errors
    return result.errors


def located(message: str, extensions: dict[str, object], *path: str) -> dict[str, object]:
    return {
        "message": message,
        "locations": [{"line": 1, "column": 3}],
        "path": list(path),
        "extensions": {**extensions, "requestId": "r1"},
    }


@pytest.mark.parametrize(
    ("error", "extensions"),
    [
        (ForbiddenError("No."), {"code": "FORBIDDEN"}),
        (CursorExpiredError("No."), {"code": "CURSOR_EXPIRED"}),
        (GatewayError("No."), {"code": "INTERNAL_SERVER_ERROR"}),
        (
            ProblemError(Problem("Conflict", "No.", "EMAIL_TAKEN"), service="accounts", status=409),
            {"code": "EMAIL_TAKEN", "service": "accounts", "http": {"status": 409}},
        ),
    ],
)
def test_our_own_errors_are_told_as_they_are_and_not_logged(
    logged: list[EventDict], error: GatewayError, extensions: dict[str, object]
) -> None:
    assert REPORTER.format(run("{ field }", raising=error), "r1") == [located("No.", extensions, "field")]
    assert logged == []


def test_a_failing_backend_is_logged_as_a_warning(logged: list[EventDict]) -> None:
    error = BackendUnavailableError("listings is not available.", service="listings", status=503, retry_after=2.0)
    assert REPORTER.format(run("{ field }", raising=error), "r1") == [
        located(
            "listings is not available.",
            {"code": "BACKEND_UNAVAILABLE", "service": "listings", "http": {"status": 503}, "retryAfter": 2.0},
            "field",
        )
    ]
    assert logged == [
        {
            "event": "backend.failed",
            "log_level": "warning",
            "service": "listings",
            "code": "BACKEND_UNAVAILABLE",
            "status": 503,
            "reason": "listings is not available.",
            "path": ["field"],
            "request_id": "r1",
        }
    ]


def test_a_failure_that_many_fields_share_is_logged_once(logged: list[EventDict]) -> None:
    error = BackendTimeoutError("listings did not answer in time.", service="listings")
    assert len(REPORTER.format(run("{ a: field b: field c: field }", raising=error), "r1")) == 3
    assert len(logged) == 1


def test_an_unexpected_error_is_masked_and_logged_with_its_traceback(logged: list[EventDict]) -> None:
    error = KeyError("password")
    assert REPORTER.format(run("{ field }", raising=error), "r1") == [
        located("Internal server error", {"code": "INTERNAL_SERVER_ERROR"}, "field")
    ]
    assert logged == [
        {
            "event": "error.unexpected",
            "log_level": "error",
            "path": ["field"],
            "request_id": "r1",
            "exc_info": error,
        }
    ]
    assert error.__traceback__ is not None


def test_for_developers_the_masked_error_names_the_exception() -> None:
    (error,) = Reporter(debug=True).format(run("{ field }", raising=KeyError("password")), "r1")
    assert error["message"] == "Internal server error"
    assert error["extensions"] == {
        "code": "INTERNAL_SERVER_ERROR",
        "debug": "KeyError: 'password'",
        "requestId": "r1",
    }


@pytest.mark.parametrize("query", ["{ number }", "{ surely }"])
def test_a_value_that_breaks_the_schema_is_masked(logged: list[EventDict], query: str) -> None:
    (error,) = REPORTER.format(run(query), "r1")
    assert error["message"] == "Internal server error"
    assert [line["log_level"] for line in logged] == ["error"]


def test_a_bare_graphql_error_raised_by_a_field_is_masked() -> None:
    (error,) = REPORTER.format(run("{ field }", raising=GraphQLError("SELECT * FROM users")), "r1")
    assert error["message"] == "Internal server error"


def test_a_source_stream_that_breaks_is_masked_and_one_that_expires_is_not() -> None:
    broken, expired = RuntimeError("socket 7"), CursorExpiredError("Start again.")
    errors = [GraphQLError(str(cause), original_error=cause) for cause in (broken, expired)]
    assert REPORTER.format(errors, "r1") == [
        {
            "message": "Internal server error",
            "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": "r1"},
        },
        {"message": "Start again.", "extensions": {"code": "CURSOR_EXPIRED", "requestId": "r1"}},
    ]


def test_a_refused_request_is_shaped_like_a_graphql_answer() -> None:
    assert REPORTER.problem(ForbiddenError("No."), "r1") == [
        {"message": "No.", "extensions": {"code": "FORBIDDEN", "requestId": "r1"}}
    ]
