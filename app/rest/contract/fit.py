"""Whether what a schema allows can be decoded as the type that a client expects, and what is wrong where it cannot."""

import types
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Literal, NamedTuple, TypeAlias, Union, get_args, get_origin

import msgspec

from app.rest.contract.openapi import OpenAPI, Schema

KnownValues: TypeAlias = Mapping[tuple[type, str], Collection[str]]
"""Which values of a record's field the graph knows, where it does not know all."""

SCALARS: Final[Mapping[Any, Collection[str]]] = {
    str: ("string",),
    bool: ("boolean",),
    int: ("integer",),
    float: ("number", "integer"),
    Decimal: ("string", "number", "integer"),
    datetime: ("string date-time",),
    date: ("string date",),
}
FORMATS: Final = ("date-time", "date")
ANYTHING: Final = (Any, object)


class Misfit(NamedTuple):
    """What is wrong with one place of an answer. `field` is the record's, where it is known that far."""

    place: str
    text: str
    field: tuple[Any, str] | None = None


class Fit:
    """Compares the schemas of one document with types."""

    def __init__(self, openapi: OpenAPI, known_values: KnownValues) -> None:
        self._openapi = openapi
        self._known_values = known_values

    def misfits(self, place: str, schema: Any, kind: Any, known: Collection[str] | None = None) -> Iterator[Misfit]:
        """What a schema allows and the type does not. `known` are the values that are, of a text."""
        found = self._openapi.alternatives(schema)
        choices = [choice for choice in found if choice.get("type") != "null"]
        kinds = _members(kind)
        if len(choices) < len(found) and type(None) not in kinds and kind not in ANYTHING:
            yield Misfit(place, f"can be null, the record has {_named(kind)}")
        expected = [member for member in kinds if member is not type(None)]
        if choices and expected and not any(choice == {} for choice in choices):
            yield from self._of_members(place, choices, expected, known)

    def _of_members(
        self, place: str, choices: list[Schema], kinds: list[Any], known: Collection[str] | None
    ) -> Iterator[Misfit]:
        """Of shapes that a query chooses between, one has to fit; of plain values, each."""
        if any(_is_record(kind) for kind in kinds):
            choices = [max(choices, key=lambda choice: self._likeness(choice, kinds))]
        for choice in choices:
            attempts = [list(self._of_one(place, choice, kind, known)) for kind in kinds]
            yield from min(attempts, key=len)

    def _likeness(self, schema: Schema, kinds: list[Any]) -> int:
        """How many fields a shape shares with one of the records."""
        properties, _ = self._openapi.fields(schema)
        records = [msgspec.structs.fields(kind) for kind in kinds if _is_record(kind)]
        return max(len({field.encode_name for field in fields} & set(properties)) for fields in records)

    def _of_one(self, place: str, schema: Schema, kind: Any, known: Collection[str] | None) -> Iterator[Misfit]:
        origin, given = get_origin(kind), _type_of(schema)
        if kind in ANYTHING or given is None:
            return
        if _is_record(kind):
            yield from self._of_record(place, schema, kind)
        elif origin is list or kind is list:
            yield from self._of_items(place, schema, kind, known)
        elif origin is dict or kind is dict:
            yield from self._of_values(place, schema, kind)
        else:
            yield from self._of_scalar(place, schema, kind, known)

    def _of_record(self, place: str, schema: Schema, record: Any) -> Iterator[Misfit]:
        if _type_of(schema) != "object":
            yield _differs(place, schema, record)
            return
        properties, required = self._openapi.fields(schema)
        for field in msgspec.structs.fields(record):
            inner = f"{place}.{field.encode_name}" if place else field.encode_name
            is_needed = field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT
            if field.encode_name not in properties:
                yield Misfit(inner, f"missing, the record has {_named(field.type)}", (record, field.name))
                continue
            if is_needed and field.encode_name not in required:
                yield Misfit(inner, f"can be missing, the record needs {_named(field.type)}", (record, field.name))
            known = self._known_values.get((get_origin(record) or record, field.name))
            for misfit in self.misfits(inner, properties[field.encode_name], field.type, known):
                yield misfit if misfit.field else misfit._replace(field=(record, field.name))

    def _of_items(self, place: str, schema: Schema, kind: Any, known: Collection[str] | None) -> Iterator[Misfit]:
        if _type_of(schema) != "array":
            yield _differs(place, schema, kind)
        elif arguments := get_args(kind):
            is_page = place.endswith("items") or not place
            yield from self.misfits(place if is_page else f"{place}[]", schema.get("items", {}), arguments[0], known)

    def _of_values(self, place: str, schema: Schema, kind: Any) -> Iterator[Misfit]:
        if _type_of(schema) != "object":
            yield _differs(place, schema, kind)
        elif arguments := get_args(kind):
            values = schema.get("additionalProperties")
            yield from self.misfits(f"{place}.*", values if isinstance(values, Mapping) else {}, arguments[1])

    def _of_scalar(self, place: str, schema: Schema, kind: Any, known: Collection[str] | None) -> Iterator[Misfit]:
        values = _values_of(kind)
        wanted = SCALARS.get(str if values is not None else kind, ())
        given = _type_of(schema)
        if wanted and given not in wanted and not (kind is str and str(given).startswith("string")):
            yield _differs(place, schema, kind)
            return
        allowed = values if values is not None else known
        said = schema.get("enum", [schema["const"]] if "const" in schema else [])
        if allowed is not None and (unknown := [value for value in said if value not in allowed]):
            yield Misfit(place, f"can be {', '.join(map(str, unknown))}, which is not known")


def _members(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def _values_of(kind: Any) -> Collection[str] | None:
    """The values that a type allows, where it lists them."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [member.value for member in kind]
    return None


def _is_record(kind: Any) -> bool:
    origin = get_origin(kind) or kind
    return isinstance(origin, type) and issubclass(origin, msgspec.Struct)


def _type_of(schema: Schema) -> str | None:
    kind = schema.get("type")
    if kind is None:
        return "object" if "properties" in schema or "allOf" in schema else "string" if "enum" in schema else None
    return f"{kind} {schema['format']}" if schema.get("format") in FORMATS else str(kind)


def _differs(place: str, schema: Schema, kind: Any) -> Misfit:
    return Misfit(place, f"{_type_of(schema)}, the record has {_named(kind)}")


def _named(kind: Any) -> str:
    if len(members := _members(kind)) > 1:
        return " or ".join(_named(member) for member in members)
    return "null" if kind is type(None) else str(getattr(kind, "__name__", kind))
