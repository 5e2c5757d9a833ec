"""Small schemas for the tests of execution, and one call to run a document."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLString,
)

from app.execution import Executor, Request


@dataclass(frozen=True)
class Author:
    name: str


@dataclass(frozen=True)
class Book:
    title: str | None
    author: str
    pages: int = 100


class Library:
    """A schema of books whose authors are asked for a level at a time; remembers what was asked."""

    def __init__(self, books: Sequence[object]) -> None:
        self.books = books
        self.calls: list[list[str]] = []
        author = GraphQLObjectType("Author", {"name": attribute(GraphQLString, "name")})
        book = GraphQLObjectType(
            "Book",
            lambda: {
                "title": attribute(GraphQLNonNull(GraphQLString), "title"),
                "pages": attribute(GraphQLInt, "pages"),
                "author": level(author, self.authors),
                "alike": level(GraphQLList(book), self.alike),
            },
        )
        listed = GraphQLList(book)
        self.schema = GraphQLSchema(
            GraphQLObjectType("Query", {"books": GraphQLField(listed, resolve=lambda _source, _info: self.books)})
        )

    async def authors(self, books: list[Book], _info: object, _arguments: Mapping[str, Any]) -> list[object]:
        self.calls.append([book.author for book in books])
        return [Author(book.author) if book.author else LookupError("nobody wrote it") for book in books]

    def alike(self, books: list[Book], _info: object, _arguments: Mapping[str, Any]) -> list[object]:
        self.calls.append(["alike"] * len(books))
        return [self.books for _ in books]


def attribute(of_type: GraphQLOutputType, name: str) -> GraphQLField:
    return GraphQLField(of_type, resolve=lambda source, _info: getattr(source, name), extensions={"attribute": name})


def level(of_type: GraphQLOutputType, resolve_level: Callable[..., Any]) -> GraphQLField:
    return GraphQLField(of_type, extensions={"level": resolve_level})


async def run(
    schema: GraphQLSchema, text: str, variables: Mapping[str, object] | None = None, context: object = None
) -> ExecutionResult:
    executor = Executor(schema)
    result = await executor.execute(executor.prepare(Request(text, variables)), context)
    assert executor.stats.unplanned == 0
    return result


def told(result: ExecutionResult) -> list[tuple[str, list[str | int] | None]]:
    """The errors as message and path."""
    return [(error.message, error.path) for error in result.errors or ()]
