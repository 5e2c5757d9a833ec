"""Trails: where the values of a level stand in the response, kept per level and worked out only when asked."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import GraphQLResolveInfo
from graphql.pyutils import Path

if TYPE_CHECKING:
    from app.execution.plan import Field
    from app.execution.run import Run


class Step(NamedTuple):
    """One step of a path: its key, its rank among its siblings, and whether the value there may be null."""

    key: str | int
    rank: int
    is_nullable: bool


class Trail:
    """Leads from each value of a level to the value above that it belongs to."""

    __slots__ = ("_paths", "above")

    def __init__(self, above: "Trail | None") -> None:
        self.above = above
        self._paths: list[Path | None] | None = None

    @property
    def field(self) -> "Field":
        """The field that the values belong to."""
        assert self.above is not None, "the root belongs to no field"
        return self.above.field

    def index_above(self, index: int) -> int:
        return index

    def step(self, _index: int) -> Step | None:
        """The step from the value above to this one; None when both stand in the same place."""
        return None

    def paths(self) -> "list[Path | None]":
        """The path of every value of the level."""
        if self._paths is None:
            self._paths = self._all_paths()
        return self._paths

    def _all_paths(self) -> "list[Path | None]":
        return [None]

    def steps(self, index: int) -> list[Step]:
        """The steps from the root to one value."""
        steps: list[Step] = []
        trail: Trail = self
        while trail.above is not None:
            if step := trail.step(index):
                steps.append(step)
            index = trail.index_above(index)
            trail = trail.above
        return steps[::-1]

    def path(self, _index: int) -> Path | None:
        """The path of one value."""
        return None

    def info(self, index: int, run: "Run") -> GraphQLResolveInfo[Any]:
        """What resolvers are told of the field that the value belongs to."""
        assert self.above is not None, "the root belongs to no field"
        return self.above.info(self.index_above(index), run)


ROOT = Trail(None)
"""The one object that an operation starts from."""


class FieldTrail(Trail):
    """From the values of a field to the objects that have it."""

    __slots__ = ("_field", "_infos", "above")

    above: Trail

    def __init__(self, above: Trail, field: "Field") -> None:
        super().__init__(above)
        self._field = field
        self._infos: dict[int, GraphQLResolveInfo[Any]] = {}

    @property
    def field(self) -> "Field":
        return self._field

    def step(self, _index: int) -> Step:
        field = self._field
        return Step(field.key, field.rank, field.position.is_nullable)

    def _all_paths(self) -> list[Path | None]:
        key, type_name = self._field.key, self._field.parent_type.name
        return [Path(path, key, type_name) for path in self.above.paths()]

    def path(self, index: int) -> Path:
        return Path(self.above.path(index), self._field.key, self._field.parent_type.name)

    def info(self, index: int, run: "Run") -> GraphQLResolveInfo[Any]:
        info = self._infos.get(index)
        if info is None:
            above = self.above.paths()[index] if index else self.above.path(index)
            path = Path(above, self._field.key, self._field.parent_type.name)
            info = self._infos[index] = run.info(self._field, path)
        return info


class ItemTrail(Trail):
    """From the items of all lists of a level to the lists."""

    __slots__ = ("_is_nullable", "_lengths", "_starts", "above")

    above: Trail

    def __init__(self, above: Trail, lengths: Sequence[int], is_nullable: bool) -> None:
        super().__init__(above)
        self._lengths = lengths
        self._is_nullable = is_nullable
        self._starts: list[int] | None = None

    def index_above(self, index: int) -> int:
        if self._starts is None:
            self._starts = [0, *accumulate(self._lengths)]
        return bisect_right(self._starts, index) - 1

    def step(self, index: int) -> Step:
        position = self.index_above(index)
        assert self._starts is not None
        position = index - self._starts[position]
        return Step(position, position, self._is_nullable)

    def path(self, index: int) -> Path:
        position = self.index_above(index)
        assert self._starts is not None
        return Path(self.above.path(position), index - self._starts[position], None)

    def _all_paths(self) -> list[Path | None]:
        lists = zip(self.above.paths(), self._lengths, strict=True)
        return [Path(path, position, None) for path, length in lists for position in range(length)]


class Subset(Trail):
    """From some of the values of a level to all of them."""

    __slots__ = ("_indices", "above")

    above: Trail

    def __init__(self, above: Trail, indices: Sequence[int]) -> None:
        super().__init__(above)
        self._indices = indices

    def index_above(self, index: int) -> int:
        return self._indices[index]

    def path(self, index: int) -> Path | None:
        return self.above.path(self._indices[index])

    def _all_paths(self) -> list[Path | None]:
        paths = self.above.paths()
        return [paths[index] for index in self._indices]
