"""Every record fits the type that is a view of it: a field without a resolver of its own has its attribute."""

import types
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
)

from app.graph.node import type_name_of
from app.graph.principal import Principal
from app.rest import Record
from app.schema import SUBGRAPHS, create_schema
from clients.chat import AnswerChunkRecord

SCHEMA = create_schema().graphql_schema
VIEWS = {type_name_of(owned): record for subgraph in SUBGRAPHS for owned, record in subgraph.records.items()}
SCALARS: dict[str, tuple[type, ...]] = {
    "ID": (str,),
    "String": (str,),
    "Int": (int,),
    "Float": (float, int),
    "Boolean": (bool,),
    "DateTime": (datetime,),
    "Decimal": (Decimal,),
    "URL": (str,),
    "EmailAddress": (str,),
    "CurrencyCode": (str,),
    "Date": (date,),
}


def misfits(place: str, type_: GraphQLOutputType, hint: Any) -> list[str]:
    """What is wrong with a record's annotation as the value of a field of that type."""
    is_optional = get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint)
    if isinstance(type_, GraphQLNonNull):
        return [f"{place} is non-null, and {hint}"] if is_optional else misfits(place, type_.of_type, hint)
    if is_optional:
        (hint,) = (choice for choice in get_args(hint) if choice is not type(None))
    if isinstance(type_, GraphQLList):
        inner = misfits(f"{place}[]", type_.of_type, get_args(hint)[0]) if get_origin(hint) is list else None
        return [f"{place} is a list, and {hint}"] if inner is None else inner
    if isinstance(type_, GraphQLObjectType):
        return record_misfits(type_, hint)
    if isinstance(type_, GraphQLEnumType):
        return [] if hint is str else [f"{place} is an enum, and {hint}"]
    assert isinstance(type_, GraphQLScalarType)
    return [] if hint in SCALARS[type_.name] else [f"{place} is {type_}, and {hint}"]


def record_misfits(view: GraphQLObjectType, record: Any) -> list[str]:
    hints = get_type_hints(record)
    found: list[str] = []
    for name, field in view.fields.items():
        attribute = attribute_of(field)
        if attribute is None:
            continue
        if attribute not in hints:
            found.append(f"{view.name}.{name} has no {record.__name__}.{attribute}")
        else:
            found += misfits(f"{view.name}.{name}", field.type, hints[attribute])
    return found


def attribute_of(field: GraphQLField) -> str | None:
    attribute = field.extensions.get("attribute")
    return attribute if isinstance(attribute, str) else None


@pytest.mark.parametrize("view", VIEWS)
def test_a_record_fits_its_view(view: str) -> None:
    named = SCHEMA.type_map[view]
    assert isinstance(named, GraphQLObjectType)
    assert record_misfits(named, VIEWS[view]) == []


def test_a_missing_attribute_is_found() -> None:
    named = SCHEMA.type_map["Listing"]
    assert isinstance(named, GraphQLObjectType)
    assert "Listing.address has no Principal.address" in record_misfits(named, Principal)


def test_the_garbage_collector_has_no_part_in_records_of_backends() -> None:
    module_of = {record: record.__module__.split(".")[0] for record in VIEWS.values()}
    in_lists = [record for record, place in module_of.items() if place == "clients" and record is not AnswerChunkRecord]
    assert len(in_lists) > 20
    assert [record for record in in_lists if not issubclass(record, Record)] == []
