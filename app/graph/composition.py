"""Composition: many subgraphs into one schema, which is a valid Apollo Federation subgraph as well."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from enum import Enum
from itertools import chain
from typing import Annotated, Any, TypeAlias, cast

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
)
from strawberry.annotation import StrawberryAnnotation
from strawberry.federation.schema import FederationAny
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from app.errors import BackendInvalidResponseError, BadUserInputError
from app.graph.arguments import Arguments
from app.graph.context import Info
from app.graph.loader import Key, Loader
from app.graph.node import Node, global_id_view, parse_global_id, type_name_of
from app.graph.payload import GENERAL_CODES, user_error_code_enum, user_errors_of
from app.graph.resolution import read_attribute, read_declared, read_view
from app.graph.roots import Mutation, Query, Subscription
from app.graph.scalars import scalar_map
from app.graph.subgraph import Subgraph
from app.graph.window import MAX_PAGE

GlobalId: TypeAlias = Annotated[strawberry.ID, strawberry.argument(description="As `Node.id` gives it.")]
GlobalIds: TypeAlias = Annotated[
    list[strawberry.ID], strawberry.argument(description="As `Node.id` gives them, at most 100.")
]


MAX_ENTITIES = 1000
"""How many entities may be asked for at once: ten calls of a backend."""


class CompositionError(Exception):
    """The subgraphs do not fit together; says which fields or types and whose they are."""


class ComposedSchema(strawberry.federation.Schema):
    """One schema from the declarations of subgraphs.

    `get_fields` is Strawberry's hook for the fields of a type: here it adds what subgraphs contribute to types,
    their own or those of others. Once the schema is built every field gets the resolver its declaration stands for.
    """

    def __init__(self, subgraphs: Sequence[Subgraph]) -> None:
        self.loaders_by_type: dict[str, type[Loader[str, Any]]] = {}
        for subgraph in subgraphs:
            self.loaders_by_type.update(subgraph.loaders_by_type)
        subgraphs = [*subgraphs, self._node_subgraph()]
        codes = {**GENERAL_CODES}
        for subgraph in subgraphs:
            codes.update(subgraph.user_error_codes)
        self._contributions = _contributions(subgraphs)
        self._contributions["UserError"] = [_code_field(user_error_code_enum(codes))]
        super().__init__(
            query=Query,
            mutation=Mutation if "Mutation" in self._contributions else None,
            subscription=Subscription if "Subscription" in self._contributions else None,
            types=[owned for subgraph in subgraphs for owned in subgraph.types],
            config=StrawberryConfig(
                scalar_map=scalar_map(),
                name_converter=_Names(),
                enable_experimental_incremental_execution=True,  # `@defer` and `@stream` are in the schema
            ),
            federation_version="2.9",
        )
        _drop_null_defaults(self._schema)
        _have_choices_validated(self._schema)
        self._give_resolvers(frozenset(codes))
        _decide_types_by_record(self._schema, subgraphs)
        _blame_backends_for_unknown_values(self._schema)

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """The schema as graphql-core has it."""
        return self._schema

    @property
    def schema_directives_in_use(self) -> list[object]:
        """What the SDL links to: Strawberry looks for directives on the fields of types, not on those contributed."""
        fields = chain.from_iterable(self._contributions.values())
        return [*super().schema_directives_in_use, *chain.from_iterable(field.directives for field in fields)]

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        return [*type_definition.fields, *self._contributions.get(type_definition.name, ())]

    async def entities_resolver(  # type: ignore[override]  # the hook is a plain method; Strawberry awaits either
        self, info: Info, representations: list[FederationAny]
    ) -> list[FederationAny]:
        """Entities for a router above: one call of a backend per type, whatever their number."""
        context = info.context
        if len(representations) > MAX_ENTITIES:
            raise BadUserInputError(f"At most {MAX_ENTITIES} representations.", field=["representations"])
        keys = [self._entity_key(representation) for representation in representations]
        loads = [context.load(loader, key) for loader, key in keys]
        found = await asyncio.gather(*loads, return_exceptions=True)
        return cast(list[FederationAny], found)  # an exception in the list is the error of its own entity

    def _entity_key(self, representation: Any) -> tuple[type[Loader[str, Any]], str]:
        type_name = representation.get("__typename") if isinstance(representation, dict) else None
        loader = self.loaders_by_type.get(str(type_name))
        parsed = parse_global_id(str(representation.get("id"))) if loader else None
        if loader is None or parsed is None or parsed[0] != type_name:
            raise BadUserInputError("A representation needs the __typename of an entity and its id.")
        return loader, parsed[1]

    def _node_subgraph(self) -> Subgraph:
        graph = Subgraph("graph")
        loaders = tuple(self.loaders_by_type.values())

        def key_of(global_id: str) -> Key[str] | None:
            parsed = parse_global_id(global_id)
            loader = self.loaders_by_type.get(parsed[0]) if parsed else None
            return Key(parsed[1], loader=loader) if parsed and loader else None

        @graph.edge(Query, loaders, returns=Node)
        def node(id: GlobalId) -> Key[str] | None:
            """Any object by its global id; null when there is no such object or it is not the caller's."""
            return key_of(id)

        @graph.edge(Query, loaders, returns=Node | None, many=True)
        def nodes(ids: GlobalIds) -> list[Key[str] | None]:
            """Up to 100 objects by their global ids, in that order; null in the place of each that is not there."""
            if len(ids) > MAX_PAGE:
                raise BadUserInputError(f"At most {MAX_PAGE} ids.", field=["ids"])
            return [key_of(id) for id in ids]

        return graph

    def _give_resolvers(self, codes: frozenset[str]) -> None:
        for named in self._schema.type_map.values():
            if isinstance(named, GraphQLObjectType) and not named.name.startswith("__"):
                is_node = any(interface.name == "Node" for interface in named.interfaces)
                for name, built in named.fields.items():
                    if is_node and name in ("id", "databaseId"):
                        _read_id(built, name, named.name)
                    else:
                        self._give_resolver(built, codes)

    def _give_resolver(self, built: GraphQLField, codes: frozenset[str]) -> None:
        declared = built.extensions.get("strawberry-definition")
        if not isinstance(declared, StrawberryField):
            return
        if "declaration" in declared.metadata:
            arguments = Arguments(declared, self.config, self.schema_converter.scalar_registry)
            read_declared(built, declared, arguments, codes)
        elif declared.python_name == "user_errors":
            read_view(built, user_errors_of)
        elif declared.is_basic_field:
            read_attribute(built, declared.python_name)


def _read_id(built: GraphQLField, name: str, type_name: str) -> None:
    if name == "databaseId":
        read_attribute(built, "id")
    else:
        read_view(built, global_id_view(type_name))


class _Names(NameConverter):
    """Names as the field has them: the order by a `ListingOrderField` is a `ListingOrder`."""

    def from_generic(self, generic_type: StrawberryObjectDefinition, types: list[Any]) -> str:
        return super().from_generic(generic_type, types).replace("OrderFieldOrder", "Order")


def _drop_null_defaults(schema: GraphQLSchema) -> None:
    """Make what is left out stay left out.

    Python's `= None` becomes the default `null` in a schema, and then an update cannot tell "leave the phone
    number alone" from "remove it".
    """
    for named in schema.type_map.values():
        inputs: list[GraphQLArgument | GraphQLInputField] = []
        if isinstance(named, GraphQLInputObjectType):
            inputs.extend(named.fields.values())
        elif isinstance(named, GraphQLObjectType):
            inputs.extend(argument for built in named.fields.values() for argument in built.args.values())
        for given in inputs:
            if given.default_value is None:
                given.default_value = Undefined


def _have_choices_validated(schema: GraphQLSchema) -> None:
    """Make a OneOf input one to graphql-core, which refuses a wrong one by name.

    Strawberry would find out when the input is made, in the midst of the execution.
    """
    for named in schema.type_map.values():
        if isinstance(named, GraphQLInputObjectType) and _definition_of(named).is_one_of:
            named.is_one_of = True
            del named.out_type


def _definition_of(named: GraphQLInputObjectType) -> StrawberryObjectDefinition:
    definition: StrawberryObjectDefinition = named.extensions["strawberry-definition"]
    return definition


def _decide_types_by_record(schema: GraphQLSchema, subgraphs: Sequence[Subgraph]) -> None:
    """Tell an object's type by the class of its record.

    So a value that stands where only one type can stand is not asked what it is, and one that could be of several
    is asked once.
    """
    names: dict[type, str] = {}
    for subgraph in subgraphs:
        for owned, record in subgraph.records.items():
            names[owned] = names[record] = type_name_of(owned)

    def resolve_type(value: object, _info: object, _abstract: object) -> str | None:
        return names.get(type(value))

    for named in schema.type_map.values():
        if isinstance(named, GraphQLObjectType):
            named.is_type_of = None
        elif isinstance(named, GraphQLInterfaceType | GraphQLUnionType):
            named.resolve_type = resolve_type


def _blame_backends_for_unknown_values(schema: GraphQLSchema) -> None:
    """Make a value that an enum does not have the error of whoever sent it; its field alone is lost."""

    def strictly(named: GraphQLEnumType) -> Callable[[object], str]:
        coerce = named.coerce_output_value

        def coerce_output_value(value: object) -> str:
            try:
                return coerce(value)
            except GraphQLError as error:
                message = f"A backend sent a value that {named.name} does not have."
                raise BackendInvalidResponseError(message, service=None) from error

        return coerce_output_value

    for named in schema.type_map.values():
        if isinstance(named, GraphQLEnumType) and not named.name.startswith("__"):
            named.coerce_output_value = strictly(named)  # type: ignore[assignment]  # a seam of graphql-core


def _contributions(subgraphs: Sequence[Subgraph]) -> dict[str, list[StrawberryField]]:
    owners: dict[tuple[str, str], list[str]] = {}
    contributions: dict[str, list[StrawberryField]] = {}
    for subgraph in subgraphs:
        for type_name, declared in subgraph.fields:
            owners.setdefault((type_name, declared.python_name), []).append(subgraph.name)
            contributions.setdefault(type_name, []).append(declared)
    clashes = [f"{type_name}.{name} by {', '.join(names)}" for (type_name, name), names in owners.items() if names[1:]]
    owned = Counter(owned.__name__ for subgraph in subgraphs for owned in subgraph.types)
    clashes += [f"type {name}" for name, count in owned.items() if count > 1]
    if clashes:
        raise CompositionError(f"Declared more than once: {'; '.join(clashes)}.")
    return contributions


def _code_field(codes: type[Enum]) -> StrawberryField:
    return StrawberryField(
        python_name="code", type_annotation=StrawberryAnnotation(codes), description="What kind of thing is wrong."
    )
