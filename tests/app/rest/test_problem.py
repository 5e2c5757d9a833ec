"""What a 4xx answer says is wrong, in the shapes that are about."""

import json

import pytest

from app.errors import FieldProblem, Problem
from app.rest.problem import MAX_FIELDS, problem_of

CODE = "BAD_USER_INPUT"

SHAPES: dict[str, tuple[object, tuple[FieldProblem, ...]]] = {
    "paths": (
        {"errors": [{"path": ["price", "amount"], "message": "too low", "code": "TOO_LOW"}]},
        (FieldProblem(("price", "amount"), "too low", "TOO_LOW"),),
    ),
    "RFC 9457 pointers": (
        {
            "errors": [
                {"detail": "must be positive", "pointer": "#/price/amount"},
                {"detail": "no", "pointer": "/tags/2"},
            ]
        },
        (FieldProblem(("price", "amount"), "must be positive", CODE), FieldProblem(("tags", "2"), "no", CODE)),
    ),
    "escaped pointers": (
        {"errors": [{"detail": "no", "pointer": "#/a~1b/m~0n/caf%C3%A9"}]},
        (FieldProblem(("a/b", "m~n", "café"), "no", CODE),),
    ),
    "a pointer to the whole": ({"errors": [{"detail": "no", "pointer": "#"}]}, (FieldProblem((), "no", CODE),)),
    "dotted fields": (
        {"errors": [{"field": "items[2].name", "detail": "too long"}, {"field": "city", "message": "unknown"}]},
        (FieldProblem(("items", "2", "name"), "too long", CODE), FieldProblem(("city",), "unknown", CODE)),
    ),
    "parameters": (
        {"errors": [{"parameter": "limit", "reason": "too high"}]},
        (FieldProblem(("limit",), "too high", CODE),),
    ),
    "JSON:API": (
        {"errors": [{"title": "Too short", "source": {"pointer": "/data/attributes/name"}, "code": "SHORT"}]},
        (FieldProblem(("data", "attributes", "name"), "Too short", "SHORT"),),
    ),
    "FastAPI": (
        {
            "detail": [
                {"type": "greater_than", "loc": ["body", "price", "amount"], "msg": "should be greater", "input": 0},
                {"type": "missing", "loc": ["body", "tags", 2], "msg": "Field required"},
                {"type": "int_parsing", "loc": ["query", "limit"], "msg": "no integer"},
                {"type": "missing", "loc": ["header", "idempotency-key"], "msg": "Field required"},
                {"type": "missing", "loc": ["body"], "msg": "Field required"},
            ]
        },
        (
            FieldProblem(("price", "amount"), "should be greater", CODE),
            FieldProblem(("tags", "2"), "Field required", CODE),
            FieldProblem(("limit",), "no integer", CODE),
            FieldProblem((), "Field required", CODE),
            FieldProblem((), "Field required", CODE),
        ),
    ),
    "a mapping": (
        {"errors": {"name": ["is too short", "is taken"], "address.city": "is unknown"}},
        (
            FieldProblem(("name",), "is too short", CODE),
            FieldProblem(("name",), "is taken", CODE),
            FieldProblem(("address", "city"), "is unknown", CODE),
        ),
    ),
    "entries that say nothing": (
        {"errors": [7, None, {}, {"path": 3, "message": []}, {"loc": "x"}]},
        (FieldProblem((), "The value cannot be used.", CODE),) * 3,
    ),
    "no entries": ({"errors": 7, "detail": {"a": 1}}, ()),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_fields_are_found(shape: str) -> None:
    document, fields = SHAPES[shape]
    assert problem_of(422, json.dumps(document).encode()).fields == fields


def test_what_fits_is_kept_beside_what_does_not() -> None:
    body = b'{"title": 7, "detail": "No more.", "code": "FULL", "errors": "?"}'
    assert problem_of(409, body) == Problem(title="Conflict", detail="No more.", code="FULL")


def test_a_message_stands_in_for_the_detail() -> None:
    assert problem_of(400, b'{"message": "Not like that."}').detail == "Not like that."


def test_the_number_of_fields_is_bounded() -> None:
    body = json.dumps({"errors": [{"field": "x", "detail": "no"}] * 10_000}).encode()
    assert len(problem_of(422, body).fields) == MAX_FIELDS


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b"{" * 10_000, b'{"detail":' + b"[" * 100_000])
def test_anything_else_is_told_by_its_status(body: bytes) -> None:
    assert problem_of(418, body) == Problem(title="I'm a Teapot", detail="", code="")
