"""Repair: from the failures of a run to the errors and nulls of its response (section 6.4.4 of the specification)."""

from collections.abc import Container, Sequence
from math import inf
from typing import Any, NamedTuple, TypeAlias

from graphql import FieldNode, GraphQLError, located_error

from app.execution.trail import Trail

Place: TypeAlias = tuple[str | int, ...]
"""A path of the response."""

Order: TypeAlias = tuple[float, ...]
"""Failures sort as graphql-core comes upon them: by turn, and within one turn in the order of the document."""


class Failure(NamedTuple):
    """Something that went wrong with one value."""

    order: Order
    path: Place
    null: Place
    """What becomes null: the nearest place at or above the failed value that may be. () is the whole response."""
    error: Exception
    nodes: list[FieldNode]

    @classmethod
    def at(cls, trail: Trail, index: int, error: Exception, *, turn: int, propagates: bool) -> "Failure":
        steps = trail.steps(index)
        path = tuple(step.key for step in steps)
        kept = len(steps)
        while propagates and kept and not steps[kept - 1].is_nullable:
            kept -= 1
        # what is below a place sorts before the place itself: it is completed first
        order = (turn, *(step.rank for step in steps), inf)
        return cls(order, path, path[:kept], error, trail.field.nodes)


def repair(data: dict[str, Any], failures: Sequence[Failure]) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """The data with a null wherever a failure leads to one, and the errors that are to be told.

    A failure within what is null already is not told.
    """
    errors: list[GraphQLError] = []
    nulled: set[Place] = set()
    for failure in sorted(failures, key=lambda failure: failure.order):
        if is_within(failure.null, nulled):
            continue
        errors.append(located_error(failure.error, failure.nodes, list(failure.path)))
        nulled.add(failure.null)
    if () in nulled:
        return None, errors
    for place in nulled:
        _put_null(data, place)
    return data, errors


def is_within(place: Place, nulled: Container[Place]) -> bool:
    """Whether the place, or one above it, is null."""
    return any(place[:length] in nulled for length in range(len(place) + 1))


def _put_null(data: Any, place: Place) -> None:
    for key in place[:-1]:
        data = data[key]
        if data is None:
            return
    data[place[-1]] = None
