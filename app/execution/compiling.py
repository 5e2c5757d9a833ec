"""The compiled executor as a graphql-core executor class, for whatever takes one."""

from collections.abc import Awaitable, Sequence
from typing import Any, cast

from graphql import GraphQLObjectType
from graphql.execution import Executor as FieldExecutor
from graphql.execution.collect_fields import DeferUsage, GroupedFieldSet
from graphql.pyutils import AwaitableOrValue

from app.execution.operation import Operation, Response, respond
from app.execution.planning import Planner


class CompilingExecutor(FieldExecutor[Any]):
    """Executes fields by a plan; what surrounds them (abortion, hooks, the response) is graphql-core's.

    Derive from this and the executor class to be sped up, in this order. A plan is made for each execution:
    `app.execution.Executor` is the one that keeps them.
    """

    def execute_collected_root_fields(
        self,
        root_type: GraphQLObjectType,
        root_value: Any,
        grouped_field_set: GroupedFieldSet,
        serially: bool,
        new_defer_usages: Sequence[DeferUsage],
    ) -> AwaitableOrValue[dict[str, Any]]:
        operation = Operation.of(self.schema, self.operation, self.fragments)
        if operation.is_incremental:
            return super().execute_collected_root_fields(
                root_type, root_value, grouped_field_set, serially, new_defer_usages
            )
        planner = Planner(
            self.schema,
            self.operation,
            self.fragments,
            self.variable_values,
            hide_suggestions=self.hide_suggestions,
            trusts_extensions=self.middleware_manager is None,
        )
        response = respond(planner.plan(root_type), self, serially=serially)
        return self._data(response) if isinstance(response, tuple) else self._awaited_data(response)

    async def _awaited_data(self, response: Awaitable[Response]) -> dict[str, Any]:
        return self._data(await response)

    def _data(self, response: Response) -> dict[str, Any]:
        data, errors = response
        self.collected_errors.errors.extend(errors)
        return cast(dict[str, Any], data)  # null as a whole is said with None, as graphql-core says it afterwards
