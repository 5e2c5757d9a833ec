"""Positions: how the values that stand in one place of a selection are completed, all those of a level at once.

Follows section 6.4.3 of the specification ("Value Completion") and graphql-core's `complete_value`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from types import NoneType
from typing import TYPE_CHECKING, Any

from graphql import GraphQLAbstractType, GraphQLError, GraphQLObjectType, Undefined
from graphql.execution.executor import collect_iterator_awaitables
from graphql.pyutils import is_iterable

from app.execution.kinds import is_plain
from app.execution.leaf import Leaf, UnusualError
from app.execution.run import FAILED, Pending, Run, Values
from app.execution.trail import ItemTrail, Subset, Trail

if TYPE_CHECKING:
    from app.execution.selection import Selection


class Position(ABC):
    """A place where values of one type stand."""

    __slots__ = ("is_nullable",)

    def __init__(self, *, is_nullable: bool) -> None:
        self.is_nullable = is_nullable

    @abstractmethod
    def complete_present(self, values: Values, trail: Trail, run: Run) -> Pending:
        """What the response has for values none of which is null, an error or to be awaited."""

    def selections(self) -> "Iterable[Selection]":
        """What is selected of the objects that can stand here."""
        return ()

    def complete(self, values: Values, trail: Trail, run: Run) -> Pending:
        """What the response has for values as resolvers returned them, in the same order."""
        if run.is_plain({*map(type, values)}):
            return self.complete_present(values, trail, run)
        values = list(values)
        waiting: list[int] = []
        for index, value in enumerate(values):
            if run.is_awaitable(value):
                waiting.append(index)
            elif (error := self.error_of(value, trail)) is not None:
                values[index] = run.fail(trail, index, error)
        return run.then(run.settled(values, waiting, trail), lambda values: self._complete_settled(values, trail, run))

    def _complete_settled(self, values: Values, trail: Trail, run: Run) -> Pending:
        present: list[int] = []
        for index, value in enumerate(values):
            if (error := self.error_of(value, trail)) is not None:
                run.fail(trail, index, error)
            elif not (value is None or value is FAILED or value is Undefined):
                present.append(index)
        return complete_some(self.complete_present, values, present, trail, run)

    def error_of(self, value: Any, trail: Trail) -> Exception | None:
        """What is wrong with a value before it is looked at: it is an error, or null where it may not be."""
        if isinstance(value, Exception):
            return value
        if not self.is_nullable and (value is None or value is Undefined):
            return TypeError(f"Cannot return null for non-nullable field {trail.field.coordinate}.")
        return None


def complete_some(
    complete: Callable[[Values, Trail, Run], Pending], values: Values, indices: Sequence[int], trail: Trail, run: Run
) -> Pending:
    """Complete some of the values; the response has null for the others."""
    if len(indices) == len(values):
        return complete(values, trail, run)
    completed: Values = [None] * len(values)
    if not indices:
        return completed

    def put(results: Values) -> Values:
        for index, result in zip(indices, results, strict=True):
            completed[index] = result
        return completed

    return run.then(complete([values[index] for index in indices], Subset(trail, indices), run), put)


class LeafPosition(Position):
    """Where values of a scalar or an enum stand."""

    __slots__ = ("_holds", "_types", "leaf")

    def __init__(self, leaf: Leaf, *, is_nullable: bool) -> None:
        super().__init__(is_nullable=is_nullable)
        self.leaf = leaf
        exact = leaf.exact
        self._holds = exact.holds if exact else None
        with_null = {NoneType} if is_nullable and self._holds is None else set[type]()
        self._types: frozenset[type] = frozenset({exact.cls} | with_null) if exact else frozenset()

    def are_written(self, values: Values) -> bool:
        """Whether the values stand in the response as they are."""
        return {*map(type, values)} <= self._types and (self._holds is None or self._holds(values))

    def complete(self, values: Values, trail: Trail, run: Run) -> Pending:
        return values if self.are_written(values) else super().complete(values, trail, run)

    def complete_present(self, values: Values, trail: Trail, run: Run) -> Values:
        write = self.leaf.write
        results: Values = []
        for index, value in enumerate(values):
            try:
                results.append(write(value))
            except Exception as error:  # whatever a scalar raises is the error of this value
                run.fail(trail, index, error)
                results.append(None)
        return results


class ListPosition(Position):
    """Where lists stand; `items` is the position of what is in them."""

    __slots__ = ("items",)

    def __init__(self, items: Position, *, is_nullable: bool) -> None:
        super().__init__(is_nullable=is_nullable)
        self.items = items

    def selections(self) -> "Iterable[Selection]":
        return self.items.selections()

    def complete_present(self, values: Values, trail: Trail, run: Run) -> Pending:
        if {*map(type, values)} == {list}:
            return self._complete_lists(values, trail, run)
        lists: list[Pending] = [self._as_list(value, trail, index, run) for index, value in enumerate(values)]
        return run.gathered(lists, trail, len(values), lambda lists: self._complete_lists(lists, trail, run))

    def _complete_lists(self, lists: list[Values], trail: Trail, run: Run) -> Pending:
        items = lists[0] if len(lists) == 1 else [item for items in lists for item in items]
        if not items:
            return [[] for _ in lists]
        lengths = [len(items) for items in lists]
        completed = self.items.complete(items, ItemTrail(trail, lengths, self.items.is_nullable), run)
        return run.then(completed, lambda results: _split(results, lengths, items))

    def _as_list(self, value: Any, trail: Trail, index: int, run: Run) -> Pending:
        """The items as a list. Those before a failure are kept: they may have failed as well."""
        if run.executor.is_async_iterable(value):
            return self._drained(value, trail, index, run)
        if not is_iterable(value):
            message = f"Expected Iterable, but did not find one for field '{trail.field.coordinate}'."
            run.fail(trail, index, GraphQLError(message))
            return []
        items: Values = []
        try:
            iterator = iter(value)
            items.extend(iterator)
        except Exception as error:  # whatever an iterator raises is the error of this list
            run.fail(trail, index, error)
            run.abandon([*items, *collect_iterator_awaitables(iterator, run.is_awaitable)])
            return [item for item in items if not run.is_awaitable(item)]
        return items

    async def _drained(self, value: Any, trail: Trail, index: int, run: Run) -> Values:
        items: Values = []
        iterator = run.executor.cancellable_iterable(value).__aiter__()
        try:
            async for item in iterator:
                items.append(item)
                if self.items.error_of(item, trail) is not None and not self.items.is_nullable:
                    await _close(iterator)
                    break
        except Exception as error:  # as above
            run.fail(trail, index, error)
            await _close(iterator)
        return items


async def _close(iterator: Any) -> None:
    if (close := getattr(iterator, "aclose", None)) is not None:
        with suppress(Exception):  # what closing says is of no interest to the response
            await close()


def _split(results: Values, lengths: Sequence[int], items: Values) -> Values:
    if len(lengths) == 1:
        return [results if results is not items else [*results]]
    lists: Values = []
    start = 0
    for length in lengths:
        lists.append(results[start : start + length])
        start += length
    return lists


class ObjectPosition(Position):
    """Where objects of one type stand."""

    __slots__ = ("selection",)

    def __init__(self, selection: "Selection", *, is_nullable: bool) -> None:
        super().__init__(is_nullable=is_nullable)
        self.selection = selection

    def selections(self) -> "Iterable[Selection]":
        return (self.selection,)

    def complete_present(self, values: Values, trail: Trail, run: Run) -> Pending:
        return self.selection.complete(values, trail, run)


class AbstractPosition(Position):
    """Where objects of an interface or a union stand, each with the selection of the type it turns out to be."""

    __slots__ = ("_possible", "_records", "_select", "_selections", "type")

    def __init__(
        self,
        abstract_type: GraphQLAbstractType,
        possible: Sequence[GraphQLObjectType],
        select: "Callable[[GraphQLObjectType], Selection]",
        *,
        is_nullable: bool,
    ) -> None:
        super().__init__(is_nullable=is_nullable)
        self.type = abstract_type
        self._possible: Mapping[str, GraphQLObjectType] = {object_type.name: object_type for object_type in possible}
        self._records = _records(possible)
        self._select = select
        self._selections: dict[str, Selection] = {}

    def selections(self) -> "Iterable[Selection]":
        return map(self._selection, self._possible)

    def _selection(self, type_name: str) -> "Selection":
        selection = self._selections.get(type_name)
        if selection is None:
            selection = self._selections[type_name] = self._select(self._possible[type_name])
        return selection

    def complete_present(self, values: Values, trail: Trail, run: Run) -> Pending:
        name_of = {cls: self._name_by_record(cls) for cls in {*map(type, values)}}
        if None not in name_of.values():
            return self._complete_as([name_of[type(value)] for value in values], values, trail, run)
        resolve = self.type.resolve_type or run.executor.type_resolver
        names: Values = []
        for index, value in enumerate(values):
            try:
                names.append(resolve(value, trail.info(index, run), self.type))
            except Exception as error:  # whatever a type resolver raises is the error of this object
                names.append(error)
        return run.then(run.awaited(names, trail), lambda names: self._complete_as(names, values, trail, run))

    def _name_by_record(self, cls: type) -> str | None:
        """The type that objects of a class are of, if the schema says so by itself, and of that one alone."""
        names = {name for record, name in self._records if issubclass(cls, record)}
        return names.pop() if len(names) == 1 else None

    def _complete_as(self, names: Values, values: Values, trail: Trail, run: Run) -> Pending:
        """Complete each value as an object of the type that is named for it."""
        indices_of: dict[str, list[int]] = {}
        for index, name in enumerate(names):
            if isinstance(name, str) and name in self._possible:
                indices_of.setdefault(name, []).append(index)
            elif name is not FAILED:
                run.fail(trail, index, self._type_error(name, values[index], trail, index, run))
        columns = [
            self._selection(name).complete([values[index] for index in indices], Subset(trail, indices), run)
            for name, indices in indices_of.items()
        ]

        def put(columns: list[Values]) -> Values:
            completed: Values = [None] * len(values)
            for indices, results in zip(indices_of.values(), columns, strict=True):
                for index, result in zip(indices, results, strict=True):
                    completed[index] = result
            return completed

        return run.gathered(columns, trail, len(values), put)

    def _type_error(self, name: Any, value: Any, trail: Trail, index: int, run: Run) -> Exception:
        if isinstance(name, Exception):
            return name
        try:
            run.executor.ensure_valid_runtime_type(name, self.type, trail.field.details, trail.info(index, run), value)
        except GraphQLError as error:
            return error
        return UnusualError(f"{name} is a possible type of {self.type} but was not planned for.")


def _records(possible: Sequence[GraphQLObjectType]) -> Sequence[tuple[type, str]]:
    """The classes of objects with the name of their type; none unless every type names its classes."""
    if all("records" in object_type.extensions for object_type in possible):
        return [(record, object_type.name) for object_type in possible for record in object_type.extensions["records"]]
    return ()


def leaf_list(items: LeafPosition) -> Callable[[Any], Values]:
    """For generated code: writes a list of leaves, or leaves it to the careful way."""

    def write(value: Any) -> Values:
        if type(value) is not list:
            raise UnusualError
        if not value or items.are_written(value):
            return [*value]
        return [items.leaf.write_plain(item) for item in value]

    return write


def plain_list(value: Any) -> Values:
    """For generated code: the items of a list, all of them there, or leaves it to the careful way."""
    if type(value) is not list or not all(map(is_plain, {*map(type, value)})):
        raise UnusualError
    return value
