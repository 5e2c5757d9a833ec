"""Operations: one operation of a document with the plans made for it."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from graphql import (
    DirectiveNode,
    GraphQLError,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    ValueNode,
    VariableNode,
    Visitor,
    value_from_ast,
    visit,
)
from graphql.execution import Executor as FieldExecutor
from graphql.execution import default_field_resolver, default_type_resolver
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues

from app.execution.plan import Plan
from app.execution.planning import Planner
from app.execution.repair import repair
from app.execution.run import Run, Values
from app.execution.series import Series
from app.execution.trail import ROOT

MAX_PLANS = 32
"""Plans kept of one operation, for that many choices of its conditions."""

OperationType: TypeAlias = Literal["query", "mutation", "subscription"]

Response: TypeAlias = tuple[dict[str, Any] | None, list[GraphQLError]]
"""Data and errors."""


class _Conditions(Visitor):
    """The variables that decide what is selected, and whether anything may be delivered incrementally."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()
        self.is_incremental = False
        self.initial_counts: list[ValueNode] = []

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        name = node.name.value
        if name == "stream":
            self.initial_counts += [each.value for each in node.arguments or () if each.name.value == "initialCount"]
        self.is_incremental = self.is_incremental or name in ("defer", "stream")
        if name in ("skip", "include", "defer"):  # graphql-core reads the last when it collects fields
            values = [argument.value for argument in node.arguments or () if argument.name.value == "if"]
            self.variables.update(value.name.value for value in values if isinstance(value, VariableNode))


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as it is executed again and again."""

    schema: GraphQLSchema
    node: OperationDefinitionNode
    kind: OperationType
    fragments: Mapping[str, FragmentDetails]
    conditions: Sequence[str]
    """The names of the variables that `@skip`, `@include` and `@defer` ask for."""
    is_incremental: bool
    """Whether it has `@defer` or `@stream`. A plan ignores them."""
    hide_suggestions: bool = False
    initial_counts: Sequence[ValueNode] = ()
    """What its `@stream`s give for `initialCount`."""
    notes: dict[type, Any] = field(default_factory=dict)
    """What others have found out about the operation and need to know each time, each under a class of its own."""
    _plans: dict[tuple[object, ...], Plan] = field(default_factory=dict)
    _executors: dict[type[FieldExecutor[Any]], dict[str, Any]] = field(default_factory=dict)
    """What executors of each class are made of."""

    @classmethod
    def of(
        cls,
        schema: GraphQLSchema,
        node: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDetails],
        *,
        hide_suggestions: bool = False,
    ) -> "Operation":
        conditions = _Conditions()
        visit(node, conditions)
        for fragment in fragments.values():
            visit(fragment.definition, conditions)
        return cls(
            schema,
            node,
            node.operation.value,
            fragments,
            sorted(conditions.variables),
            conditions.is_incremental,
            hide_suggestions,
            conditions.initial_counts,
        )

    @property
    def root_type(self) -> GraphQLObjectType:
        root_type = self.schema.get_root_type(self.node.operation)
        assert root_type is not None, "a validated operation has a root type"
        return root_type

    @property
    def is_immediate(self) -> bool:
        """Whether it is known to be a query that has nothing to wait for, whatever its variables."""
        if self.kind != "query" or self.node.variable_definitions:
            return False
        plan = self._plans.get(())
        return plan is not None and plan.is_immediate

    def executor(
        self, executor_class: type[FieldExecutor[Any]], variable_values: VariableValues, context: object, root: object
    ) -> FieldExecutor[Any]:
        """A graphql-core executor of the operation: a copy of the first, as it makes one for each event itself."""
        members = self._executors.get(executor_class)
        if members is None:
            first = executor_class(
                self.schema,
                {name: fragment.definition for name, fragment in self.fragments.items()},
                dict(self.fragments),
                None,
                None,
                self.node,
                VariableValues({}, {}),
                default_field_resolver,
                default_type_resolver,
                default_field_resolver,
                hide_suggestions=self.hide_suggestions,
            )
            members = self._executors[executor_class] = first.__dict__.copy()
            del first.async_helpers  # which are methods of it: only the garbage collector would find the two
        executor = object.__new__(executor_class)
        executor.__dict__.update(members)
        executor.root_value, executor.context_value, executor.variable_values = root, context, variable_values
        return executor

    def check_initial_counts(self, variable_values: VariableValues) -> None:
        """Raises `GraphQLError` where graphql-core would have a plain error: for a number below zero, and for null."""
        for node in self.initial_counts:
            count = value_from_ast(node, GraphQLInt, variable_values.coerced)
            if count is None or (isinstance(count, int) and count < 0):
                raise GraphQLError("The initialCount of @stream must not be less than zero.", node)

    def plan(self, variable_values: VariableValues) -> Plan:
        """The plan for what the variables select. Holds none of their other values."""
        coerced = variable_values.coerced
        key = tuple([coerced.get(name, Undefined) for name in self.conditions])
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= MAX_PLANS:
                self._plans.clear()
            plan = self._plans[key] = self._planned(variable_values)
        return plan

    def _planned(self, variable_values: VariableValues) -> Plan:
        sources, coerced = variable_values
        deciding = VariableValues(
            {name: source for name, source in sources.items() if name in self.conditions},
            {name: value for name, value in coerced.items() if name in self.conditions},
        )
        return Planner(self.schema, self.node, self.fragments, deciding, self.hide_suggestions).plan(self.root_type)


def respond(plan: Plan, executor: FieldExecutor[Any], *, serially: bool) -> Response | Awaitable[Response]:
    """Execute a plan for the variables, context and root value of the executor; awaitable only if a resolver is.

    Raises `GraphQLError` when it cannot be decided what the operation selects.
    """
    _ = plan.root.fields
    run = Run(executor)
    source = executor.root_value
    series = Series(plan.root, source, ROOT, run) if serially else None
    entries = series.complete() if series else plan.root.entries([source], ROOT, run)
    return _response(entries, run) if isinstance(entries, list) else _awaited_response(entries, run)


async def _awaited_response(entries: Awaitable[Values], run: Run) -> Response:
    return _response(await entries, run)


def _response(entries: Values, run: Run) -> Response:
    (data,) = entries
    return repair(data, run.failures) if run.failures else (data, [])
