"""Bounds: for how many objects each field of a plan is executed at most, before it runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from graphql import GraphQLList, GraphQLOutputType, IntValueNode, VariableNode, get_nullable_type

from app.errors import RequestError
from app.execution import Field, Kind, Plan, Selection
from app.graph.declaration import EdgeDeclaration
from app.graph.edge import MAX_KEYS
from app.graph.window import DEFAULT_PAGE, MAX_PAGE

MAX_PLANNED: Final = 20_000
"""Fields of a plan, in which an object of an abstract type counts with each type that it can be."""

_ABOUT_THE_SCHEMA: Final = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class Bound:
    """A field, where it stands, for how many objects it is executed at most, and how many it brings for each."""

    path: str
    field: Field
    objects: int
    brings: int


def bounds(plan: Plan, variables: Mapping[str, object]) -> Iterator[Bound]:
    """The fields of a plan that are more than attributes, outermost first.

    A variable that is not given counts with the most it could be, one that is null as if it were left out. Raises
    `RequestError` when the plan grows beyond all measure: types within abstract types multiply.
    """
    return _Walk(variables).selection(plan.root, "", 1, None)


@dataclass(slots=True)
class _Walk:
    variables: Mapping[str, object]
    planned: int = 0

    def selection(self, selection: Selection, path: str, objects: int, page: int | None) -> Iterator[Bound]:
        """`page` is how many items a list has that stands in the selection, if the selection is of a connection."""
        self.planned += len(selection.fields)
        if self.planned > MAX_PLANNED:
            raise RequestError("The operation asks for too many kinds of objects.", code="MAX_FIELDS_LIMIT")
        for field in selection.fields:
            if field.name in _ABOUT_THE_SCHEMA:
                continue
            here = f"{path}.{field.key}" if path else field.key
            window = window_of(field, self.variables)
            if field.kind in (Kind.LEVEL, Kind.RESOLVE):
                yield Bound(here, field, objects, _brings(field, window))
            below = objects * _items(field, window, page)
            for inner in field.position.selections():
                yield from self.selection(inner, here, below, window)


def window_of(field: Field, variables: Mapping[str, object]) -> int | None:
    """How many items a connection shows; None when the field is no connection."""
    edge = field.definition.extensions.get("edge")
    if not isinstance(edge, EdgeDeclaration) or not edge.is_connection:
        return None
    for argument in field.nodes[0].arguments or ():
        if argument.name.value in ("first", "last"):
            match argument.value:
                case IntValueNode(value=digits):
                    return _page(int(digits))
                case VariableNode(name=name) if isinstance(size := variables.get(name.value, MAX_PAGE), int):
                    return _page(size)
    return DEFAULT_PAGE


def _page(size: int) -> int:
    return max(0, min(size, MAX_PAGE))


def _brings(field: Field, window: int | None) -> int:
    """How many objects a field brings for each object that it is executed for; no scalars."""
    if window is not None:
        return window
    if not any(True for _ in field.position.selections()):
        return 0
    return MAX_KEYS if _is_list(field.definition.type) else 1


def _items(field: Field, window: int | None, page: int | None) -> int:
    """How many objects come of each object at most."""
    if window is not None or not _is_list(field.definition.type):
        return 1
    return page if page is not None else MAX_KEYS


def _is_list(type_: GraphQLOutputType) -> bool:
    return isinstance(get_nullable_type(type_), GraphQLList)
