"""Payloads: which errors are the user's to mend, and where they point."""

import pytest

from app.errors import (
    BackendTimeoutError,
    BadUserInputError,
    FieldProblem,
    ForbiddenError,
    NotFoundError,
    Problem,
    ProblemError,
)
from app.graph.payload import UserErrorRecord, user_errors

CODES = frozenset({"BAD_USER_INPUT", "NOT_FOUND", "CONFLICT", "EMAIL_TAKEN"})


def problem(code: str, status: int, *fields: FieldProblem) -> ProblemError:
    return ProblemError(Problem("title", "detail", code, fields), service="accounts", status=status)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            problem("BAD_USER_INPUT", 422, FieldProblem(("key_features", "0"), "too long")),
            [UserErrorRecord(["keyFeatures", "0"], "too long", "BAD_USER_INPUT")],
        ),
        (
            problem("EMAIL_TAKEN", 409, FieldProblem(("email",), "taken")),
            [UserErrorRecord(["email"], "taken", "EMAIL_TAKEN")],
        ),
        (problem("EMAIL_TAKEN", 409), [UserErrorRecord([], "detail", "EMAIL_TAKEN")]),
        (problem("SOMETHING_NEW", 409), [UserErrorRecord([], "detail", "CONFLICT")]),
        (problem("SOMETHING_NEW", 418), [UserErrorRecord([], "detail", "BAD_USER_INPUT")]),
        (BadUserInputError("no", field=["id"]), [UserErrorRecord(["id"], "no", "BAD_USER_INPUT")]),
        (NotFoundError("gone"), [UserErrorRecord([], "gone", "NOT_FOUND")]),
    ],
)
def test_what_the_user_can_mend_is_a_user_error(error: Exception, expected: list[UserErrorRecord]) -> None:
    assert user_errors(error, CODES) == expected


@pytest.mark.parametrize(
    "error",
    [
        problem("UNAUTHENTICATED", 401),
        problem("FORBIDDEN", 403),
        problem("RATE_LIMITED", 429),
        ForbiddenError("no"),
        BackendTimeoutError("slow", service="accounts"),
        ValueError("a defect"),
    ],
)
def test_what_the_user_cannot_mend_is_not(error: Exception) -> None:
    assert user_errors(error, CODES) is None
