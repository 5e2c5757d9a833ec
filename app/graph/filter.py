"""Filters and orders: from the inputs of a list field to the query parameters of a backend."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Generic, TypeVar

import strawberry
from pydantic import BaseModel

from app.graph.enum import value
from app.graph.scalars import format_datetime
from app.rest import Query

E = TypeVar("E", bound=Enum)


@strawberry.enum(description="Which way a list is ordered.")
class OrderDirection(Enum):
    ASC = value("asc", "Smallest, or oldest, first.")
    DESC = value("desc", "Largest, or newest, first.")


def filter_query(filter: BaseModel | None, **also: object) -> Query:
    """The set fields of a filter, and those given beside it, as query parameters; None is no condition."""
    fields = {**(filter.model_dump(exclude_none=True) if filter else {}), **also}
    return tuple((name, wire_value(value)) for name, value in fields.items() if value is not None)


def wire_value(value: object) -> str:
    """A value as backends write it in a query: enums by value, lists with commas, moments in UTC."""
    match value:
        case Enum():
            return str(value.value)
        case bool():
            return "true" if value else "false"
        case datetime():
            return format_datetime(value)
        case str() | int() | float() | Decimal():
            return str(value)
        case Iterable():
            return ",".join(wire_value(item) for item in value)
    raise TypeError(f"A {type(value).__name__} cannot be a query parameter.")


@strawberry.input(description="By which field a list is ordered, and which way.")
class Order(Generic[E]):
    field: E = strawberry.field(description="The field that decides.")
    direction: OrderDirection = strawberry.field(description="Which way.", default=OrderDirection.DESC)

    def text(self) -> str:
        """The order as backends write it: a field name, with a leading minus when descending."""
        name = str(self.field.value)
        return f"-{name}" if self.direction is OrderDirection.DESC else name


NEWEST_FIRST = "-created_at"


def order_text(order_by: Order[E] | None, default: str = NEWEST_FIRST) -> str:
    """The order as backends write it."""
    return order_by.text() if order_by else default
