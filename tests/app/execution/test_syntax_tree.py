"""Syntax trees that are let go leave nothing to the garbage collector."""

import gc

from graphql import print_ast

from app.execution import syntax_tree

TEXT = "query Q($a: Int = 1) { a: b(c: [1, {d: $a}]) @e { ...F } } fragment F on T { g }"


def test_a_tree_is_let_go_at_once() -> None:
    gc.collect()
    gc.disable()
    try:
        syntax_tree("{" + " a" * 10_000 + " }")
        assert gc.collect() < 100
    finally:
        gc.enable()


def test_a_tree_has_its_locations() -> None:
    tree = syntax_tree(TEXT)

    assert print_ast(tree).split() == print_ast(syntax_tree(print_ast(tree))).split()
    assert tree.definitions[1].loc is not None
    assert tree.definitions[1].loc.start == TEXT.index("fragment")
