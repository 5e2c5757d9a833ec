"""Selections: what is asked of objects of one type that stand in the same place of the response."""

from collections.abc import Callable, Sequence
from functools import cached_property, partial

from graphql import GraphQLError, GraphQLObjectType
from graphql.pyutils import inspect

from app.execution.column import Column, column_of
from app.execution.plan import Field
from app.execution.position import complete_some
from app.execution.run import FAILED, Pending, Run, Values
from app.execution.source import Source, write_source
from app.execution.trail import Trail

PlanFields = Callable[[], tuple[Field, ...]]


class Selection:
    """What is asked of objects of one type. `complete` makes their entries of the response.

    `repeats` is whether one object is likely to stand in many places of a level; its entry is then made once.
    """

    def __init__(self, object_type: GraphQLObjectType, plan_fields: PlanFields, *, repeats: bool = False) -> None:
        self.object_type = object_type
        self._plan_fields = plan_fields
        self._repeats = repeats
        self._records: tuple[type, ...] = object_type.extensions.get("records", ())

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields, in the order of the response."""
        return self._plan_fields()

    @cached_property
    def _generated(self) -> Source:
        return write_source(self.object_type.name, self.fields)

    @property
    def source(self) -> str:
        """The generated code."""
        return self._generated.text

    @property
    def column_fields(self) -> Sequence[Field]:
        """The fields that generated code does not read itself."""
        return self._generated.columns

    @cached_property
    def _columns(self) -> tuple[Column, ...]:
        return tuple(column_of(field) for field in self.column_fields)

    @cached_property
    def _build(self) -> Callable[..., Values]:
        """The generated function: entries of the response from objects and columns."""
        return self._generated.compiled()

    def complete(self, objects: Values, trail: Trail, run: Run) -> Pending:
        """The entry of each object; a failure for each that is not of the type."""
        is_type_of = self.object_type.is_type_of
        if is_type_of is None or all(issubclass(cls, self._records) for cls in {*map(type, objects)}):
            return self.entries(objects, trail, run)
        verdicts: Values = []
        for index, source in enumerate(objects):
            try:
                verdicts.append(is_type_of(source, trail.info(index, run)))
            except Exception as error:  # whatever the predicate raises is the error of this object
                verdicts.append(error)
        if all(verdict is True for verdict in verdicts):
            return self.entries(objects, trail, run)
        return run.then(
            run.awaited(verdicts, trail), lambda verdicts: self._complete_right(verdicts, objects, trail, run)
        )

    def _complete_right(self, verdicts: Values, objects: Values, trail: Trail, run: Run) -> Pending:
        right: list[int] = []
        for index, verdict in enumerate(verdicts):
            if isinstance(verdict, Exception):
                run.fail(trail, index, verdict)
            elif not verdict:
                run.fail(trail, index, self._type_error(objects[index], trail))
            elif verdict is not FAILED:
                right.append(index)
        return complete_some(self.entries, objects, right, trail, run)

    def _type_error(self, value: object, trail: Trail) -> GraphQLError:
        return GraphQLError(
            f"Expected value of type '{self.object_type}' but got: {inspect(value)}.", trail.field.nodes
        )

    def entries(self, objects: Values, trail: Trail, run: Run) -> Pending:
        """The entry of each object, all of them of the type."""
        try:
            columns_to_complete = self._columns
        except GraphQLError as error:  # @skip or @include without the value it asks for
            return run.fail_all(trail, len(objects), error)
        columns: list[Pending] = []
        for column in columns_to_complete:
            columns.append(column.complete(objects, trail, run))
            if run.is_over(trail, len(objects), column.field.rank + 1):
                run.abandon(columns)
                return self._assembled(objects, trail, run, [[None] * len(objects)] * len(columns_to_complete))
        return run.gathered(columns, trail, len(objects), partial(self._assembled, objects, trail, run))

    def _assembled(self, objects: Values, trail: Trail, run: Run, columns: list[Values]) -> Pending:
        try:
            return self._build(objects, *columns) if columns or not self._repeats else self._built_once(objects)
        except Exception:  # a value that generated code does not take: every field as a column, with care
            return self._assembled_carefully(objects, trail, run, columns)

    def _built_once(self, objects: Values) -> Values:
        ids = [*map(id, objects)]
        distinct = dict(zip(ids, objects, strict=True))
        if len(distinct) == len(ids):
            return self._build(objects)
        entries = dict(zip(distinct, self._build([*distinct.values()]), strict=True))
        return [*map(entries.__getitem__, ids)]

    def _assembled_carefully(self, objects: Values, trail: Trail, run: Run, columns: list[Values]) -> Pending:
        there = {id(field): column for field, column in zip(self.column_fields, columns, strict=True)}
        all_columns: list[Pending] = [
            there[id(field)] if id(field) in there else column_of(field).complete(objects, trail, run)
            for field in self.fields
        ]
        keys = [field.key for field in self.fields]

        def assemble(columns: list[Values]) -> Values:
            return [dict(zip(keys, entry, strict=True)) for entry in zip(*columns, strict=True)]

        return run.gathered(all_columns, trail, len(objects), assemble)
