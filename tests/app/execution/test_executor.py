"""The executor: what it keeps, what it counts, and what it refuses."""

from typing import Any

import pytest
from graphql import (
    ExperimentalIncrementalExecutionResults,
    GraphQLDeferDirective,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    build_schema,
    specified_directives,
)
from graphql.execution import Executor as FieldExecutor
from graphql.execution.incremental import IncrementalExecutor

from app.execution import Executor, InvalidDocumentError, Request
from tests.app.execution.running import Book, Library, attribute, run, told


async def test_a_document_is_planned_once_for_each_choice_it_offers() -> None:
    library = Library([Book("A", "ann")])
    executor = Executor(library.schema)
    text = "query($yes: Boolean!){books{title @include(if: $yes) pages @skip(if: $yes)}}"
    prepared = [executor.prepare(Request(text, {"yes": yes})) for yes in (True, False, True)]
    results = [await executor.execute(each, None) for each in prepared]
    assert [result.data for result in results] == [
        {"books": [{"title": "A"}]},
        {"books": [{"pages": 100}]},
        {"books": [{"title": "A"}]},
    ]
    assert executor.plan(prepared[0]) is executor.plan(prepared[2])
    assert executor.plan(prepared[0]) is not executor.plan(prepared[1])


def a_deferring_executor(field_executor: type[FieldExecutor[Any]] = FieldExecutor) -> Executor:
    schema = Library([Book("A", "ann")]).schema
    directives = [*specified_directives, GraphQLDeferDirective]
    return Executor(GraphQLSchema(schema.query_type, directives=directives), field_executor=field_executor)


@pytest.mark.parametrize("condition", ["", "(if: true)", "(if: $yes)", "(if: $no)"])
async def test_what_is_deferred_comes_in_one_piece_with_the_rest(condition: str) -> None:
    executor = a_deferring_executor(IncrementalExecutor)
    document = "query ($yes: Boolean!, $no: Boolean! = false) { ...on Query @include(if: $yes) {__typename} "
    document += f"...on Query @skip(if: $no) {{__typename}} books{{title ... @defer{condition} {{pages}}}}}}"
    result = await executor.execute(executor.prepare(Request(document, {"yes": True})), None)
    assert (result.data, result.errors) == (
        {"__typename": "Query", "books": [{"title": "A", "pages": 100}]},
        None,
    )
    assert (executor.stats.planned, executor.stats.unplanned) == (1, 0)


async def test_what_is_deferred_comes_later_if_asked_so_and_is_counted() -> None:
    executor = a_deferring_executor(IncrementalExecutor)
    prepared = executor.prepare(Request("{books{title ... @defer {pages}}}"))
    results = await executor.execute_incrementally(prepared, None)
    assert isinstance(results, ExperimentalIncrementalExecutionResults)
    assert results.initial_result.data == {"books": [{"title": "A"}]}
    later = [later.formatted async for later in results.subsequent_results]
    assert later == [
        {"hasNext": False, "incremental": [{"data": {"pages": 100}, "id": "0"}], "completed": [{"id": "0"}]},
    ]
    assert (executor.stats.planned, executor.stats.unplanned) == (0, 1)


async def test_variables_that_do_not_suit_are_errors_of_the_request() -> None:
    executor = Executor(Library([]).schema)
    prepared = executor.prepare(Request("query($yes: Boolean!){books @include(if: $yes){title}}", {"yes": "perhaps"}))
    result = await executor.execute(prepared, None)
    message = "Variable '$yes' has invalid value: Boolean cannot represent a non boolean value: 'perhaps'"
    assert result.data is None
    assert told(result) == [(message, None)]
    with pytest.raises(GraphQLError):
        executor.plan(prepared)


def test_an_operation_that_is_not_there_is_refused() -> None:
    executor = Executor(Library([]).schema)
    with pytest.raises(InvalidDocumentError, match=r"operation: The document has no operation named 'b'\."):
        executor.prepare(Request("query a {books{title}}", operation_name="b"))


async def test_types_that_name_their_records_are_not_asked() -> None:
    asked: list[object] = []

    def is_type_of(value: object, _info: object) -> bool:
        asked.append(value)
        return isinstance(value, Book)

    titled = GraphQLInterfaceType("Titled", {"title": GraphQLField(GraphQLString)})
    fields = {"title": attribute(GraphQLString, "title")}
    book = GraphQLObjectType("Book", fields, [titled], is_type_of=is_type_of, extensions={"records": (Book,)})
    things: list[object] = [Book("A", "ann"), Book("B", "bob")]
    listed = GraphQLField(GraphQLList(titled), resolve=lambda *_: things)
    schema = GraphQLSchema(GraphQLObjectType("Query", {"things": listed}), types=[book])
    assert (await run(schema, "{things{__typename title}}")).data == {
        "things": [{"__typename": "Book", "title": "A"}, {"__typename": "Book", "title": "B"}]
    }
    assert asked == []
    things.append("no book")
    result = await run(schema, "{things{title}}")
    assert result.data == {"things": [{"title": "A"}, {"title": "B"}, None]}
    assert [path for _, path in told(result)] == [["things", 2]]
    assert "no book" in asked


SUGGESTING = build_schema(
    "enum Color { RED } input Given { number: Int, color: Color } type Query { field(given: Given): Int }"
)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("{ feild }", None),
        ("{ field(givn: 1) }", None),
        ("{ field(given: {numbr: 1}) }", None),
        ("{ field(given: {color: REED}) }", None),
        ("query ($given: Givn) { field(given: $given) }", None),
        ("query ($given: Given) { field(given: $given) }", {"numbr": 1}),
        ("query ($given: Given) { field(given: $given) }", {"color": "REED"}),
    ],
)
async def test_names_are_suggested_unless_they_are_to_be_hidden(text: str, given: object) -> None:
    async def told(executor: Executor) -> str:
        try:
            result = await executor.execute(executor.prepare(Request(text, {"given": given})), None)
        except InvalidDocumentError as invalid:
            return "".join(error.message for error in invalid.errors)
        return "".join(error.message for error in result.errors or ())

    shown, hidden = await told(Executor(SUGGESTING)), await told(Executor(SUGGESTING, hide_suggestions=True))

    assert "Did you mean" in shown
    assert hidden.startswith(shown.partition(" Did you mean")[0].rstrip("."))
    assert "Did you mean" not in hidden
