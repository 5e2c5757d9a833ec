"""Generated code: it reads well, and nothing of a request gets into it."""

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
)

from app.execution import Executor, Request
from tests.app.execution.running import Book, Library, attribute, run, told

BOOKS = """\
def build_Query(objects, column_1):
    return [
        {
            'books': c1,
        }
        for c1 in column_1
    ]


def build_Book(objects, column_1):
    return [
        {
            'title': v if type(v := o.title) is str else write_String_1(v),
            'author': c1,
            '__typename': 'Book',
            'pages': v if type(v := o.pages) is int and -2147483648 <= v <= 2147483647 or v is None else write_Int_2(v),
        }
        for o, c1 in zip(objects, column_1)
    ]


def build_Author(objects):
    return [
        {
            'name': v if type(v := o.name) is str or v is None else write_String_1(v),
        }
        for o in objects
    ]
"""

HOSTILE = [
    "None", "class", "lambda", "import", "type", "str", "zip", "__import__", "__builtins__", "__debug__", "objects",
    "o", "v", "c1", "column_1", "key_1", "write_String_1", "plain", "unusual", "items", "inf",
    "build_Query", "build_Book",
]  # fmt: skip


def test_the_code_of_a_plan_can_be_read() -> None:
    executor = Executor(Library([]).schema)
    plan = executor.plan(executor.prepare(Request("{books{title author{name} __typename pages}}")))
    assert plan.source == BOOKS


@pytest.mark.parametrize("alias", HOSTILE)
async def test_an_alias_is_data(alias: str) -> None:
    library = Library([Book("A", "ann")])
    text = f"{{{alias}: books{{{alias}: title a: author{{{alias}: name}} {alias}x: alike{{{alias}: __typename}}}}}}"
    result = await run(library.schema, text)
    book = {alias: "A", "a": {alias: "ann"}, f"{alias}x": [{alias: "Book"}]}
    assert (result.data, result.errors) == ({alias: [book]}, None)


def test_no_text_of_a_document_is_in_the_code() -> None:
    executor = Executor(_echo())
    text = (
        'query evil($x: String = "evil") {evil1: echo(text: "evil\\"); import os; (\\"") evil2: echo(text: $x) ...evil}'
    )
    prepared = executor.prepare(Request(f'{text} fragment evil on Query {{evil3: echo(text: """evil\n\'\'\'""")}}'))
    assert "evil" not in executor.plan(prepared).source


@pytest.mark.parametrize("value", ['"); import os #', "'''", "\\n\\", "{x}", "%s", "\u2028", "'}]"])
async def test_a_value_is_data(value: str) -> None:
    result = await run(_echo(), "query($value: String){echo(text: $value)}", {"value": value})
    assert (result.data, result.errors) == ({"echo": value}, None)


async def test_an_attribute_of_any_name_is_read() -> None:
    class Odd:
        pass

    odd = Odd()
    vars(odd).update({"class": "a", "two words": "b", "'quoted'": "c"})
    fields = {f"field{number}": attribute(GraphQLString, name) for number, name in enumerate(vars(odd))}
    holder = GraphQLField(GraphQLObjectType("Odd", fields), resolve=lambda *_: odd)
    result = await run(GraphQLSchema(GraphQLObjectType("Query", {"odd": holder})), "{odd{field0 field1 field2}}")
    assert (result.data, result.errors) == ({"odd": {"field0": "a", "field1": "b", "field2": "c"}}, None)


async def test_what_generated_code_does_not_take_is_done_with_care() -> None:
    library = Library([Book("A", "ann"), Book(None, "bob"), Book("C", "cem", pages=2**40)])
    result = await run(library.schema, "{books{title pages author{name}}}")
    assert result.data == {
        "books": [
            {"title": "A", "pages": 100, "author": {"name": "ann"}},
            None,
            {"title": "C", "pages": None, "author": {"name": "cem"}},
        ]
    }
    assert told(result) == [
        ("Cannot return null for non-nullable field Book.title.", ["books", 1, "title"]),
        ("Int cannot represent non 32-bit signed integer value: 1099511627776", ["books", 2, "pages"]),
    ]
    assert library.calls == [["ann", "bob", "cem"]]


async def test_nested_attributes_are_one_expression() -> None:
    class Price:
        def __init__(self, amount: object, parts: object = None) -> None:
            self.amount = amount
            self.parts = parts

    price = GraphQLObjectType(
        "Price",
        lambda: {"amount": attribute(GraphQLInt, "amount"), "parts": attribute(GraphQLList(price), "parts")},
    )
    holder = GraphQLObjectType("Thing", {"price": attribute(price, "price")})

    class Thing:
        def __init__(self, price: object) -> None:
            self.price = price

    things = [Thing(Price(1, [Price(2), Price(3)])), Thing(None), Thing(Price("x", [None]))]
    listed = GraphQLField(GraphQLList(holder), resolve=lambda *_: things)
    schema = GraphQLSchema(GraphQLObjectType("Query", {"things": listed}))
    text = "{things{price{amount parts{amount}}}}"
    result = await run(schema, text)
    assert result.data == {
        "things": [
            {"price": {"amount": 1, "parts": [{"amount": 2}, {"amount": 3}]}},
            {"price": None},
            {"price": {"amount": None, "parts": [None]}},
        ]
    }
    assert told(result) == [("Int cannot represent non-integer value: 'x'", ["things", 2, "price", "amount"])]
    executor = Executor(schema)
    assert "for o4 in items(l4)" in executor.plan(executor.prepare(Request(text))).source


def _echo() -> GraphQLSchema:
    echo = GraphQLField(
        GraphQLString, {"text": GraphQLArgument(GraphQLString)}, resolve=lambda _source, _info, text=None: text
    )
    return GraphQLSchema(GraphQLObjectType("Query", {"echo": echo}))
