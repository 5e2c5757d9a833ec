"""One operation of a stream or a socket, from its request to its end."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, TypeVar

from graphql import ExecutionResult, GraphQLError

from app.errors import UnauthenticatedError
from app.execution import InvalidDocumentError, Prepared, Request
from app.server.contexts import OperationContext
from app.server.limits.admission import COST_HEADER, Charge
from app.server.streaming.channel import ClientGoneError, SlowClientError
from app.server.streaming.incremental import IncrementalFormat
from app.server.streaming.services import Services
from app.server.streaming.session import Session
from app.telemetry import TraceContext, log_lines_of

T = TypeVar("T")

Errors: TypeAlias = list[dict[str, object]]
Payload: TypeAlias = dict[str, object]


class Sink(Protocol):
    """Where the results of an operation go: a transport gives them its form.

    `error` and `complete` are the last that comes. Each raises `ClientGoneError` or `SlowClientError`.
    """

    async def next(self, payload: Payload, cursor: str | None) -> None:
        """One result; with the cursor of its event, if it is one of an event that has one."""
        ...

    async def error(self, errors: Errors) -> None:
        """What failed was not a field: nothing was executed, the source broke off or the token holds no longer."""
        ...

    async def complete(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Origin:
    """The request that an operation came with.

    `since` is where the event log ended when it came: its document may take a while to be read, and nothing that
    happens meanwhile is lost.
    """

    request_id: str
    trace: TraceContext
    since: str
    resume_after: str | None = None
    peer: str | None = None
    headers: Mapping[bytes, bytes] = field(default_factory=dict)


class Operation:
    """Runs a query, a mutation or a subscription, and hands what comes of it to its sink."""

    def __init__(
        self,
        request: Request,
        sink: Sink,
        *,
        origin: Origin,
        session: Session,
        services: Services,
        incremental: type[IncrementalFormat] | None = None,
    ) -> None:
        """With `incremental`, `@defer` and `@stream` count."""
        self._request = request
        self.sink = sink
        self._origin = origin
        self._session = session
        self._services = services
        self._incremental = incremental
        self._lease: asyncio.Timeout | None = None

    def renew(self) -> None:
        """The session was prolonged."""
        if self._lease is not None and not self._lease.expired():  # too late for a stream that is ending by it
            self._lease.reschedule(self._session.ends_at)

    async def refuse(self, error: Exception) -> None:
        """Answer with an error instead of running."""
        await self.sink.error(self._services.reporter.problem(error, self._origin.request_id))

    async def run(self) -> None:
        """Run to the end. Raises only `ClientGoneError`, `SlowClientError` and what else ends the connection."""
        with log_lines_of(request_id=self._origin.request_id):
            try:
                await self._execute()
            except (ClientGoneError, SlowClientError):
                raise
            except InvalidDocumentError as invalid:
                errors = self._services.reporter.format(invalid.errors, self._origin.request_id, invalid.stage)
                await self.sink.error(errors)
            except Exception as error:  # one operation must not take the others of its connection along
                await self.refuse(error)

    async def _execute(self) -> None:
        self._session.check()
        prepared = await self._services.prepare(self._request)
        charge = await self._admitted(prepared)
        if prepared.operation_type == "subscription":
            await self._stream(prepared)
            return
        context = self._make_context()
        try:
            if self._incremental is not None and prepared.operation.is_incremental:
                await self._services.time.limit(self._deliver(prepared, context, self._incremental(self._told)))
                return
            work = self._services.time.limit(self._services.executor.execute(prepared, context))
            result = await _unless_torn(prepared, work)
        finally:
            if charge is not None:
                await charge.settle(context.usage)
        if charge is not None and charge.shows:
            result.extensions = {**(result.extensions or {}), "cost": charge.as_json()}
        if await self._send(result):
            await self.sink.complete()

    async def _admitted(self, prepared: Prepared) -> Charge | None:
        if self._services.admission is None:
            return None
        shows = COST_HEADER in self._origin.headers
        return await self._services.admission.admit(prepared, self._session.principal, self._origin, shows=shows)

    async def _deliver(self, prepared: Prepared, context: OperationContext, form: IncrementalFormat) -> None:
        """Send the first result and what completes it as it comes."""
        work = self._services.executor.execute_incrementally(prepared, context)
        results = await _unless_torn(prepared, work)
        if isinstance(results, ExecutionResult):
            await self.sink.next(form.whole(results), None)
        else:
            async with aclosing(results.subsequent_results) as later:
                await self.sink.next(form.initial(results.initial_result), None)
                async for result in later:
                    await self.sink.next(form.subsequent(result), None)
        await self.sink.complete()

    async def _stream(self, prepared: Prepared) -> None:
        """Send results until there are no more, or the token holds no longer."""
        lease = self._lease = asyncio.timeout_at(self._session.ends_at)
        try:
            async with lease:
                results = await self._services.executor.subscribe(prepared, self._make_context)
                if isinstance(results, ExecutionResult):
                    await self.sink.error(self._told(results.errors or []))
                    return
                async with aclosing(results):
                    async for result in results:
                        self._session.check()
                        if not await self._send(result, _cursor(result.event)):
                            return
                        await asyncio.sleep(0)  # a source that never waits may not keep the loop from all others
                await self.sink.complete()
        except TimeoutError as error:
            if lease.expired():
                raise UnauthenticatedError("The token has expired.") from error
            raise
        finally:
            self._lease = None
            del lease  # which refers to the task, as that does to what has ended it

    async def _send(self, result: ExecutionResult, cursor: str | None = None) -> bool:
        """Send a result; whether the operation goes on after it."""
        errors = self._told(result.errors) if result.errors else None
        if errors and result.data is None and all(error.path is None for error in result.errors or ()):
            await self.sink.error(errors)  # not the outcome of fields
            return False
        payload: Payload = {"data": result.data}
        if errors:
            payload["errors"] = errors
        if result.extensions:
            payload["extensions"] = result.extensions
        await self.sink.next(payload, cursor)
        return True

    def _told(self, errors: Sequence[GraphQLError]) -> Errors:
        return self._services.reporter.format(errors, self._origin.request_id)

    def _make_context(self) -> OperationContext:
        return self._services.contexts.create(
            self._session.principal,
            request_id=self._origin.request_id,
            trace=self._origin.trace,
            resume_after=self._origin.resume_after,
            since=self._origin.since,
        )


def _cursor(event: object) -> str | None:
    cursor = getattr(event, "cursor", None)
    return cursor if isinstance(cursor, str) else None


async def _unless_torn(prepared: Prepared, work: Coroutine[object, object, T]) -> T:
    """What the work gives. That of a mutation is finished even when this is cancelled: it is not torn apart."""
    return await (_finished(work) if prepared.operation_type == "mutation" else work)


async def _finished(work: Coroutine[object, object, T]) -> T:
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    finally:
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
