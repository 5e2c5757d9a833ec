"""The GraphQL endpoint: from an HTTP request to the executor and back, with little in between."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import msgspec
from graphql import ExecutionResult
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import (
    BackendError,
    DeadlineExceededError,
    ForbiddenError,
    GatewayError,
    RequestError,
    UnauthenticatedError,
)
from app.execution import Executor, InvalidDocumentError, Prepared
from app.graph.principal import Principal
from app.server.admission import check_count, check_preflight, check_transport, method_not_allowed
from app.server.authentication import Authenticator
from app.server.contexts import ContextSource
from app.server.multipart import is_multipart
from app.server.negotiation import ResponseFormat, is_json, prefers_html, response_format
from app.server.openness import is_open
from app.server.parameters import discard_body, from_body, from_query_string, read_body
from app.server.received import Answer, FromAsgi, Received
from app.server.reporting import Reporter
from app.server.sharing import Sharing, SharingStats
from app.server.streaming import StreamEndpoint, may_be_streamed
from app.server.time_limit import ClientDisconnected, OperationLimits
from app.server.uploads import Limits, receiving
from app.telemetry import log_lines_of

_PLAN_HEADER = b"x-atrium-plan"
FIXED_HEADERS = ((b"vary", b"accept"), (b"cache-control", b"no-store"))
_REMEMBERED = 64
_REMEMBERED_BYTES = 2048
"""Of that many requests of at most this length it is remembered what they ask for; of all others, the document."""
_encode = msgspec.json.Encoder().encode

Headers: TypeAlias = Mapping[bytes, bytes]
Payload: TypeAlias = dict[str, object]
Explain: TypeAlias = Callable[[Prepared], dict[str, object]]


@dataclass(frozen=True, slots=True)
class Uploads:
    """How requests with files are served: within which limits, and in how many seconds, which `contexts` allow."""

    limits: Limits
    contexts: ContextSource
    timeout: float


class GraphQLEndpoint:
    """An ASGI app that serves queries and mutations as GraphQL over HTTP has it (draft of August 2026).

    The status of an answer, by its media type:

    | what happened                                      | graphql-response+json | json |
    | -------------------------------------------------- | --------------------- | ---- |
    | data                                               | 200                   | 200  |
    | data, even null, and errors                        | 294                   | 200  |
    | the document cannot be parsed                      | 400                   | 200  |
    | validation, operation name or variables are wrong  | 422                   | 200  |
    | not JSON, a batch, no CSRF header though needed    | 400                   | 400  |
    | members missing or of the wrong type               | 422                   | 422  |
    | a token that does not hold                         | 401                   | 401  |
    | a mutation by GET, another method                  | 405                   | 405  |
    | a token that is another caller's than the stream's | 403                   | 403  |
    | no accepted media type can carry the operation     | 406                   | 406  |
    | too much body, URL or headers; not JSON by name    | 413, 414, 431; 415    | same |
    | ours to mend: a defect, no signing keys, no time   | 500, 503, 504         | same |

    The draft would have the statuses of the first column for both, and `application/json` kept for 2xx answers.
    That column is 200 here because clients old enough to ask for `application/json` only are those that take any
    other status for a failure of the network; earlier drafts and the conformance audits of graphql-http agree.
    Those audits want 400 in place of 422 as well, which is what `unprocessable` is for.

    What is asked for as a stream is handed to `streams`.

    Needs `RequestContextMiddleware` around it, which puts `request_id` and `trace` into the state of the scope.
    """

    def __init__(
        self,
        executor: Executor,
        contexts: ContextSource,
        authenticator: Authenticator,
        reporter: Reporter,
        *,
        timeout: float,
        max_body_bytes: int,
        share: bool = True,
        explain: Explain | None = None,
        page: ASGIApp | None = None,
        uploads: Uploads | None = None,
        streams: StreamEndpoint | None = None,
        unprocessable: int = 422,
    ) -> None:
        """`timeout` is in seconds; `page` answers browsers that open the URL; without `uploads`, no files are taken;
        without `streams`, no subscriptions; `unprocessable` is what is answered where the table says 422.

        `explain` says what an operation comes to, for requests with the header X-Atrium-Plan: for development only.

        With `share`, identical queries of one caller that are in flight at the same time are executed once.
        """
        self._executor = executor
        self._contexts = contexts
        self._authenticator = authenticator
        self._reporter = reporter
        self._timeout = timeout
        self._max_body_bytes = max_body_bytes
        self._explain = explain
        self._page = page
        self._uploads = uploads
        self._streams = streams
        self._unprocessable = unprocessable
        self._limits = OperationLimits()
        self._recall = lru_cache(_REMEMBERED)(self._understand)
        self._sharing = Sharing[_Outcome]() if share else None

    @property
    def sharing(self) -> SharingStats:
        """How many operations were executed, and how many shared another's execution."""
        return self._sharing.stats if self._sharing else SharingStats()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = dict(scope["headers"])
        if self._page is not None and scope["method"] == "GET" and prefers_html(headers.get(b"accept")):
            await self._page(scope, receive, send)
            return
        request = FromAsgi(scope, headers, receive)
        try:
            if self._streams is not None and may_be_streamed(request.method, headers, request.query_string):
                answer = await self._streamed(self._streams, request, send)
            else:
                answer = await self.answer(request)
        except ClientDisconnected:
            return
        finally:
            scope["state"]["operation"] = request.operation
        if answer is None:
            return
        length = (b"content-length", b"%d" % len(answer.body))
        all_headers = [(b"content-type", answer.format.value), length, *FIXED_HEADERS, *answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": all_headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def answer(self, request: Received) -> Answer:
        """The answer to any request, however wrong it is; raises `ClientDisconnected` when nobody waits for one."""
        accepted = response_format(request.headers.get(b"accept"))
        try:
            if accepted is None:
                raise _not_acceptable()
            return self._answered(await self._respond(request), request, accepted)
        except ClientDisconnected:
            raise
        except Exception as error:  # nothing may reach the server, which would close the connection unanswered
            return self._refused(error, request.request_id, accepted or ResponseFormat.JSON)
        finally:
            self._withdraw(request)

    async def _streamed(self, streams: StreamEndpoint, request: Received, send: Send) -> Answer | None:
        """Have a request answered as a stream; its answer if that is to come in one piece."""
        try:
            check_count(request)
            if await streams.serve(request, send, self._read):
                return None
        except ClientDisconnected:
            raise
        except Exception as error:
            accepted = response_format(request.headers.get(b"accept"))
            return self._refused(error, request.request_id, accepted or ResponseFormat.JSON)
        return await self.answer(request)

    def attend(self, request: Received, body: bytes, done: Callable[[Answer | None], None]) -> bool:
        """Whether an identical request is in flight whose answer will be this one's: `done` is called with it then.

        It is called with None when there will be no such answer after all. If this is the first of its kind, others
        may attend to it from now on: it must be answered.
        """
        request.body = body
        if self._sharing is None:
            return False
        key = self._key(request, body)
        if not self._sharing.in_flight(key):
            request.announced = (key, self._sharing.announce(key))
            return False
        if not self._authenticator.remembers(_text(request.headers.get(b"authorization"))):
            return False
        self._sharing.attend(key, lambda outcome: done(None if outcome is None else self._joined(outcome, request)))
        return True

    def _key(self, request: Received, sent: bytes) -> Hashable:
        """What makes two requests the same."""
        headers = request.headers
        return (request.method, sent, headers.get(b"authorization"), self._is_explained(headers))

    def _withdraw(self, request: Received) -> None:
        """Let those who attend to a request know that it is not shared, unless it has been."""
        if request.announced is not None and self._sharing is not None:
            self._sharing.end(*request.announced)
            request.announced = None

    def _joined(self, outcome: "_Outcome", request: Received) -> Answer:
        """The answer to a request that another's execution serves, in whose task this is called."""
        accepted = response_format(request.headers.get(b"accept")) or ResponseFormat.JSON
        try:
            if not outcome.result.errors:
                return self._answered(outcome, request, accepted)
            with log_lines_of(request_id=request.request_id, trace_id=request.trace.trace_id):
                return self._answered(outcome, request, accepted)
        except Exception as error:  # it is no matter of the one who executes
            return self._refused(error, request.request_id, accepted)

    async def _respond(self, request: Received) -> "_Outcome":
        content_type = request.headers.get(b"content-type")
        if self._uploads is not None and request.method == "POST" and content_type and is_multipart(content_type):
            work = self._execute_with_files(request, content_type, self._uploads)
            return await self._limits.within(self._uploads.timeout, work)
        sent = await self._read(request)
        authorization = request.headers.get(b"authorization")
        try:
            principal = await self._authenticator.authenticate(_text(authorization))
        except UnauthenticatedError:
            if not is_open(self._prepare(request.method, sent)):
                raise
            principal = None  # clients send the token they have, even to exchange it because it has expired
        key, flight = request.announced or (self._key(request, sent), None)
        if flight is None and self._sharing is not None and self._sharing.in_flight(key):
            shared = await self._sharing.join(key)
            if shared is not None:
                return shared
        return await self._begin(key, self._prepare(request.method, sent), principal, request)

    async def _execute_with_files(self, request: Received, content_type: bytes, uploads: Uploads) -> "_Outcome":
        """Execute an operation while its files come in."""
        try:
            check_count(request)
            check_preflight(request.headers, "A multipart request")
            principal = await self._authenticator.authenticate(_text(request.headers.get(b"authorization")))
        except GatewayError:
            await discard_body(request.receive)
            raise
        try:
            async with receiving(request.receive, content_type, uploads.limits) as sent:
                prepared = self._executor.prepare(sent)
                check_transport(prepared, "POST")
                return await self._execute(prepared, principal, request, uploads.contexts)
        finally:
            if self._sharing is not None:
                self._sharing.close_to_newcomers()

    def _prepare(self, method: str, sent: bytes) -> Prepared:
        return self._recall(method, sent) if len(sent) <= _REMEMBERED_BYTES else self._understand(method, sent)

    def _understand(self, method: str, sent: bytes) -> Prepared:
        prepared = self._executor.prepare(from_body(sent) if method == "POST" else from_query_string(sent))
        check_transport(prepared, method)
        return prepared

    async def _begin(
        self, key: Hashable, prepared: Prepared, principal: Principal | None, request: Received
    ) -> "_Outcome":
        """Execute an operation that nobody is executing now."""
        if prepared.operation_type == "query":
            if self._sharing is None:
                return await self._limits.within(
                    self._timeout, self._execute(prepared, principal, request), client=request.receive
                )
            flight = request.announced[1] if request.announced else None
            work = self._sharing.run(key, lambda: self._execute(prepared, principal, request), flight)
            return await self._limits.within(self._timeout, work, client=request.receive)
        self._withdraw(request)
        try:  # a mutation that began is finished, whether or not its client is there
            return await self._limits.within(self._timeout, self._execute(prepared, principal, request))
        finally:
            if self._sharing is not None:
                self._sharing.close_to_newcomers()

    async def _execute(
        self,
        prepared: Prepared,
        principal: Principal | None,
        request: Received,
        contexts: ContextSource | None = None,
    ) -> "_Outcome":
        context = (contexts or self._contexts).create(
            principal,
            request_id=request.request_id,
            traceparent=request.trace.traceparent,
            tracestate=request.trace.tracestate,
        )
        result = await self._executor.execute(prepared, context)
        if self._is_explained(request.headers) and self._explain is not None:
            result.extensions = {**(result.extensions or {}), "plan": self._explain(prepared)}
        return _Outcome(prepared.operation_name or prepared.operation_type, result)

    def _is_explained(self, headers: Headers) -> bool:
        return self._explain is not None and _PLAN_HEADER in headers

    async def _read(self, request: Received) -> bytes:
        check_count(request)
        headers = request.headers
        if request.method == "POST":
            if not is_json(headers.get(b"content-type")):
                await discard_body(request.receive)
                raise RequestError(
                    "The body must be sent as application/json in UTF-8.",
                    status=415,
                    code="UNSUPPORTED_MEDIA_TYPE",
                    headers={"accept-post": "application/json"},
                )
            if request.body is not None:
                return request.body
            return await read_body(request.receive, headers.get(b"content-length"), self._max_body_bytes)
        if request.method == "GET":
            check_preflight(headers, "A GET")
            return request.query_string
        allowed = "GET, POST" if self._streams is None else "GET, POST, PUT, DELETE"
        raise method_not_allowed(f"{request.method} is not allowed here.", allowed=allowed)

    def _answered(self, outcome: "_Outcome", request: Received, accepted: ResponseFormat) -> Answer:
        request.operation = outcome.operation
        result = outcome.result
        if not result.errors:
            if outcome.body is None:
                outcome.body = _encode(_payload(result))
            return Answer(200, accepted, outcome.body)
        payload: Payload = {"errors": self._reporter.format(result.errors, request.request_id)}
        status = self._unprocessable if _never_ran(result) else 294
        if status == 294:
            payload |= _payload(result)
        return Answer(status if accepted is ResponseFormat.GRAPHQL_RESPONSE else 200, accepted, _encode(payload))

    def _refused(self, error: Exception, request_id: str, answered: ResponseFormat) -> Answer:
        if not isinstance(error, InvalidDocumentError):
            problem = _encode({"errors": self._reporter.problem(error, request_id)})
            return Answer(self._status(error), answered, problem, _extra_headers(error))
        status = 400 if error.stage == "parse" else self._unprocessable
        errors = self._reporter.format(error.errors, request_id, error.stage)
        body = _encode({"errors": errors})
        return Answer(status if answered is ResponseFormat.GRAPHQL_RESPONSE else 200, answered, body)

    def _status(self, error: Exception) -> int:
        status = _status(error)
        return self._unprocessable if status == 422 else status


class _Outcome(msgspec.Struct):
    """What came of an operation. `body` is the answer once it was encoded; with errors there is none to share, as
    each of those who wait has its own request id in it."""

    operation: str
    result: ExecutionResult
    body: bytes | None = None


def _payload(result: ExecutionResult) -> Payload:
    return {"data": result.data} if not result.extensions else {"data": result.data, "extensions": result.extensions}


def _never_ran(result: ExecutionResult) -> bool:
    """Whether the errors are of the request (section 7.1.2 of GraphQL): then there is no `data`, not even null."""
    return result.data is None and all(error.path is None for error in result.errors or ())


def _text(header: bytes | None) -> str | None:
    return None if header is None else header.decode("latin-1")


def _not_acceptable() -> RequestError:
    message = "Answers are application/graphql-response+json or application/json."
    return RequestError(message, status=406, code="NOT_ACCEPTABLE")


def _status(error: Exception) -> int:
    if isinstance(error, RequestError):
        return error.status
    statuses: dict[type[GatewayError], int] = {
        UnauthenticatedError: 401,
        ForbiddenError: 403,
        DeadlineExceededError: 504,
        BackendError: 503,
    }
    return next((status for kind, status in statuses.items() if isinstance(error, kind)), 500)


def _extra_headers(error: Exception) -> list[tuple[bytes, bytes]]:
    if isinstance(error, UnauthenticatedError):
        return [(b"www-authenticate", b'Bearer error="invalid_token"')]
    if isinstance(error, RequestError):
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in error.headers.items()]
    return []
