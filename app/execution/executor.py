"""The executor: runs prepared operations against one schema."""

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Sequence
from typing import Any, cast

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, execute
from graphql.execution import Executor as FieldExecutor
from graphql.execution import create_source_event_stream
from graphql.pyutils import is_awaitable
from graphql.validation import ASTValidationRule

from app.execution.document import DocumentCache, Prepared, Request, choose_operation


class Executor:
    """Prepares and runs the operations of one schema. Holds no state of a request."""

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        field_executor: type[FieldExecutor[Any]] = FieldExecutor,
        rules: Sequence[type[ASTValidationRule]] = (),
    ) -> None:
        self._schema = schema
        self._field_executor = field_executor
        self._documents = DocumentCache(schema, rules=rules)

    def prepare(self, request: Request) -> Prepared:
        """Parse, validate and choose the operation; raises `InvalidDocumentError`."""
        document = self._documents.get(request.query)
        operation = choose_operation(document, request.operation_name)
        return Prepared(document, operation, request.variables)

    async def execute(self, prepared: Prepared, context: object) -> ExecutionResult:
        """Run a query or a mutation. Never raises for what a field does: its errors are in the result."""
        return await self._run(prepared, context, root=None)

    async def subscribe(
        self, prepared: Prepared, make_context: Callable[[], object]
    ) -> AsyncGenerator[ExecutionResult, None] | ExecutionResult:
        """Start a subscription: the errors of the start, or its results as they come.

        Every event is executed with a context of its own, so nothing loaded for one event is shown for the next.
        When the source fails in the middle, the failure is the last result. `aclose()` closes the source.
        """
        built = self._field_executor.build(
            self._schema,
            prepared.document,
            context_value=make_context(),
            raw_variable_values=dict(prepared.variables or {}),
            operation_name=prepared.operation_name,
        )
        if isinstance(built, list):
            return ExecutionResult(data=None, errors=built)
        source = create_source_event_stream(built)
        if is_awaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            return source
        return self._results(prepared, cast(AsyncIterable[object], source), make_context)

    async def _results(
        self, prepared: Prepared, source: AsyncIterable[object], make_context: Callable[[], object]
    ) -> AsyncGenerator[ExecutionResult, None]:
        try:
            async for event in source:
                yield await self._run(prepared, make_context(), root=event)
        except Exception as error:  # whatever a source raises ends this subscription and nothing else
            yield ExecutionResult(data=None, errors=[_located(error)])
        finally:
            if isinstance(source, AsyncGenerator):
                await source.aclose()

    async def _run(self, prepared: Prepared, context: object, root: object) -> ExecutionResult:
        result = execute(
            self._schema,
            prepared.document,
            root_value=root,
            context_value=context,
            variable_values=dict(prepared.variables or {}),
            operation_name=prepared.operation_name,
            executor_class=self._field_executor,
        )
        return await result if is_awaitable(result) else cast(ExecutionResult, result)


def _located(error: Exception) -> GraphQLError:
    return error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
