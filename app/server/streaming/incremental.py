"""Incremental delivery: the payloads of `@defer` and `@stream`, in the forms that clients know."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from graphql import ExecutionResult, GraphQLError
from graphql.execution import (
    IncrementalDeferResult,
    IncrementalStreamResult,
    InitialIncrementalExecutionResult,
    SubsequentIncrementalExecutionResult,
)
from graphql.execution.types import CompletedResult, PendingResult

Payload: TypeAlias = dict[str, object]
Path: TypeAlias = tuple[str | int, ...]
Tell: TypeAlias = Callable[[Sequence[GraphQLError]], list[dict[str, object]]]


class IncrementalFormat(ABC):
    """Gives the results of one operation a form. `tell` does the same to their errors."""

    parameter: ClassVar[bytes]
    """What names it in the media type of an answer."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    @abstractmethod
    def initial(self, result: InitialIncrementalExecutionResult) -> Payload: ...

    @abstractmethod
    def subsequent(self, result: SubsequentIncrementalExecutionResult) -> Payload: ...

    def whole(self, result: ExecutionResult) -> Payload:
        """A result after which nothing comes."""
        return {"data": result.data, **self._errors(result.errors), "hasNext": False}

    def _errors(self, errors: Sequence[GraphQLError] | None) -> Payload:
        return {"errors": self._tell(errors)} if errors else {}


class IncrementalV02(IncrementalFormat):
    """What the proposal has had since 2023: what is to come is announced by id, and nothing is sent twice."""

    parameter = b"incrementalSpec=v0.2"

    def initial(self, result: InitialIncrementalExecutionResult) -> Payload:
        pending = [announced.formatted for announced in result.pending]
        return {"data": result.data, **self._errors(result.errors), "pending": pending, "hasNext": result.has_next}

    def subsequent(self, result: SubsequentIncrementalExecutionResult) -> Payload:
        payload: Payload = {}
        if result.pending:
            payload["pending"] = [announced.formatted for announced in result.pending]
        if result.incremental:
            payload["incremental"] = [{**part.formatted, **self._errors(part.errors)} for part in result.incremental]
        if result.completed:
            payload["completed"] = [{"id": done.id, **self._errors(done.errors)} for done in result.completed]
        return {**payload, "hasNext": result.has_next}


@dataclass(slots=True)
class _Expected:
    """What was announced: its place, and the index of the next item if it is a list."""

    path: Path
    label: str | None
    next_index: int | None

    def part(self, path: Sequence[str | int], **content: object) -> Payload:
        return {**content, "path": list(path), **({"label": self.label} if self.label is not None else {})}


class IncrementalOf2022(IncrementalFormat):
    """The proposal of 24 August 2022, which Apollo Client asks for: each part says where it belongs."""

    parameter = b"deferSpec=20220824"

    def __init__(self, tell: Tell) -> None:
        super().__init__(tell)
        self._expected: dict[str, _Expected] = {}
        self._sent: dict[Path, Any] = {}

    def initial(self, result: InitialIncrementalExecutionResult) -> Payload:
        self._sent[()] = result.data
        self._expect(result.pending)
        return {"data": result.data, **self._errors(result.errors), "hasNext": result.has_next}

    def subsequent(self, result: SubsequentIncrementalExecutionResult) -> Payload:
        parts = [self._part(part) for part in result.incremental or ()]
        self._expect(result.pending or ())
        parts += filter(None, [self._lost(done) for done in result.completed or ()])
        return {**({"incremental": parts} if parts else {}), "hasNext": result.has_next}

    def _part(self, part: IncrementalDeferResult | IncrementalStreamResult) -> Payload:
        expected = self._expected[part.id]
        path: Path = (*expected.path, *(part.sub_path or ()))
        if isinstance(part, IncrementalDeferResult):
            self._sent[path] = part.data
            return expected.part(path, data=part.data, **self._errors(part.errors))
        first = expected.next_index or 0
        expected.next_index = first + len(part.items)
        self._sent.update({(*path, first + place): item for place, item in enumerate(part.items)})
        return expected.part((*path, first), items=part.items, **self._errors(part.errors))

    def _lost(self, done: CompletedResult) -> Payload | None:
        expected = self._expected.pop(done.id)
        if not done.errors:
            return None
        if expected.next_index is None:
            return expected.part(expected.path, data=None, **self._errors(done.errors))
        return expected.part((*expected.path, expected.next_index), items=None, **self._errors(done.errors))

    def _expect(self, pending: Sequence[PendingResult]) -> None:
        for announced in pending:
            path = tuple(announced.path)
            items = self._value(path)
            next_index = len(items) if isinstance(items, list) else None
            self._expected[announced.id] = _Expected(path, announced.label, next_index)

    def _value(self, path: Path) -> object:
        """What was sent for a place, by the part nearest to it."""
        for length in range(len(path), -1, -1):
            value = self._sent.get(path[:length])
            for key in path[length:]:
                value = value.get(key) if isinstance(value, Mapping) else value[key] if value else None
            if value is not None:
                return value
        return None
