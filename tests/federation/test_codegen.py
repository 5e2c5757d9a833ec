"""The schema in the hands of the compilers that frontends use."""

from pathlib import Path

import pytest

from app.cli import main
from tests.node import run


@pytest.fixture
def project(node: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A frontend project with the schema as `gateway schema` prints it."""
    assert main(["schema"]) == 0
    (node / "schema.graphql").write_text(capsys.readouterr().out)
    return node


def test_relay_compiles_connections_on_the_query_and_on_a_node(project: Path) -> None:
    generated = project / "relay" / "generated"
    generated.mkdir()

    run(project, "node_modules/.bin/relay-compiler", "relay.config.json")

    assert sorted(path.name for path in generated.iterdir()) == [
        "pageApproveMutation.graphql.ts",
        "pageContentSubscription.graphql.ts",
        "pageContentsQuery.graphql.ts",
        "pageListingsQuery.graphql.ts",
        "pageQuery.graphql.ts",
        "page_card.graphql.ts",
        "page_contents.graphql.ts",
        "page_listings.graphql.ts",
    ]
    assert "node(id: $id)" in (generated / "pageContentsQuery.graphql.ts").read_text()


def test_the_client_preset_makes_types_that_typescript_accepts(project: Path) -> None:
    run(project, "node_modules/.bin/graphql-codegen", "--config", "codegen.json")
    run(project, "node_modules/.bin/tsc", "--project", "tsconfig.json")
