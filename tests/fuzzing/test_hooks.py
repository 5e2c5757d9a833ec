"""What schemathesis is told to hold answers to."""

from typing import Any

import pytest

from tests.fuzzing.hooks import faults


def answer(*codes: str, **extensions: Any) -> dict[str, Any]:
    return {
        "data": None,
        "errors": [{"message": "Failed.", "extensions": {"code": code, **extensions}} for code in codes],
    }


@pytest.mark.parametrize("codes", [[], ["NOT_FOUND"], ["BAD_USER_INPUT", "FORBIDDEN"], ["MAX_COST_LIMIT"]])
def test_what_is_wrong_with_the_request_is_no_fault(codes: list[str]) -> None:
    assert faults(answer(*codes)) == []


@pytest.mark.parametrize(
    "told",
    [
        answer("NOT_FOUND", "INTERNAL_SERVER_ERROR"),
        answer("REQUEST_TIMEOUT"),
        answer("BACKEND_INVALID_RESPONSE"),
        answer("BACKEND_ERROR", "NOT_FOUND"),
        answer("NOT_FOUND", debug="KeyError: 1"),
    ],
)
def test_a_fault_of_the_gateway_or_of_a_backend_is_one(told: dict[str, Any]) -> None:
    assert len(faults(told)) == 1
