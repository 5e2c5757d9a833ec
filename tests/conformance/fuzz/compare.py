"""Comparison: one random case, executed by a plan and by graphql-core."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, execute, parse, print_schema
from graphql.execution import Executor as FieldExecutor
from graphql.pyutils import is_awaitable

from app.execution import Executor, Request
from tests.conformance.fuzz.document import DocumentMaker
from tests.conformance.fuzz.schema import SchemaMaker
from tests.conformance.fuzz.values import Mood, World

Told = tuple[str, tuple[object, ...], tuple[object, ...]]

MOODS = (Mood(0, 0, 0), Mood(0, 10, 30), Mood(3, 5, 0), Mood(12, 10, 0), Mood(1, 5, 20), Mood(8, 10, 30))


@dataclass
class Case:
    """A schema with a document for it, and how both executors answered."""

    seed: int
    schema: GraphQLSchema
    text: str
    variables: dict[str, Any]
    is_async: bool
    failures: int = 0

    def report(self) -> str:
        return f"seed {self.seed}\n{print_schema(self.schema)}\n{self.text}\n{self.variables}"


def make_case(seed: int) -> tuple[Case, World]:
    random = Random(seed)
    mood = random.choice(MOODS)
    world = World(seed, mood)
    schema = SchemaMaker(random, world, is_async=mood.awaits > 0).make()
    text, variables = DocumentMaker(random, schema).make()
    return Case(seed, schema, text, variables, mood.awaits > 0), world


async def difference(seed: int) -> str | None:
    """What the executors differ in for the case of a seed; None if in nothing."""
    case, world = make_case(seed)
    planned = await _by_plan(case, world)
    expected = await _by_graphql_core(case, world)
    if planned.data != expected.data:
        return f"data\n{planned.data}\n{expected.data}\n{planned.errors}\n{expected.errors}\n{case.report()}"
    told, expected_errors = _told(planned.errors), _told(expected.errors)
    if case.is_async:
        told, expected_errors = sorted(told, key=repr), sorted(expected_errors, key=repr)
    if told == expected_errors:
        return None
    if case.is_async and _nulled_places(planned) == _nulled_places(expected):
        return None if _have_raced(told, expected_errors, expected.data) else _errors(told, expected_errors, case)
    return _errors(told, expected_errors, case)


def _errors(told: list[Told], expected: list[Told], case: Case) -> str:
    return f"errors\n{[error for error in told if error not in expected]}\n{[error for error in expected if error not in told]}\n{told}\n{expected}\n{case.report()}"


async def _by_plan(case: Case, world: World) -> ExecutionResult:
    executor = Executor(case.schema)
    prepared = executor.prepare(Request(case.text, case.variables))
    root = world.record("Query" if prepared.operation_type == "query" else "Mutation", "root")
    result = await executor._run(prepared, "context", root)
    assert executor.stats.unplanned == 0
    return result


async def _by_graphql_core(case: Case, world: World) -> ExecutionResult:
    root = world.record("Query" if case.text.startswith("query") else "Mutation", "root")
    result: Any = execute(
        case.schema, parse(case.text), root, "context", case.variables, executor_class=FieldExecutor
    )
    return await result if is_awaitable(result) else result


def _told(errors: Sequence[GraphQLError] | None) -> list[Told]:
    return [(error.message, tuple(error.path or ()), tuple(map(tuple, error.locations or ()))) for error in errors or ()]


def _nulled_places(result: ExecutionResult) -> set[tuple[object, ...]]:
    """Where the response has a null because of an error."""
    return {_null_above(tuple(error.path or ()), result.data) for error in result.errors or ()}


def _null_above(path: tuple[object, ...], data: Any) -> tuple[object, ...]:
    for length, key in enumerate(path):
        if data is None:
            return path[:length]
        data = data[key]
    return path


def _have_raced(told: list[Told], expected: list[Told], data: Any) -> bool:
    """Whether errors that only one side tells could not be told by the other: another one nulled their place first."""
    for one, other in ((told, expected), (expected, told)):
        for error in one:
            place = _null_above(error[1], data)
            rivals = [rival for rival in other if _null_above(rival[1], data) == place]
            if error not in other and (not rivals or place == error[1]):
                return False
    return True


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)
