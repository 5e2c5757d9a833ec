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
)

from app.graph import ComposedSchema, CompositionError, Query, Subgraph
from app.schema import SUBGRAPHS, create_schema

SDL = Path(__file__).parent.parent / "schema.graphql"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return create_schema().graphql_schema


def test_schema_graphql_is_what_the_code_says() -> None:
    assert SDL.read_text() == f"{create_schema().as_str()}\n", "run `make schema`"


def undescribed(schema: GraphQLSchema) -> Iterator[str]:
    for named in schema.type_map.values():
        if "__" in named.name or named.name.startswith("_") or named.name in {"String", "Int", "Float", "Boolean", "ID"}:
            continue
        if not named.description:
            yield named.name
        match named:
            case GraphQLObjectType() | GraphQLInterfaceType():
                for name, field in named.fields.items():
                    if not field.description and not name.startswith("_"):
                        yield f"{named.name}.{name}"
                    yield from (
                        f"{named.name}.{name}({argument})"
                        for argument, given in field.args.items()
                        if not given.description and not name.startswith("_")
                    )
            case GraphQLInputObjectType():
                yield from (f"{named.name}.{name}" for name, field in named.fields.items() if not field.description)
            case GraphQLEnumType():
                yield from (f"{named.name}.{name}" for name, value in named.values.items() if not value.description)


def test_everything_is_described(schema: GraphQLSchema) -> None:
    assert list(undescribed(schema)) == []


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
    assert open_fields == {"login", "register", "refreshToken"}


def test_a_field_declared_twice_is_named_with_its_subgraphs() -> None:
    other = Subgraph("other")

    @other.resolver(Query)
    def viewer() -> str:
        """Somebody else's viewer."""
        return ""

    with pytest.raises(CompositionError, match=r"^Declared more than once: Query\.viewer by account, other\.$"):
        ComposedSchema([*SUBGRAPHS, other])
