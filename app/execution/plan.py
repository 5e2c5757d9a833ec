"""Plans: what executing an operation comes to, as nouns. Parts are planned when a level first needs them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_nullable_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetails

if TYPE_CHECKING:
    from app.execution.position import Position
    from app.execution.selection import Selection


class Kind(Enum):
    """How the values of a field are come by."""

    TYPENAME = "typename"
    ATTRIBUTE = "attribute"
    """An attribute of the source."""
    VIEW = "view"
    """A pure function of the source."""
    LEVEL = "level"
    """One call for all sources of a level."""
    RESOLVE = "resolve"
    """A call for each source."""


@dataclass(frozen=True, eq=False)
class Field:
    """One field of a selection: an entry of the response of every object that has the selection."""

    key: str
    """The response key. It is the client's text: never written into generated code."""
    rank: int
    kind: Kind
    parent_type: GraphQLObjectType
    definition: GraphQLField
    details: list[FieldDetails]
    plan_position: "Callable[[Field], Position]"

    @cached_property
    def position(self) -> "Position":
        """How the values of the field are completed."""
        return self.plan_position(self)

    @cached_property
    def nodes(self) -> list[FieldNode]:
        return [details.node for details in self.details]

    @property
    def name(self) -> str:
        return self.details[0].node.name.value

    @property
    def coordinate(self) -> str:
        """The schema coordinate, as `Type.field`."""
        return f"{self.parent_type.name}.{self.name}"

    @property
    def key_in_schema(self) -> str | None:
        """The response key if it is a name of the schema, so that it may be written into generated code."""
        return self.name if self.key == self.name else None


@dataclass(frozen=True, slots=True)
class Level:
    """One field of a plan, executed once for all objects that stand in the same place of the response."""

    depth: int
    coordinate: str
    kind: Kind
    extensions: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Plan:
    """What executing one operation comes to, for one choice of the variables that `@skip` and `@include` ask for."""

    operation: OperationDefinitionNode
    root: "Selection"

    def levels(self) -> Iterator[Level]:
        """The fields of the plan, each before those below it.

        It is as long as the response shape is wide: an object of an abstract type counts with each type it can be.
        """
        return _levels(self.root, 0)

    @cached_property
    def is_immediate(self) -> bool:
        """Whether there is nothing to wait for: all that is asked for are leaves that are made on the spot."""
        return all(
            (field.kind is Kind.TYPENAME or field.definition.extensions.get("is_immediate", False))
            and is_leaf_type(get_nullable_type(field.definition.type))
            for field in self.root.fields
        )

    @property
    def level_calls(self) -> int:
        """How many calls of level resolvers an execution makes at most, whatever the size of the data."""
        return sum(level.kind is Kind.LEVEL for level in self.levels())

    @property
    def source(self) -> str:
        """The generated code of the whole plan."""
        return "\n\n".join(selection.source for selection in _selections(self.root))


def _levels(selection: "Selection", depth: int) -> Iterator[Level]:
    for field in selection.fields:
        yield Level(depth, field.coordinate, field.kind, field.definition.extensions)
        for below in field.position.selections():
            yield from _levels(below, depth + 1)


def _selections(selection: "Selection") -> Iterator["Selection"]:
    yield selection
    for field in selection.column_fields:
        for below in field.position.selections():
            yield from _selections(below)
