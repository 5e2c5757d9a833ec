"""Runs: the state of one execution of a plan, and how it waits."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from graphql import GraphQLResolveInfo
from graphql.execution import Executor as FieldExecutor
from graphql.pyutils import Path
from graphql.pyutils import is_awaitable as is_awaitable_by_default

from app.execution.kinds import is_plain
from app.execution.repair import Failure, Order, Place, is_within
from app.execution.trail import Trail

if TYPE_CHECKING:
    from app.execution.plan import Field

T = TypeVar("T")

Values: TypeAlias = list[Any]
"""One value for each object of a level."""

Pending: TypeAlias = Values | Awaitable[Values]
"""Values that are there, as a list, or that will be."""


class Failed:
    """Stands in a column for a value whose failure is noted."""


FAILED = Failed()


class Run:
    """One execution of a plan. Failures are noted here; `repair` makes errors and nulls of them in the end."""

    __slots__ = ("_nulled", "_turn", "executor", "failures", "is_awaitable")

    def __init__(self, executor: FieldExecutor[Any]) -> None:
        self.executor = executor
        self.is_awaitable: Callable[[Any], bool] = executor.is_awaitable
        self.failures: list[Failure] = []
        self._nulled: dict[Place, Order] = {}
        self._turn = 0

    def info(self, field: "Field", path: Path) -> GraphQLResolveInfo[Any]:
        """What a resolver of the field is told."""
        return self.executor.build_resolve_info(field.definition, field.nodes, field.parent_type, path)

    def is_plain(self, types: set[type]) -> bool:
        """Whether values of these types are what they are: not null, not an error and not to be awaited."""
        return all(map(is_plain, types)) and self.is_awaitable is is_awaitable_by_default

    def fail(self, trail: Trail, index: int, error: Exception) -> Failed:
        """Note that a value failed. What is returned may stand for it in a column."""
        propagates = self.executor.error_propagation
        failure = Failure.at(trail, index, error, turn=self._turn, propagates=propagates)
        self.failures.append(failure)
        self._nulled[failure.null] = min(failure.order, self._nulled.get(failure.null, failure.order))
        return FAILED

    def fail_all(self, trail: Trail, size: int, error: Exception) -> Values:
        """Note that all values of a level failed."""
        for index in range(size):
            self.fail(trail, index, error)
        return [None] * size

    def is_lost(self, trail: Trail, size: int) -> bool:
        """Whether nothing of a level can be part of the response any more."""
        return bool(self._nulled) and all(self._is_nulled(trail, index) for index in range(size))

    def is_over(self, trail: Trail, size: int, rank: int) -> bool:
        """Whether executing objects one by one would have ended for all of a level before the field of that rank."""
        return bool(self._nulled) and all(self._is_over(trail, index, rank) for index in range(size))

    def _is_over(self, trail: Trail, index: int, rank: int) -> bool:
        steps = trail.steps(index)
        place, order = tuple(step.key for step in steps), (self._turn, *(step.rank for step in steps), rank)
        return any(self._nulled.get(place[:length], order) < order for length in range(len(place) + 1))

    def _is_nulled(self, trail: Trail, index: int) -> bool:
        return is_within(tuple(step.key for step in trail.steps(index)), self._nulled)

    def next_turn(self) -> None:
        """What fails from here on failed later than what failed before."""
        self._turn += 1

    def then(self, values: Pending, go_on: Callable[[Values], Pending]) -> Pending:
        """What `go_on` makes of the values, at once if they are there."""
        return go_on(values) if isinstance(values, list) else self._then(values, go_on)

    async def _then(self, values: Awaitable[Values], go_on: Callable[[Values], Pending]) -> Values:
        there = await values
        self.next_turn()
        result = go_on(there)
        return result if isinstance(result, list) else await result

    async def guarded(self, awaitable: Awaitable[T]) -> T:
        """Await what a resolver returned, unless the operation is aborted."""
        if self.executor.abort_signal is not None:
            return await self.executor.with_abort_signal(awaitable)
        return await awaitable

    def awaited(self, values: Values, trail: Trail) -> Pending:
        """The values with what is to be awaited awaited; `FAILED` in the place of those that fail."""
        return self.settled(values, [index for index, value in enumerate(values) if self.is_awaitable(value)], trail)

    def settled(self, values: Values, waiting: Sequence[int], trail: Trail) -> Pending:
        """The values (the list is changed) with those at the indices awaited, unless they are lost already."""
        lost = [index for index in waiting if self._nulled and self._is_nulled(trail, index)]
        if lost:
            self.abandon([values[index] for index in lost])
            for index in lost:
                values[index] = FAILED
            waiting = [index for index in waiting if index not in lost]
        return self._settled(values, waiting, trail) if waiting else values

    async def _settled(self, values: Values, waiting: Sequence[int], trail: Trail) -> Values:
        if len(waiting) == 1:
            (index,) = waiting
            try:
                values[index] = await self.guarded(values[index])
            except Exception as error:  # whatever a resolver raises is the error of its field
                self.next_turn()
                values[index] = self.fail(trail, index, error)
            return values
        index_of: dict[asyncio.Future[Any], int] = {
            asyncio.ensure_future(self.guarded(values[index])): index for index in waiting
        }
        async with _Cancelling(index_of):
            pending = set(index_of)
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_EXCEPTION)
                for task in sorted(done, key=index_of.__getitem__):
                    values[index_of[task]] = self._outcome(task, trail, index_of[task])
                for task in [task for task in pending if self._nulled and self._is_nulled(trail, index_of[task])]:
                    task.cancel()
        return values

    def _outcome(self, task: "asyncio.Future[Any]", trail: Trail, index: int) -> Any:
        if task.cancelled() and self._is_nulled(trail, index):
            return FAILED
        error = task.exception()
        if isinstance(error, Exception):
            self.next_turn()
            return self.fail(trail, index, error)
        return task.result()

    def gathered(
        self, columns: list[Pending], trail: Trail, size: int, go_on: Callable[[list[Values]], Pending]
    ) -> Pending:
        """What `go_on` makes of the columns of a level, at once if all are there; nulls if the level is lost first."""
        for column in columns:
            if not isinstance(column, list):
                return self._gathered(columns, trail, size, go_on)
        return go_on(cast(list[Values], columns))

    async def _gathered(
        self, columns: list[Pending], trail: Trail, size: int, go_on: Callable[[list[Values]], Pending]
    ) -> Values:
        waiting = [index for index, column in enumerate(columns) if type(column) is not list]
        if len(waiting) == 1:
            (index,) = waiting
            columns[index] = await cast(Awaitable[Values], columns[index])
        elif not await self._together(columns, waiting, trail, size):
            return [None] * size
        self.next_turn()
        result = go_on(cast(list[Values], columns))
        return result if isinstance(result, list) else await result

    async def _together(self, columns: list[Pending], waiting: list[int], trail: Trail, size: int) -> bool:
        """Wait until all columns are there; False, and no longer, once the level is lost."""
        index_of: dict[asyncio.Future[Values], int] = {
            asyncio.ensure_future(cast(Awaitable[Values], columns[index])): index for index in waiting
        }
        async with _Cancelling(index_of):
            pending = set(index_of)
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    columns[index_of[task]] = task.result()
                if pending and self.is_lost(trail, size):
                    return False
        return True

    def abandon(self, values: Sequence[Any]) -> None:
        """Let those of the values that are to be awaited end in the background, as graphql-core does."""
        if waiting := [value for value in values if self.is_awaitable(value)]:
            self.executor.settle_in_background(waiting)


class _Cancelling:
    """Cancels what is not done when the block ends, and waits for it."""

    def __init__(self, tasks: "Mapping[asyncio.Future[Any], int]") -> None:
        self._tasks = tasks

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, *_: object) -> None:
        if pending := [task for task in self._tasks if not task.done()]:
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
