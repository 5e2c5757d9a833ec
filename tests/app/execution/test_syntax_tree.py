"""Documents that are let go leave nothing to the garbage collector, least of all those that are refused."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from graphql import (
    ExecutionResult,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    print_ast,
)

from app.execution import Executor, InvalidDocumentError, Request, dismantled_if_refused, syntax_tree

TEXT = "query Q($a: Int = 1) { a: b(c: [1, {d: $a}]) @e { ...F } } fragment F on T { g }"


EXECUTOR = Executor(build_schema("type Query { a(b: Int): String }"))
REFUSED = {
    "unknown fields": "{" + " nope" * 2000 + " }",
    "arguments": "{ a(" + "b: 1 " * 2000 + ") }",
    "unused variables": "query (" + "".join(f"$v{n}: Int " for n in range(2000)) + ") { a }",
    "unknown variables": "{" + "".join(f" a{n}: a(b: $v{n})" for n in range(2000)) + " }",
    "fragments": "{ ...F0 }" + "".join(f" fragment F{n} on Query {{ nope ...F{n + 1} }}" for n in range(20)),
    "a document without an end": "{" + " a" * 2000,
}


@contextmanager
def nothing_left() -> Iterator[None]:
    """Holds the block to less garbage than the visitors of a document: its tree alone is thousands of objects."""
    gc.collect()
    gc.disable()
    try:
        yield
        assert gc.collect() < 2000
    finally:
        gc.enable()


def test_a_tree_is_let_go_at_once() -> None:
    with nothing_left():
        syntax_tree("{" + " a" * 10_000 + " }")


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_document_that_is_refused_is_let_go_at_once(text: str) -> None:
    def refuse() -> None:
        with pytest.raises(InvalidDocumentError) as refused:
            EXECUTOR.prepare(Request(text))
        del refused

    refuse()
    with nothing_left():
        refuse()


def test_a_tree_that_is_refused_is_taken_apart_and_no_other() -> None:
    tree, kept = syntax_tree(TEXT), syntax_tree(TEXT)
    assert tree.loc is not None
    first = tree.loc.start_token

    with pytest.raises(ValueError, match="refused"), dismantled_if_refused(tree):
        raise ValueError("refused")
    with dismantled_if_refused(kept):
        pass

    assert (vars(tree), first.next) == ({}, None)
    assert kept == syntax_tree(TEXT)


def test_nothing_is_looked_up_by_the_value_of_a_whole_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> int:
        raise AssertionError("this takes the time of the whole document")

    for kind in (OperationDefinitionNode, FragmentDefinitionNode, SelectionSetNode):
        monkeypatch.setattr(kind, "__hash__", fail)

    EXECUTOR.prepare(Request("query ($b: Int) { ...F } fragment F on Query { a(b: $b) }"))


def test_variables_that_are_refused_are_let_go_at_once() -> None:
    prepared = EXECUTOR.prepare(Request("query ($b: Int!) { a(b: $b) }", {"b": "one"}))
    with nothing_left():
        for _ in range(100):
            EXECUTOR.bound_plan(prepared)


async def test_a_document_that_was_executed_is_let_go_with_its_plan() -> None:
    with nothing_left():
        for number in range(1200):  # more than are kept
            prepared = EXECUTOR.prepare(Request(f"# {number}\n{{ a t: __typename }}"))
            assert await EXECUTOR.execute(prepared, None) == ExecutionResult({"a": None, "t": "Query"}, None)


def test_a_tree_has_its_locations() -> None:
    tree = syntax_tree(TEXT)

    assert print_ast(tree).split() == print_ast(syntax_tree(print_ast(tree))).split()
    assert tree.definitions[1].loc is not None
    assert tree.definitions[1].loc.start == TEXT.index("fragment")
