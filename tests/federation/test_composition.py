"""The schema as a subgraph, composed with a second one by both composers."""

import json
from pathlib import Path

import pytest
from graphql import DocumentNode, ObjectTypeDefinitionNode, parse, print_ast

from app.cli import main
from tests.gateway import Gateway
from tests.node import run

COMPOSERS = ["@theguild/federation-composition", "@apollo/composition"]


def composed(node: Path, composer: str, sdl: str) -> DocumentNode:
    """The supergraph of this subgraph and the reviews."""
    (node / "atrium.graphql").write_text(sdl)
    result = json.loads(run(node, "node", "compose.mjs", composer, "atrium.graphql"))
    assert result["errors"] == []
    return parse(result["supergraphSdl"])


def fields(supergraph: DocumentNode, type_name: str) -> dict[str, list[str]]:
    """The fields of a type, with their directives."""
    (defined,) = (
        definition
        for definition in supergraph.definitions
        if isinstance(definition, ObjectTypeDefinitionNode) and definition.name.value == type_name
    )
    return {
        field.name.value: [print_ast(applied) for applied in field.directives or ()] for field in defined.fields or ()
    }


@pytest.mark.parametrize("composer", COMPOSERS)
async def test_what_the_gateway_says_of_itself_composes(node: Path, gateway: Gateway, composer: str) -> None:
    answer = await gateway.query("{ _service { sdl } }", email=None)

    supergraph = composed(node, composer, answer.data["_service"]["sdl"])

    listing = fields(supergraph, "Listing")
    assert listing["address"] == ["@join__field(graph: ATRIUM)"]
    assert listing["reviews"] == ["@join__field(graph: REVIEWS)"]


@pytest.mark.parametrize("composer", COMPOSERS)
def test_what_the_command_prints_composes_and_a_router_learns_who_may_read(
    node: Path, capsys: pytest.CaptureFixture[str], composer: str
) -> None:
    assert main(["schema"]) == 0

    supergraph = composed(node, composer, capsys.readouterr().out)

    query, mutation = fields(supergraph, "Query"), fields(supergraph, "Mutation")
    assert "@authenticated" in query["listings"]
    assert '@requiresScopes(scopes: [["admin"]])' in query["admin"]
    assert mutation["createPost"] == ["@authenticated"]
