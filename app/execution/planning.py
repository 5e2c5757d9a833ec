"""Planning: from a validated operation to its plan, with graphql-core's own collection of fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from graphql import (
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetails,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues

from app.execution.leaf import Leaf
from app.execution.plan import Field, Kind, Plan
from app.execution.position import AbstractPosition, LeafPosition, ListPosition, ObjectPosition, Position
from app.execution.selection import Selection

Select: TypeAlias = Callable[[GraphQLObjectType], Selection]
"""Plans what is selected of objects of a type that stand in some position."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans one operation of a document.

    `variable_values` decide `@skip` and `@include`. `trusts_extensions` is whether a field's extensions say how its
    values are come by; otherwise every field is resolved object by object.
    """

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDetails]
    variable_values: VariableValues
    hide_suggestions: bool = False
    trusts_extensions: bool = True

    def plan(self, root_type: GraphQLObjectType) -> Plan:
        """The plan of the operation, of which `root_type` is the type of the one object that it starts from."""
        return Plan(self.operation, Selection(root_type, partial(self._root_fields, root_type)))

    def _root_fields(self, root_type: GraphQLObjectType) -> tuple[Field, ...]:
        collected = collect_fields(
            self.schema,
            dict(self.fragments),
            self.variable_values,
            root_type,
            self.operation,
            self.hide_suggestions,
        )
        return self._fields(root_type, collected)

    def _select(self, details: list[FieldDetails], repeats: bool, object_type: GraphQLObjectType) -> Selection:
        def plan_fields() -> tuple[Field, ...]:
            collected = collect_subfields(
                self.schema,
                dict(self.fragments),
                self.variable_values,
                self.operation,
                object_type,
                details,
                self.hide_suggestions,
            )
            return self._fields(object_type, collected)

        return Selection(object_type, plan_fields, repeats=repeats)

    def _fields(self, object_type: GraphQLObjectType, collected: CollectedFields) -> tuple[Field, ...]:
        fields: list[Field] = []
        for key, details in collected.grouped_field_set.items():
            definition = self.schema.get_field(object_type, details[0].node.name.value)
            if definition is not None:
                kind = self._kind(details[0].node.name.value, definition)
                fields.append(Field(key, len(fields), kind, object_type, definition, details, self._field_position))
        return tuple(fields)

    def _kind(self, name: str, definition: GraphQLField) -> Kind:
        if not self.trusts_extensions:
            return Kind.RESOLVE
        if name == "__typename":
            return Kind.TYPENAME
        for kind in (Kind.ATTRIBUTE, Kind.VIEW, Kind.LEVEL):
            if kind.value in definition.extensions:
                return kind
        return Kind.RESOLVE

    def _field_position(self, field: Field) -> Position:
        repeats = field.kind is Kind.LEVEL and not is_list_type(get_nullable_type(field.definition.type))
        return self._position(field.definition.type, partial(self._select, field.details, repeats))

    def _position(self, of_type: GraphQLOutputType, select: Select) -> Position:
        is_nullable = not is_non_null_type(of_type)
        if isinstance(of_type, GraphQLNonNull):
            of_type = of_type.of_type
        if is_list_type(of_type):
            return ListPosition(self._position(of_type.of_type, select), is_nullable=is_nullable)
        if is_leaf_type(of_type):
            return LeafPosition(Leaf(of_type), is_nullable=is_nullable)
        if is_abstract_type(of_type):
            possible = self.schema.get_possible_types(of_type)
            return AbstractPosition(of_type, possible, select, is_nullable=is_nullable)
        assert isinstance(of_type, GraphQLObjectType)
        return ObjectPosition(select(of_type), is_nullable=is_nullable)
