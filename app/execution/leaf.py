"""Leaves: how the values of scalars and enums are written."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
)
from graphql.execution import Executor as FieldExecutor
from graphql.type import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT

from app.execution.kinds import is_plain


@dataclass(frozen=True, slots=True)
class Exact:
    """A class whose instances are written as they are.

    `test` says in generated code, and `holds` to a whole column, which instances are, when not all of them.
    """

    cls: type
    test: str = ""
    holds: Callable[[list[Any]], bool] | None = None


def _are_32_bit(values: list[int]) -> bool:
    return min(values) >= GRAPHQL_MIN_INT and max(values) <= GRAPHQL_MAX_INT


def _are_finite(values: list[float]) -> bool:
    return all(map(isfinite, values))


_EXACT: Mapping[Any, Exact] = {
    GraphQLString.coerce_output_value: Exact(str),
    GraphQLID.coerce_output_value: Exact(str),
    GraphQLBoolean.coerce_output_value: Exact(bool),
    GraphQLInt.coerce_output_value: Exact(int, f"{GRAPHQL_MIN_INT} <= v <= {GRAPHQL_MAX_INT}", _are_32_bit),
    GraphQLFloat.coerce_output_value: Exact(float, "-inf < v < inf", _are_finite),
}

NAMES_IN_TESTS: Mapping[str, object] = {"inf": inf}
"""What the tests of `Exact` refer to."""


class UnusualError(Exception):
    """Something that generated code leaves to the careful way: null, an error, or to be awaited."""


class Leaf:
    """How one scalar or enum is written."""

    __slots__ = ("exact", "names", "type")

    def __init__(self, leaf_type: GraphQLLeafType) -> None:
        self.type = leaf_type
        self.exact = _EXACT.get(leaf_type.coerce_output_value)
        self.names = _names(leaf_type) if isinstance(leaf_type, GraphQLEnumType) else None

    def write(self, value: Any) -> Any:
        """The value as the response has it; raises what the type says against it."""
        return FieldExecutor.complete_leaf_value(self.type, value)

    def write_plain(self, value: Any) -> Any:
        """The same for generated code, which has not looked at what kind of value it is."""
        if not is_plain(type(value)):
            raise UnusualError
        return FieldExecutor.complete_leaf_value(self.type, value)


def _names(enum: GraphQLEnumType) -> dict[Hashable, str]:
    """The names of an enum by value and by member, so far as these can be looked up."""
    members = getattr(enum, "wrapped_cls", ())
    names: dict[Hashable, str] = {}
    for value in [*(value.value for value in enum.values.values()), *members]:
        if isinstance(value, Hashable) and is_plain(type(value)):
            names[value] = enum.coerce_output_value(value)
    return names
