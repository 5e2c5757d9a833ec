"""Series: the fields of one object executed strictly one after another, as those of a mutation are."""

from collections.abc import Awaitable
from typing import Any, cast

from app.execution.column import Column, column_of
from app.execution.run import Pending, Run, Values
from app.execution.selection import Selection
from app.execution.trail import Trail


class Series:
    """Executes the fields of a selection in turn, for as long as none of them nulls the object."""

    def __init__(self, selection: Selection, source: Any, trail: Trail, run: Run) -> None:
        self._columns = iter([column_of(field) for field in selection.fields])
        self._source = source
        self._trail = trail
        self._run = run
        self._entry: dict[str, Any] = {}

    def complete(self) -> Pending:
        """The entry of the object, at once if no field has to be awaited."""
        waiting = self._advance()
        return self._finish(*waiting) if waiting else [self._entry]

    async def _finish(self, column: Column, pending: Awaitable[Values]) -> Values:
        waiting: tuple[Column, Awaitable[Values]] | None = (column, pending)
        while waiting:
            column, pending = waiting
            values = await pending
            self._run.next_turn()
            waiting = self._advance() if self._put(column, values) else None
        return [self._entry]

    def _advance(self) -> tuple[Column, Awaitable[Values]] | None:
        """Execute fields up to the first that has to be awaited."""
        abort_signal = self._run.executor.abort_signal
        for column in self._columns:
            if abort_signal is not None and abort_signal.aborted:
                raise self._run.executor.abort_error()
            values = column.complete([self._source], self._trail, self._run)
            if type(values) is not list:
                return column, cast(Awaitable[Values], values)
            if not self._put(column, values):
                break
        return None

    def _put(self, column: Column, values: Values) -> bool:
        """Enter a value; False when a failure leaves nothing to go on for."""
        self._entry[column.field.key] = values[0]
        return not self._run.is_lost(self._trail, 1)
