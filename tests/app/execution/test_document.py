"""The cache of documents: what is kept, and how much of it."""

import pytest
from graphql import build_schema

from app.execution import InvalidDocumentError
from app.execution.document import DocumentCache

SCHEMA = build_schema("type Query { a: Int b: Int }")


def test_a_document_is_parsed_once() -> None:
    cache = DocumentCache(SCHEMA)
    assert cache.get("{ a }") is cache.get("{ a }")


def test_the_least_recently_used_leaves_when_there_are_too_many() -> None:
    cache = DocumentCache(SCHEMA, size=2)
    first, second = cache.get("{ a }"), cache.get("{ b }")
    cache.get("{ a }")
    cache.get("{ a b }")

    assert cache.get("{ a }") is first
    assert cache.get("{ b }") is not second


def test_large_documents_do_not_fill_the_memory() -> None:
    cache = DocumentCache(SCHEMA, max_text=100)
    small, large = "{ a }", "{ b }" + " " * 96
    kept = cache.get(small)
    assert cache.get(large) is not cache.get(large)
    assert cache.get(small) is not kept

    assert cache.get(small) is cache.get(small)


@pytest.mark.parametrize(("text", "stage"), [("{", "parse"), ("{ c }", "validate")])
def test_an_invalid_document_is_refused_each_time(text: str, stage: str) -> None:
    cache = DocumentCache(SCHEMA)
    for _ in range(2):
        with pytest.raises(InvalidDocumentError) as refused:
            cache.get(text)
        assert refused.value.stage == stage
