"""The executor: runs prepared operations against one schema."""

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, assert_valid_schema
from graphql.execution import Executor as FieldExecutor
from graphql.execution import ExperimentalIncrementalExecutionResults, create_source_event_stream
from graphql.execution.executor import SELECTIONS_NESTED_TOO_DEEPLY
from graphql.execution.values import VariableValues, get_variable_values
from graphql.pyutils import is_awaitable
from graphql.validation import ASTValidationRule

from app.errors import forget_frames
from app.execution.document import Document, DocumentCache, Prepared, Request
from app.execution.operation import Response, respond
from app.execution.plan import Plan
from app.execution.reading import Parse

MAX_COERCION_ERRORS = 5


@dataclass(slots=True)
class ExecutorStats:
    """How often operations were executed: by a plan, or by graphql-core because they were delivered incrementally."""

    planned: int = 0
    unplanned: int = 0


class EventResult(ExecutionResult):
    """The result of one event of a subscription. `event` is what its source gave."""

    __slots__ = ("event",)

    def __init__(self, result: ExecutionResult, event: object) -> None:
        super().__init__(result.data, result.errors, result.extensions)
        self.event = event


class Executor:
    """Prepares and runs the operations of one schema. Holds no state of a request.

    `field_executor` is the graphql-core executor class that makes the `info` of resolvers and that executes what is
    delivered incrementally, which takes one of its incremental executors.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        field_executor: type[FieldExecutor[Any]] = FieldExecutor,
        parse: Parse | None = None,
        rules: Sequence[type[ASTValidationRule]] = (),
        hide_suggestions: bool = False,
    ) -> None:
        """`parse` reads documents, and refuses those that it finds too large.

        With `hide_suggestions` errors name nothing of the schema but what was asked for ("Did you mean …?").
        """
        assert_valid_schema(schema)
        self._schema = schema
        self._field_executor = field_executor
        self._hide_suggestions = hide_suggestions
        self._documents = DocumentCache(schema, parse=parse, rules=rules, hide_suggestions=hide_suggestions)
        self.stats = ExecutorStats()

    def prepare(self, request: Request) -> Prepared:
        """Parse, validate and choose the operation; raises `InvalidDocumentError`."""
        return self._prepared(self._documents.get(request.query), request)

    async def read(self, request: Request) -> Prepared:
        """The same, without keeping others waiting for a long document; raises `RequestError`, too."""
        return self._prepared(await self._documents.read(request.query), request)

    def _prepared(self, document: Document, request: Request) -> Prepared:
        return Prepared(document, document.operation(request.operation_name), request.variables)

    def plan(self, prepared: Prepared) -> Plan:
        """What executing the operation comes to; raises `GraphQLError` for variables that are not what it asks for."""
        bound = self.bound_plan(prepared)
        if isinstance(bound, list):
            raise bound[0]
        return bound[0]

    def bound_plan(self, prepared: Prepared) -> tuple[Plan, Mapping[str, object]] | list[GraphQLError]:
        """The plan with the values of the variables, coerced; or what is wrong with these. Raises as a plan does."""
        variable_values = self._coerced(prepared)
        if isinstance(variable_values, list):
            return variable_values
        return prepared.operation.plan(variable_values), variable_values.coerced

    async def execute(self, prepared: Prepared, context: object) -> ExecutionResult:
        """Run a query or a mutation. Never raises for what a field does: its errors are in the result."""
        return await self._run(prepared, context, root=None)

    async def execute_incrementally(
        self, prepared: Prepared, context: object
    ) -> ExecutionResult | ExperimentalIncrementalExecutionResults:
        """Run a query or a mutation whose `@defer` and `@stream` count; `execute` answers them in one piece.

        This is graphql-core's own execution. Its later results have to be read to their end, or closed.
        """
        self.stats.unplanned += 1
        built = self._built(prepared, context, None)
        if isinstance(built, list):
            return ExecutionResult(None, built)
        try:
            prepared.operation.check_initial_counts(built.variable_values)
        except GraphQLError as error:
            return ExecutionResult(None, [error])
        result = built.execute_operation()
        return cast(ExecutionResult, await result if is_awaitable(result) else result)

    async def subscribe(
        self, prepared: Prepared, make_context: Callable[[], object]
    ) -> AsyncGenerator[EventResult, None] | ExecutionResult:
        """Start a subscription: the errors of the start, or its results as they come.

        Every event is executed with a context of its own, so nothing loaded for one event is shown for the next.
        When the source fails in the middle, the failure is the last result. `aclose()` closes the source.
        """
        built = self._built(prepared, make_context(), None)
        if isinstance(built, list):
            return ExecutionResult(data=None, errors=built)
        source = create_source_event_stream(built)
        if is_awaitable(source):
            source = await source
        del built.async_helpers  # which are methods of it, as in `Operation.executor`
        if isinstance(source, ExecutionResult):
            return source
        return self._results(prepared, cast(AsyncIterable[object], source), make_context)

    async def _results(
        self, prepared: Prepared, source: AsyncIterable[object], make_context: Callable[[], object]
    ) -> AsyncGenerator[EventResult, None]:
        try:
            async for event in source:
                yield EventResult(await self._run(prepared, make_context(), root=event), event)
        except Exception as error:  # whatever a source raises ends this subscription and nothing else
            yield EventResult(ExecutionResult(data=None, errors=[_located(error)]), None)
        finally:
            if isinstance(source, AsyncGenerator):
                await source.aclose()

    async def _run(self, prepared: Prepared, context: object, root: object) -> ExecutionResult:
        self.stats.planned += 1
        variable_values = self._coerced(prepared)
        if isinstance(variable_values, list):
            return ExecutionResult(None, variable_values)
        try:
            response = self._respond(prepared, variable_values, context, root)
        except GraphQLError as error:
            return ExecutionResult(None, [error])
        except RecursionError:
            return ExecutionResult(None, [GraphQLError(SELECTIONS_NESTED_TOO_DEEPLY, prepared.operation.node)])
        data, errors = response if isinstance(response, tuple) else await response
        return ExecutionResult(data, errors or None)

    def _respond(
        self, prepared: Prepared, variable_values: VariableValues, context: object, root: object
    ) -> Response | Awaitable[Response]:
        operation = prepared.operation
        executor = operation.executor(self._field_executor, variable_values, context, root)
        serially = operation.kind == "mutation"
        return respond(operation.plan(variable_values), executor, serially=serially)

    def _coerced(self, prepared: Prepared) -> VariableValues | list[GraphQLError]:
        definitions = prepared.operation.node.variable_definitions
        if not definitions:
            return VariableValues({}, {})
        if prepared.errors is not None:
            return prepared.errors
        values = get_variable_values(
            self._schema, definitions, dict(prepared.variables or {}), MAX_COERCION_ERRORS, self._hide_suggestions
        )
        if isinstance(values, list):
            prepared.errors = values
            for error in values:
                forget_frames(error)
        return values

    def _built(self, prepared: Prepared, context: object, root: object) -> FieldExecutor[Any] | list[GraphQLError]:
        return self._field_executor.build(
            self._schema,
            prepared.document.node,
            root_value=root,
            context_value=context,
            raw_variable_values=dict(prepared.variables or {}),
            operation_name=prepared.operation_name,
            hide_suggestions=self._hide_suggestions,
        )


def _located(error: Exception) -> GraphQLError:
    return error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
