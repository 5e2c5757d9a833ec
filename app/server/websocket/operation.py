"""One operation of a socket, from its `subscribe` message to its end."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from contextlib import aclosing, suppress
from typing import TypeVar

from graphql import ExecutionResult

from app.errors import RequestError, UnauthenticatedError
from app.execution import InvalidDocumentError, Prepared, Request
from app.server.time_limit import within
from app.server.websocket import messages
from app.server.websocket.channel import Channel, ClientGoneError
from app.server.websocket.messages import CloseSocketError
from app.server.websocket.services import Services
from app.server.websocket.session import Session
from app.telemetry import TraceContext, log_lines_of

T = TypeVar("T")


class Operation:
    """Runs a query, a mutation or a subscription, and sends what comes of it.

    What fails before there is a result (the document, the variables, the source of a subscription, the token) is an
    `error` message; errors of fields are in a `next` message, as they are in a response.
    """

    def __init__(
        self,
        message: messages.Subscribe,
        *,
        channel: Channel,
        session: Session,
        services: Services,
        timeout: float,
        headers: Mapping[str, str],
        on_end: Callable[[], None],
    ) -> None:
        """`headers` are those of the handshake. `on_end` is called right before the last message is sent."""
        self._message = message
        self._channel = channel
        self._session = session
        self._services = services
        self._timeout = timeout
        self._trace = TraceContext.received(headers.get("traceparent"), headers.get("tracestate"))
        self._on_end = on_end
        self._request_id = secrets.token_hex(16)
        self._lease: asyncio.Timeout | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, tasks: asyncio.TaskGroup) -> asyncio.Task[None]:
        """Run in a task of its own, which fails only with what ends the socket."""
        self._task = tasks.create_task(self._run())
        return self._task

    def stop(self) -> None:
        """End without another word."""
        if self._task is not None:
            self._task.cancel()

    def renew(self) -> None:
        """The session was prolonged."""
        if self._lease is not None and not self._lease.expired():  # too late for a stream that is ending by it
            self._lease.reschedule(self._session.ends_at)

    async def refuse(self, reason: str) -> None:
        """Answer with an error instead of running."""
        error = RequestError(reason, status=429, code="TOO_MANY_OPERATIONS")
        await self._fail(self._services.reporter.problem(error, self._request_id))

    async def _run(self) -> None:
        with log_lines_of(request_id=self._request_id):
            try:
                await self._execute()
            except (ClientGoneError, CloseSocketError):
                raise
            except InvalidDocumentError as invalid:
                await self._fail(self._services.reporter.format(invalid.errors, self._request_id, invalid.stage))
            except Exception as error:  # one operation must not take the others of its socket along
                await self._fail(self._services.reporter.problem(error, self._request_id))

    async def _execute(self) -> None:
        self._session.check()
        asked = self._message.payload
        prepared = self._services.executor.prepare(
            Request(asked.query, asked.variables, asked.operation_name, asked.extensions)
        )
        if prepared.operation_type == "subscription":
            await self._stream(prepared)
            return
        work = within(self._timeout, self._services.executor.execute(prepared, self._make_context()))
        result = await (_finished(work) if prepared.operation_type == "mutation" else work)
        if await self._send(result):
            await self._channel.send(messages.complete(self._message.id), self._on_end)

    async def _stream(self, prepared: Prepared) -> None:
        """Send results until there are no more, or the token holds no longer."""
        lease = self._lease = asyncio.timeout_at(self._session.ends_at)
        try:
            async with lease:
                results = await self._services.executor.subscribe(prepared, self._make_context)
                if isinstance(results, ExecutionResult):
                    await self._fail(self._services.reporter.format(results.errors or [], self._request_id))
                    return
                async with aclosing(results):
                    async for result in results:
                        self._session.check()
                        if not await self._send(result):
                            return
                        await asyncio.sleep(0)  # a source that never waits may not keep the loop from all others
                await self._channel.send(messages.complete(self._message.id), self._on_end)
        except TimeoutError as error:
            if lease.expired():
                raise UnauthenticatedError("The token has expired.") from error
            raise
        finally:
            self._lease = None

    async def _send(self, result: ExecutionResult) -> bool:
        """Send a result; whether the operation goes on after it."""
        errors = self._services.reporter.format(result.errors, self._request_id) if result.errors else None
        if errors and result.data is None and all(error.path is None for error in result.errors or ()):
            await self._fail(errors)  # not the outcome of fields: nothing was executed, or the source has failed
            return False
        payload: dict[str, object] = {"data": result.data}
        if errors:
            payload["errors"] = errors
        if result.extensions:
            payload["extensions"] = result.extensions
        await self._channel.send(messages.next_(self._message.id, payload))
        return True

    async def _fail(self, errors: list[dict[str, object]]) -> None:
        await self._channel.send(messages.error(self._message.id, errors), self._on_end)

    def _make_context(self) -> object:
        return self._services.contexts.create(
            self._session.principal,
            request_id=self._request_id,
            traceparent=self._trace.traceparent,
            tracestate=self._trace.tracestate,
        )


async def _finished(work: Coroutine[object, object, T]) -> T:
    """What the work gives. It is finished even when this is cancelled: a mutation that began is not torn apart."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    finally:
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
