"""What executing costs, in memory: `python -m benchmarks.execution`.

The same records and documents through plans, graphql-core's `execute` and Strawberry's schema, each with the document
parsed and validated beforehand. Figures are the least of several rounds, in microseconds of CPU an execution.
"""

import argparse
import asyncio
import gc
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
import strawberry
from graphql import (
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLString,
    execute,
    parse,
)
from graphql.pyutils import is_awaitable
from strawberry.extensions import ParserCache, ValidationCache

from app.execution import Executor, Request

Work: TypeAlias = Callable[[], Awaitable[object]]

POSTS = "{posts{id userId title user{id name email}}}"
TITLES = "{posts{title}}"
GREET = "{greet}"
TEXT = GraphQLNonNull(GraphQLString)
NUMBER = GraphQLNonNull(GraphQLInt)


class UserRecord(msgspec.Struct, frozen=True):
    id: int
    name: str
    email: str


class PostRecord(msgspec.Struct, frozen=True):
    id: int
    user_id: int
    title: str
    text: str = "text"
    next: "PostRecord | None" = None


USERS = {number: UserRecord(number, f"User {number}", f"user{number}@example.com") for number in range(10)}


def posts(count: int, depth: int = 0) -> list[PostRecord]:
    """As many posts, each the first of a chain."""

    def post(number: int, below: int) -> PostRecord:
        following = post(number, below - 1) if below else None
        return PostRecord(number, number % 10, f"Post {number}", next=following)

    return [post(number, depth) for number in range(count)]


def attribute(of_type: GraphQLOutputType, name: str) -> GraphQLField:
    return GraphQLField(of_type, resolve=lambda source, _info: getattr(source, name), extensions={"attribute": name})


async def user_of(post: PostRecord, _info: object) -> UserRecord:
    return USERS[post.user_id]


async def users_of(level: Sequence[PostRecord], _info: object, _arguments: Mapping[str, object]) -> list[UserRecord]:
    """The users of a level, as a loader gives them: a call for the distinct keys, then spread."""
    found = {key: USERS[key] for key in {post.user_id for post in level}}
    return [found[post.user_id] for post in level]


def create_schema(records: Sequence[PostRecord]) -> GraphQLSchema:
    """Posts with users, over records in memory."""
    user = GraphQLObjectType(
        "User", {"id": attribute(NUMBER, "id"), "name": attribute(TEXT, "name"), "email": attribute(TEXT, "email")}
    )
    post = GraphQLObjectType(
        "Post",
        lambda: {
            "id": attribute(NUMBER, "id"),
            "userId": attribute(NUMBER, "user_id"),
            "title": attribute(TEXT, "title"),
            "text": attribute(TEXT, "text"),
            "next": attribute(post, "next"),
            "user": GraphQLField(GraphQLNonNull(user), resolve=user_of, extensions={"level": users_of}),
        },
    )
    listed = GraphQLNonNull(GraphQLList(GraphQLNonNull(post)))
    return GraphQLSchema(
        GraphQLObjectType(
            "Query",
            {
                "posts": GraphQLField(listed, resolve=lambda _source, _info: records),
                "greet": GraphQLField(TEXT, resolve=lambda _source, _info: "Hello"),
            },
        )
    )


def by_plan(records: Sequence[PostRecord], document: str) -> Work:
    executor = Executor(create_schema(records))
    prepared = executor.prepare(Request(document))
    return lambda: executor.execute(prepared, None)


def by_graphql_core(records: Sequence[PostRecord], document: str) -> Work:
    schema, parsed = create_schema(records), parse(document)

    async def work() -> object:
        result: Any = execute(schema, parsed)
        return await result if is_awaitable(result) else result

    return work


def by_strawberry(records: Sequence[PostRecord], document: str) -> Work:
    @strawberry.type
    class User:
        id: int
        name: str
        email: str

    @strawberry.type
    class Post:
        id: int
        user_id: int
        title: str

        @strawberry.field
        async def user(self) -> User:
            return USERS[self.user_id]  # type: ignore[return-value]  # a record with the attributes of the type

    @strawberry.type
    class Query:
        @strawberry.field
        def posts(self) -> list[Post]:
            return [Post(id=record.id, user_id=record.user_id, title=record.title) for record in records]

        @strawberry.field
        def greet(self) -> str:
            return "Hello"

    schema = strawberry.Schema(Query, extensions=[ParserCache, ValidationCache])
    return lambda: schema.execute(document)


async def cost(work: Work, seconds: float) -> float:
    """Microseconds of CPU for one execution."""
    await work()
    began = time.process_time()
    await work()
    rounds = max(1, int(seconds / 5 / max(time.process_time() - began, 1e-6)))
    least = float("inf")
    for _ in range(5):
        gc.collect()
        began = time.process_time()
        for _ in range(rounds):
            await work()
        least = min(least, (time.process_time() - began) / rounds)
    return least * 1e6


async def compare(seconds: float) -> None:
    """The public documents, by each executor."""
    hundred = posts(100)
    tell("document (100 posts)", "plan µs", "core µs", "strawberry µs", "core/plan", "strawberry/plan")
    for document in (POSTS, TITLES, GREET):
        data = [(await make(hundred, document)()).data for make in (by_plan, by_graphql_core, by_strawberry)]  # type: ignore[attr-defined]  # each a result
        assert data[0] == data[1] == data[2], "all answer the same"
        figures = [await cost(make(hundred, document), seconds) for make in (by_plan, by_graphql_core, by_strawberry)]
        ratios = [f"{figure / figures[0]:.1f}" for figure in figures[1:]]
        tell(document, *[f"{figure:.1f}" for figure in figures], *ratios)


async def growth(seconds: float) -> None:
    """How the cost of a plan grows."""
    tell("\nrows", "µs", "µs/row")
    for count in (1, 10, 100, 1_000, 10_000):
        figure = await cost(by_plan(posts(count), POSTS), seconds)
        tell(f"{count}", f"{figure:.1f}", f"{figure / count:.2f}")
    tell("\nfields (100 posts)", "µs", "µs/field")
    for count in (1, 4, 16, 64):
        document = f"{{posts{{{' '.join(f'a{number}: title' for number in range(count))}}}}}"
        figure = await cost(by_plan(posts(100), document), seconds)
        tell(f"{count}", f"{figure:.1f}", f"{figure / count:.2f}")
    tell("\ndepth (100 posts)", "µs", "µs/level")
    for depth in (1, 2, 4, 8, 16):
        document = "{posts" + "{title next" * depth + "{title}" + "}" * depth + "}"
        figure = await cost(by_plan(posts(100, depth), document), seconds)
        tell(f"{depth}", f"{figure:.1f}", f"{figure / depth:.2f}")


async def compile_time(seconds: float) -> None:
    """What a plan costs before it is used: planning, and the first execution, which generates the code."""
    tell("\ndocument", "parse, validate", "plan, first run", "then (all µs)")
    schema = create_schema(posts(1))
    for document in (POSTS, TITLES, GREET):

        async def prepare(document: str = document) -> None:
            Executor(schema).prepare(Request(document))

        executor = Executor(schema)
        prepared = executor.prepare(Request(document))

        async def first(executor: Executor = executor, document: str = document) -> None:
            fresh = executor.prepare(Request(document))
            fresh.operation._plans.clear()
            await executor.execute(fresh, None)

        again = await cost(lambda prepared=prepared, executor=executor: executor.execute(prepared, None), seconds)  # type: ignore[misc]  # bound now
        tell(document, f"{await cost(prepare, seconds):.0f}", f"{await cost(first, seconds):.0f}", f"{again:.1f}")


def tell(first: str, *others: str) -> None:
    sys.stdout.write(
        f"{first:<48}{''.join(f'{other:>28}' if len(other) > 16 else f'{other:>17}' for other in others)}\n"
    )


async def main(seconds: float) -> None:
    await compare(seconds)
    await growth(seconds)
    await compile_time(seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.execution", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.5, help="of CPU for each figure")
    asyncio.run(main(parser.parse_args().seconds))
