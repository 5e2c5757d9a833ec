"""What clients ask and expect is held against the OpenAPI of the backend, and what has drifted is said by field."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar, Literal

import msgspec
import pytest

from app.rest import Client, CollectionClient, Groups, Page, Query, Service
from app.rest.contract.fit import KnownValues
from app.rest.contract.guard import Report, check
from app.rest.contract.operation import Operation, operations_of
from tests.app.rest.backend import Request, answering, calling

THINGS = Service("things", 0)


class PartRecord(msgspec.Struct, frozen=True):
    weight: float


class ThingRecord(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    price: str
    status: str
    count: int | None = None
    made_at: datetime
    parts: list[PartRecord]


class ThingClient(CollectionClient[ThingRecord]):
    service: ClassVar[Service] = THINGS
    route: ClassVar[str] = "/things"
    record: ClassVar[type[ThingRecord]] = ThingRecord

    async def active(self) -> list[ThingRecord]:
        return (await self.page((("active", "true"),))).items

    async def rename(self, id: str, names: dict[str, str]) -> ThingRecord:
        return await self.write("PATCH", "/things/{id}", ThingRecord, params={"id": id}, body=names)

    async def forget(self, id: str) -> None:
        await self.write("DELETE", "/things/{id}", type(None), params={"id": id})

    async def watch(self, question: str) -> AsyncGenerator[bytes, None]:
        async with self.rest.stream(self.caller, "GET", "/things/watch", (("question", question),)) as chunks:
            async for chunk in chunks:
                yield chunk


def nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def answered(schema: Mapping[str, Any], *query: str) -> dict[str, Any]:
    return {
        "responses": {"200": {"content": {"application/json": {"schema": schema}}}, "422": {}},
        "parameters": [{"in": "query", "name": name} for name in query],
    }


THING = {"$ref": "#/components/schemas/Thing"}
PAGE = {
    "type": "object",
    "required": ["items", "total"],
    "properties": {"items": {"type": "array", "items": THING}, "total": {"type": "integer"}},
}
GROUPS = {
    "type": "object",
    "required": ["groups"],
    "properties": {"groups": {"type": "object", "additionalProperties": PAGE}},
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/things": {"get": answered({"anyOf": [PAGE, GROUPS]}, "ids", "group_by", "active")},
        "/things/{thing_id}": {
            "parameters": [{"in": "path", "name": "thing_id"}],
            "patch": answered(THING),
            "delete": {"responses": {"204": {}}},
        },
        "/things/watch": {"get": {"parameters": [{"$ref": "#/components/parameters/question"}]}},
    },
    "components": {
        "parameters": {"question": {"in": "query", "name": "question"}},
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["id", "price", "status", "made_at", "parts"],
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "price": {"type": "string"},
                    "status": {"$ref": "#/components/schemas/Status"},
                    "count": nullable({"type": "integer"}),
                    "made_at": {"type": "string", "format": "date-time"},
                    "parts": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["weight"],
                            "properties": {"weight": {"type": "number"}},
                        },
                    },
                    "more": {"type": "string"},
                },
            },
            "Status": {"type": "string", "enum": ["new", "old"]},
        },
    },
}


@asynccontextmanager
async def reporting(
    document: Any, operations: list[Operation] | None = None, known: KnownValues | None = None, status: int = 200
) -> AsyncGenerator[Report, None]:
    """The report on a backend that gives this document."""

    async def answer(request: Request) -> None:
        await request.answer(msgspec.json.encode(document), status)

    async with answering(answer) as backend, calling(backend, max_response_bytes=1_000_000) as client:
        (report,) = await check({"things": client}, operations or operations_of([ThingClient]), known or {})
        assert backend.calls == ["GET /openapi.json"]
        yield report


def changed(*path: str, to: Any = None) -> dict[str, Any]:
    """The document with another value in a place; without one, the place is not there."""
    document = deepcopy(DOCUMENT)
    place = document
    for step in path[:-1]:
        place = place[step]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return document


def of_thing(*path: str, to: Any = None) -> dict[str, Any]:
    return changed("components", "schemas", "Thing", *path, to=to)


def test_what_a_client_asks_is_found_by_its_methods() -> None:
    assert operations_of([ThingClient]) == [
        Operation("things", "GET", "/things", Page[ThingRecord], frozenset({"active"})),
        Operation("things", "GET", "/things", Page[ThingRecord], frozenset({"ids"})),
        Operation("things", "GET", "/things", Groups[ThingRecord], frozenset({"group_by"})),
        Operation("things", "GET", "/things", Page[ThingRecord]),
        Operation("things", "GET", "/things/watch", None, frozenset({"question"})),
        Operation("things", "DELETE", "/things/{id}", type(None)),
        Operation("things", "PATCH", "/things/{id}", ThingRecord),
    ]


def test_a_method_that_asks_nothing_is_said_to() -> None:
    class Idle(Client):
        service: ClassVar[Service] = THINGS

        async def nothing(self, query: Query, name: str | None, count: int) -> None:
            pass

    with pytest.raises(TypeError, match=r"Idle\.nothing asks nothing of its backend\."):
        operations_of([Idle])


async def test_what_fits_is_counted() -> None:
    async with reporting(DOCUMENT) as report:
        assert report == Report("things", operations=7)
        assert report.lines == ["things: 7 calls fit"]


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (
            of_thing("properties", "price", to={"type": "number"}),
            "GET /things items.price: number, the record has str (and in 1 more)",
        ),
        (
            of_thing("properties", "price"),
            "GET /things items.price: missing, the record has str (and in 1 more)",
        ),
        (
            of_thing("properties", "count"),
            "GET /things items.count: missing, the record has int or null (and in 1 more)",
        ),
        (
            of_thing("required", to=["id", "status", "made_at", "parts"]),
            "GET /things items.price: can be missing, the record needs str (and in 1 more)",
        ),
        (
            of_thing("properties", "price", to=nullable({"type": "string"})),
            "GET /things items.price: can be null, the record has str (and in 1 more)",
        ),
        (
            of_thing("properties", "price", to={"type": ["string", "null"]}),
            "GET /things items.price: can be null, the record has str (and in 1 more)",
        ),
        (
            of_thing("properties", "price", to={"type": "string", "nullable": True}),
            "GET /things items.price: can be null, the record has str (and in 1 more)",
        ),
        (
            of_thing("properties", "made_at", to={"type": "string"}),
            "GET /things items.made_at: string, the record has datetime (and in 1 more)",
        ),
        (
            of_thing("properties", "count", to={"type": "number"}),
            "GET /things items.count: number, the record has int (and in 1 more)",
        ),
        (
            of_thing("properties", "parts", to=THING),
            "GET /things items.parts: object, the record has list (and in 1 more)",
        ),
        (
            of_thing("properties", "parts", "items", to={"type": "string"}),
            "GET /things items.parts[]: string, the record has PartRecord (and in 1 more)",
        ),
        (
            of_thing("properties", "parts", "items", "properties", "weight", to={"type": "boolean"}),
            "GET /things items.parts[].weight: boolean, the record has float (and in 1 more)",
        ),
        (
            changed("components", "schemas", "Status", "enum", to=["new", "old", "lost"]),
            "GET /things items.status: can be lost, which is not known (and in 1 more)",
        ),
        (changed("paths", "/things/{thing_id}", "patch"), "PATCH /things/{id}: there is no such route"),
        (
            changed("paths", "/things", "get", "parameters", to=answered({}, "ids", "group_by")["parameters"]),
            "GET /things: there is no parameter active",
        ),
        (
            changed("paths", "/things/{thing_id}", "patch", "responses", to={"200": {}}),
            "PATCH /things/{id}: the answer is not described",
        ),
        (
            changed("paths", "/things/{thing_id}", "patch", to=answered({"type": "array"})),
            "PATCH /things/{id}: array, the record has ThingRecord",
        ),
    ],
)
async def test_drift_is_said_by_field(document: dict[str, Any], line: str) -> None:
    known: KnownValues = {(ThingRecord, "status"): {"new", "old"}}
    async with reporting(document, known=known) as report:
        assert report.lines == [f"things {line}"]


class Size(Enum):
    SMALL = "small"


SCHEMAS: dict[str, tuple[dict[str, Any], Any, str | None]] = {
    "a whole number is a number": ({"type": "integer"}, float, None),
    "a decimal may be text": ({"type": "string"}, Decimal, None),
    "a day is no moment": ({"type": "string", "format": "date"}, datetime, "string date, the record has datetime"),
    "a day": ({"type": "string", "format": "date"}, date, None),
    "a moment is text": ({"type": "string", "format": "date-time"}, str, None),
    "text of a kind": ({"type": "string", "format": "uri"}, str, None),
    "values without a type": ({"enum": ["small"]}, str, None),
    "a value of an enum": ({"type": "string", "enum": ["small"]}, Size, None),
    "another value": ({"type": "string", "enum": ["small", "large"]}, Size, "can be large, which is not known"),
    "a constant": ({"type": "string", "const": "large"}, Literal["small"], "can be large, which is not known"),
    "one of two kinds": ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, int | str, None),
    "one kind too many": (
        {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        int,
        "string, the record has int",
    ),
    "a mapping": ({"type": "object", "additionalProperties": {"type": "boolean"}}, dict[str, bool], None),
    "a mapping of something else": (
        {"type": "object", "additionalProperties": {"type": "string"}},
        dict[str, bool],
        "string, the record has bool",
    ),
    "a mapping of which nothing is said": ({"type": "object"}, dict[str, bool], None),
    "no mapping": ({"type": "array"}, dict[str, bool], "array, the record has dict"),
    "nothing that is said": ({}, int, None),
    "anything that is taken": ({"type": "array"}, Any, None),
    "parts of an object": (
        {"allOf": [{"type": "object", "required": ["weight"], "properties": {"weight": {"type": "number"}}}]},
        PartRecord,
        None,
    ),
}


@pytest.mark.parametrize("name", SCHEMAS)
async def test_schemas_fit_types(name: str) -> None:
    schema, kind, wrong = SCHEMAS[name]
    document = {"paths": {"/one": {"get": answered(schema)}}}
    async with reporting(document, [Operation("things", "GET", "/one", kind)]) as report:
        assert [line.rpartition(": ")[2] for line in report.drift] == ([] if wrong is None else [wrong])


NOT_AN_OBJECT = (
    "The answer of the things service to GET /openapi.json has the wrong shape: Expected `object`, got `array`"
)


@pytest.mark.parametrize(
    ("document", "status", "reason"),
    [
        ({}, 404, "Not Found"),
        ({}, 500, "The things service answered GET /openapi.json with 500."),
        ([], 200, NOT_AN_OBJECT),
        ({}, 200, "/openapi.json has no paths."),
        ({"paths": 7}, 200, "/openapi.json has no paths."),
    ],
)
async def test_a_backend_without_a_specification_is_not_checked(document: Any, status: int, reason: str) -> None:
    async with reporting(document, status=status) as report:
        assert report.drift == ()
        assert report.lines[0].removesuffix(".") == f"things: not checked: {reason}".removesuffix(".")


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/components/schemas/Loop"},
        {"type": "object", "properties": 3, "required": 4},
        {"anyOf": 5},
        {"anyOf": [{"$ref": "#/components/schemas/Loop"}, {"$ref": "https://example.com/elsewhere"}]},
    ],
)
async def test_a_specification_of_any_shape_harms_nothing(schema: dict[str, Any]) -> None:
    loop = {"anyOf": [{"$ref": "#/components/schemas/Loop"}]}
    document = {"paths": {"/one": {"get": answered(schema)}}, "components": {"schemas": {"Loop": loop}}}
    async with reporting(document, [Operation("things", "GET", "/one", PartRecord)]) as report:
        assert (report.service, report.operations) == ("things", 1)
