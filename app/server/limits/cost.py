"""Cost: what an operation asks of backends at most, in calls and rows, known from its plan before it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import ArgumentNode, GraphQLError, Undefined, VariableNode, Visitor, visit

from app.execution import Executor, Operation, Plan, Prepared, let_go
from app.rest import Usage
from app.server.bounds import bounds
from app.server.explanation import calls_of

CALL_COST: Final = 10
"""What a call of a backend costs, in rows."""

MAX_PRICES: Final = 64
"""Costs kept of one operation, for that many choices of its variables."""

_SIZES: Final = ("first", "last")


class Costs:
    """The costs of operations. Each is found once for the variables that it depends on, and kept with the operation."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def requested(self, prepared: Prepared) -> int:
        """The most that the operation can cost; 0 for one that cannot run, which its execution tells.

        Raises `RequestError` when its plan grows beyond all measure.
        """
        prices: _Prices | None = prepared.operation.notes.get(_Prices)
        if prices is None:
            prices = prepared.operation.notes[_Prices] = _Prices.of(prepared.operation)
        given = prepared.variables or {}
        key = tuple([given.get(name, Undefined) for name in prices.variables]) if prices.variables else ()
        try:
            found = prices.by_values.get(key)
        except TypeError:  # a list or an object, where a number should be
            return 0
        return self._found(prepared, prices, key) if found is None else found

    def _found(self, prepared: Prepared, prices: "_Prices", key: tuple[object, ...]) -> int:
        try:
            bound = self._executor.bound_plan(prepared)
            if isinstance(bound, list):
                return 0
            plan, coerced = bound
            cost = most_cost(plan, {**dict.fromkeys(prices.variables), **coerced})
        except (GraphQLError, RecursionError):
            return 0
        if len(prices.by_values) >= MAX_PRICES:
            prices.by_values.clear()
        prices.by_values[key] = cost
        return cost


def most_cost(plan: Plan, variables: Mapping[str, object]) -> int:
    """The most that a plan can cost; a variable that is null, or no number, is as good as left out."""
    cost = 0
    for bound in bounds(plan, variables):
        cost += bound.objects * bound.brings + CALL_COST * sum(call.at_most for call in calls_of(bound))
    return cost


def actual_cost(usage: Usage) -> int:
    """What an operation has cost so far."""
    return usage.calls * CALL_COST + usage.rows


@dataclass(frozen=True, slots=True)
class _Prices:
    """The variables that the cost of an operation depends on, and its cost for each of their values so far."""

    variables: tuple[str, ...]
    by_values: dict[tuple[object, ...], int] = field(default_factory=dict)

    @classmethod
    def of(cls, operation: Operation) -> "_Prices":
        sizes = _Sizes()
        for node in (operation.node, *[fragment.definition for fragment in operation.fragments.values()]):
            visit(node, sizes)
        variables = tuple(sorted({*sizes.variables, *operation.conditions}))
        let_go(sizes)
        return cls(variables)


class _Sizes(Visitor):
    """The variables that say how long a page is."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        if node.name.value in _SIZES and isinstance(node.value, VariableNode):
            self.variables.add(node.value.name.value)
