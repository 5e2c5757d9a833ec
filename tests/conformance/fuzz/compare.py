"""Comparison: one random case, executed by a plan and by graphql-core."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    execute,
    print_ast,
    print_schema,
    validate,
)
from graphql.execution import Executor as FieldExecutor
from graphql.pyutils import is_awaitable

from app.execution import Executor, Prepared
from app.execution.document import Document
from tests.conformance.fuzz.document import DocumentMaker
from tests.conformance.fuzz.draw import Draw
from tests.conformance.fuzz.schema import SchemaMaker
from tests.conformance.fuzz.values import Mood, World

Told = tuple[str, tuple[object, ...], tuple[object, ...]]

VALIDATED_EVERY = 10
"""Documents are made to be valid, and to find out takes longer than all else: one in so many is held to it."""

MOODS = (Mood(0, 0, 0), Mood(0, 10, 30), Mood(3, 5, 0), Mood(12, 10, 0), Mood(1, 5, 20), Mood(8, 10, 30))


@dataclass
class Case:
    """A schema with a document for it, and how both executors answered."""

    seed: int
    schema: GraphQLSchema
    document: DocumentNode
    variables: dict[str, Any]
    is_async: bool

    @property
    def prepared(self) -> Prepared:
        """The document as an executor prepares it, without validating it again."""
        document = Document(self.schema, "", self.document)
        return Prepared(document, document.operation(None), self.variables)

    def report(self, what: str, planned: ExecutionResult, expected: ExecutionResult) -> str:
        lines = [f"{what} of seed {self.seed}", "by the plan:", *_lines(planned), "by graphql-core:", *_lines(expected)]
        return "\n".join([*lines, print_schema(self.schema), print_ast(self.document), f"{self.variables}"])


def _lines(result: ExecutionResult) -> list[str]:
    return [f"  {result.data}", *(f"  {told}" for told in _told(result.errors))]


def make_case(seed: int) -> tuple[Case, World]:
    random = Random(seed)  # noqa: S311  # repeatable, not secret
    mood = random.choice(MOODS)
    world = World(seed, mood)
    schema = SchemaMaker(random, world, is_async=mood.awaits > 0).make()
    document, variables = DocumentMaker(random, schema).make()
    if seed % VALIDATED_EVERY == 0:
        assert validate(schema, document) == []
    return Case(seed, schema, document, variables, mood.awaits > 0), world


async def difference(seed: int) -> str | None:
    """What the executors differ in for the case of a seed; None if in nothing.

    Where resolvers race, several errors may lead to the same null, and which of them are told depends on which comes
    first: there, and only there, the errors may differ.
    """
    case, world = make_case(seed)
    planned = await _by_plan(case, world)
    expected = await _by_graphql_core(case, world)
    if planned.data != expected.data:
        return case.report("data", planned, expected)
    told, to_be_told = _told(planned.errors), _told(expected.errors)
    if case.is_async and sorted(told, key=repr) != sorted(to_be_told, key=repr):
        return None if _have_raced(told, to_be_told, expected.data) else case.report("errors", planned, expected)
    return None if case.is_async or told == to_be_told else case.report("errors", planned, expected)


async def _by_plan(case: Case, world: World) -> ExecutionResult:
    executor = Executor(case.schema)
    prepared = case.prepared
    root = world.record("Query" if prepared.operation_type == "query" else "Mutation", Draw(case.seed))
    result = await executor._run(prepared, "context", root)
    assert executor.stats.unplanned == 0
    return result


async def _by_graphql_core(case: Case, world: World) -> ExecutionResult:
    root = world.record("Query" if case.prepared.operation_type == "query" else "Mutation", Draw(case.seed))
    result: Any = execute(case.schema, case.document, root, "context", case.variables, executor_class=FieldExecutor)
    there: ExecutionResult = await result if is_awaitable(result) else result
    return there


def _told(errors: Sequence[GraphQLError] | None) -> list[Told]:
    return [
        (error.message, tuple(error.path or ()), tuple(map(tuple, error.locations or ()))) for error in errors or ()
    ]


def _null_above(path: tuple[object, ...], data: Any) -> tuple[object, ...]:
    for length, key in enumerate(path):
        if data is None:
            return path[:length]
        data = data[key]
    return path


def _have_raced(told: list[Told], to_be_told: list[Told], data: Any) -> bool:
    """Whether each error that one side alone tells has a rival: another that nulled its place, told by the other."""
    for one, other in ((told, to_be_told), (to_be_told, told)):
        for error in one:
            place = _null_above(error[1], data)
            rivals = [rival for rival in other if _null_above(rival[1], data) == place]
            if error not in other and (not rivals or place == error[1]):
                return False
    return True
