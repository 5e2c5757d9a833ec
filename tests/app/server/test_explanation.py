"""Explanation: the calls of an operation, known before it runs, and never exceeded when it does."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.cli import main
from app.execution import Request
from app.main import create_executor
from app.schema import create_schema
from app.server.explanation import Explanation, explain
from app.settings import Settings
from tests.gateway import Gateway

EXECUTOR = create_executor(Settings(), create_schema())


def explained(document: str, variables: dict[str, object] | None = None) -> Explanation:
    return explain(EXECUTOR.plan(EXECUTOR.prepare(Request(document, variables))), variables or {})


def test_each_level_is_one_call_however_many_objects_it_has() -> None:
    explanation = explained("{ listings(first: 50) { nodes { contents(first: 2) { nodes { task { id } } } } } }")

    assert (
        explanation.as_text()
        == """listings  (Query.listings, level, at most 1 object)
    1 call  listings  GET /listings?limit=&offset=
listings.nodes.contents  (Listing.contents, level, at most 50 objects)
    1 call  content  GET /content?group_by=listing_id&listing_id=
listings.nodes.contents.nodes.task  (Content.task, level, at most 100 objects)
    1 call  agents  GET /tasks?ids=
At most 3 backend calls."""
    )


@pytest.mark.parametrize(
    ("document", "variables", "most_calls"),
    [
        ("{ __typename }", None, 0),
        ("{ viewer { roles } }", None, 0),
        ("{ listings(first: 100) { nodes { contents(first: 2) { nodes { task { id } } } } } }", None, 4),
        ("query ($n: Int) { listings(first: $n) { nodes { agent { id } } } }", {"n": 3}, 2),
        ("query ($n: Int) { listings(first: $n) { nodes { contents { nodes { task { id } } } } } }", {"n": 100}, 22),
        ("{ a: listing(id: 1) { id } b: listing(id: 2) { id } }", None, 2),
        ("mutation { logout(input: {}) { isLoggedOut } }", None, 1),
    ],
)
def test_the_bound_comes_from_the_shape(document: str, variables: dict[str, object] | None, most_calls: int) -> None:
    assert explained(document, variables).most_calls == most_calls


EDGES = {
    "Listing": ["agent { %s }", "contents(first: 3) { nodes { %s } }", "tasks(last: 2) { edges { node { %s } } }"],
    "Content": ["listing { %s }", "task { %s }", "agent { %s }"],
    "Task": ["listing { %s }", "contents { %s }"],
    "Agent": ["listings(first: 4) { nodes { %s } }", "socialAccounts(first: 2) { nodes { %s } }"],
    "SocialAccount": ["agent { %s }"],
}
LEADS_TO = {"agent": "Agent", "contents": "Content", "tasks": "Task", "listing": "Listing", "task": "Task"} | {
    "listings": "Listing",
    "socialAccounts": "SocialAccount",
}


def selection(type_name: str, depth: int) -> st.SearchStrategy[str]:
    """Some edges of a type, each with some of its own, to a depth."""
    if depth == 0:
        return st.just("id")

    def expand(edge: str) -> st.SearchStrategy[str]:
        inner = selection(LEADS_TO[edge.split("(")[0].split(" ")[0]], depth - 1)
        return inner.map(lambda text: edge.replace("%s", text))

    edges = st.lists(st.sampled_from(EDGES[type_name]), max_size=2, unique=True)
    return edges.flatmap(lambda chosen: st.tuples(*map(expand, chosen))).map(lambda parts: " ".join(["id", *parts]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(inner=selection("Listing", 3), first=st.integers(1, 12))
async def test_no_execution_exceeds_its_bound(gateway: Gateway, inner: str, first: int) -> None:
    answer = await gateway.query(f"{{ listings(first: {first}) {{ nodes {{ {inner} }} }} }}", explained=True)

    assert answer.data
    assert 1 <= len(answer.calls) <= answer.most_calls


def test_the_command_prints_the_calls_and_the_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "query.graphql"
    file.write_text("{ viewer { agent { name } } }")

    assert main(["explain", str(file), "--source"]) == 0

    printed = capsys.readouterr().out
    assert "    1 call  accounts  GET /agents?ids=\nAt most 1 backend call.\n" in printed
    assert "def build_Agent(objects):" in printed


def test_the_command_says_what_is_wrong_with_a_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "query.graphql"
    file.write_text("{ nonsense }")

    assert main(["explain", str(file)]) == 2

    assert "gateway: Cannot query field 'nonsense' on type 'Query'." in capsys.readouterr().err


def test_the_command_keeps_the_limits_of_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "query.graphql"
    file.write_text("{ viewer { " + "roles " * 1000 + "} }")

    assert main(["explain", str(file)]) == 2

    assert "gateway: A document may have at most 10000 pairs of fields" in capsys.readouterr().err
