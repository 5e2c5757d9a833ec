"""The schema: committed as the code has it, described throughout, and a valid federation subgraph."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    is_specified_scalar_type,
)

from app.graph import ComposedSchema, CompositionError, Query, Subgraph
from app.graph.declaration import EdgeDeclaration
from app.schema import SUBGRAPHS, create_schema
from clients import CLIENTS

SDL = Path(__file__).parent.parent / "schema.graphql"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return create_schema().graphql_schema


def test_schema_graphql_is_what_the_code_says() -> None:
    assert SDL.read_text() == f"{create_schema().as_str()}\n", "run `make schema`"


def parts(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """Everything a schema shows, by its coordinate, with its description; what federation brings is its own."""
    for named in schema.type_map.values():
        if "__" in named.name or named.name.startswith("_") or is_specified_scalar_type(named):
            continue
        yield named.name, named.description
        match named:
            case GraphQLObjectType() | GraphQLInterfaceType():
                yield from field_parts(named)
            case GraphQLInputObjectType():
                yield from ((f"{named.name}.{name}", field.description) for name, field in named.fields.items())
            case GraphQLEnumType():
                yield from ((f"{named.name}.{name}", value.description) for name, value in named.values.items())


def field_parts(named: GraphQLObjectType | GraphQLInterfaceType) -> Iterator[tuple[str, str | None]]:
    for name, field in named.fields.items():
        if not name.startswith("_"):
            yield f"{named.name}.{name}", field.description
            yield from ((f"{named.name}.{name}({arg})", given.description) for arg, given in field.args.items())


def test_everything_is_described(schema: GraphQLSchema) -> None:
    assert [coordinate for coordinate, description in parts(schema) if not description] == []


def test_every_edge_knows_the_calls_it_makes(schema: GraphQLSchema) -> None:
    services = {client.service.name for client in CLIENTS}
    for named in schema.type_map.values():
        if isinstance(named, GraphQLObjectType):
            for name, field in named.fields.items():
                edge = field.extensions.get("edge")
                for loader in edge.loaders if isinstance(edge, EdgeDeclaration) else ():
                    assert loader.backend_call().service in services, f"{named.name}.{name}"


def test_fields_of_another_backend_are_nullable(schema: GraphQLSchema) -> None:
    required = [
        f"{named.name}.{name}"
        for named in schema.type_map.values()
        if isinstance(named, GraphQLObjectType)
        for name, field in named.fields.items()
        if "edge" in field.extensions and isinstance(field.type, GraphQLNonNull)
    ]
    assert required == []


def test_mutations_take_one_input_and_answer_with_a_payload(schema: GraphQLSchema) -> None:
    mutation = schema.mutation_type
    assert mutation is not None
    for name, field in mutation.fields.items():
        pascal = name[0].upper() + name[1:]
        assert str(field.type) == f"{pascal}Payload!", name
        assert [f"{argument}: {given.type}" for argument, given in field.args.items()] in (
            [f"input: {pascal}Input!"],
            [],
        ), name
        payload = schema.type_map[f"{pascal}Payload"]
        assert isinstance(payload, GraphQLObjectType)
        assert str(payload.fields["userErrors"].type) == "[UserError!]!", name


def test_everything_needs_a_token_but_the_ways_to_get_one(schema: GraphQLSchema) -> None:
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    open_fields = {
        name
        for root in roots
        if root is not None
        for name, field in root.fields.items()
        if not name.startswith("_")
        and (declared := field.extensions["strawberry-definition"])
        and declared.metadata["access"].is_open
    }
    assert open_fields == {"adminLogin", "login", "register", "refreshToken"}


def test_a_field_declared_twice_is_named_with_its_subgraphs() -> None:
    other = Subgraph("other")

    @other.resolver(Query)
    def viewer() -> str:
        """Somebody else's viewer."""
        return ""

    with pytest.raises(CompositionError, match=r"^Declared more than once: Query\.viewer by account, other\.$"):
        ComposedSchema([*SUBGRAPHS, other])
