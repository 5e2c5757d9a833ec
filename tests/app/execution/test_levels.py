"""Levels: fields that are asked once for all objects that stand in the same place."""

import pytest
from graphql import GraphQLField, GraphQLList, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, GraphQLString

from app.execution import Executor, Request
from tests.app.execution.running import Book, Library, level, run, told

EVERY_LEVEL = "{books{author{name} alike{author{name} alike{author{name} title}}}}"


async def test_a_level_is_asked_once_for_all_its_objects() -> None:
    library = Library([Book("A", "ann"), Book("B", "bob"), Book("C", "ann")])
    result = await run(library.schema, "{books{title author{name}}}")
    assert result.data == {
        "books": [
            {"title": "A", "author": {"name": "ann"}},
            {"title": "B", "author": {"name": "bob"}},
            {"title": "C", "author": {"name": "ann"}},
        ]
    }
    assert library.calls == [["ann", "bob", "ann"]]


async def test_a_failed_value_fails_its_own_object_alone() -> None:
    library = Library([Book("A", "ann"), Book("B", "")])
    result = await run(library.schema, "{books{author{name}}}")
    assert result.data == {"books": [{"author": {"name": "ann"}}, {"author": None}]}
    assert told(result) == [("nobody wrote it", ["books", 1, "author"])]


async def test_a_level_that_raises_fails_each_of_its_objects() -> None:
    library = Library([Book("A", "ann"), None, object()])
    result = await run(library.schema, "{books{author{name}}}")
    assert result.data == {"books": [{"author": None}, None, {"author": None}]}
    message = "'object' object has no attribute 'author'"
    assert told(result) == [(message, ["books", 0, "author"]), (message, ["books", 2, "author"])]


async def test_a_level_with_too_few_values_is_an_error_not_a_shift() -> None:
    schema = GraphQLSchema(
        GraphQLObjectType("Query", {"text": level(GraphQLString, lambda _sources, _info, _arguments: [])})
    )
    result = await run(schema, "{text}")
    assert result.data == {"text": None}
    assert told(result) == [("Expected 1 values for Query.text but got 0.", ["text"])]


async def test_a_level_without_objects_is_not_asked() -> None:
    library = Library([])
    assert (await run(library.schema, "{books{author{name}}}")).data == {"books": []}
    assert library.calls == []


async def test_a_level_is_told_of_its_field() -> None:
    def resolve_level(sources: list[object], info: GraphQLResolveInfo[str], arguments: object) -> list[str]:
        return [f"{info.context} {info.field_name} {info.path.as_list()} {arguments}" for _ in sources]

    item = GraphQLObjectType("Item", {"told": level(GraphQLString, resolve_level)})
    items = GraphQLField(GraphQLList(item), resolve=lambda *_: [1, 2])
    result = await run(GraphQLSchema(GraphQLObjectType("Query", {"items": items})), "{items{told}}", context="ctx")
    assert result.data == {"items": [{"told": "ctx told ['items', 0, 'told'] {}"}] * 2}


@pytest.mark.parametrize("count", [1, 2, 7])
async def test_the_calls_of_an_operation_are_bounded_whatever_the_data(count: int) -> None:
    library = Library([Book(f"{number}", "ann") for number in range(count)])
    executor = Executor(library.schema)
    prepared = executor.prepare(Request(EVERY_LEVEL))
    result = await executor.execute(prepared, None)
    assert result.errors is None
    assert executor.plan(prepared).level_calls == 5
    assert len(library.calls) == 5


def test_a_plan_tells_its_levels() -> None:
    executor = Executor(Library([]).schema)
    plan = executor.plan(executor.prepare(Request("{books{author{name} title}}")))
    assert [(level.depth, level.coordinate, level.kind.value) for level in plan.levels()] == [
        (0, "Query.books", "resolve"),
        (1, "Book.author", "level"),
        (2, "Author.name", "attribute"),
        (1, "Book.title", "attribute"),
    ]
