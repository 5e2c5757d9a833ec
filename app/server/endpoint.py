"""The GraphQL endpoint: from an HTTP request to the executor and back, with little in between."""

import asyncio
from collections.abc import Callable, Hashable
from functools import partial
from typing import TypeAlias

from graphql import ExecutionResult
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import GatewayError, RequestError, UnauthenticatedError
from app.execution import Executor, Prepared
from app.graph.principal import Principal
from app.server.admission import check_count, check_preflight, read_sent
from app.server.authentication import Authenticator
from app.server.conditional import conditional, is_repeatable
from app.server.contexts import ContextSource
from app.server.idempotency import Idempotency, Recorded, checked_key, fingerprint_of, place_of
from app.server.limits.admission import COST_HEADER, Admission
from app.server.limits.bodies import BodyLimits
from app.server.multipart import is_multipart
from app.server.negotiation import ResponseFormat, prefers_html, response_format
from app.server.openness import is_open
from app.server.outcome import Answers, Outcome
from app.server.parameters import discard_body, in_turn, is_batch, split_batch
from app.server.persisted import PersistedOperations
from app.server.rate_limiting import standing_headers
from app.server.reading import OperationReader
from app.server.received import Answer, FromAsgi, Received
from app.server.refusal import HeaderList, Headers, not_acceptable
from app.server.reporting import Reporter, is_final
from app.server.sharing import Sharing, SharingStats
from app.server.streaming import StreamEndpoint, may_be_streamed
from app.server.time_limit import ClientDisconnected, OperationTime, at_once
from app.server.uploads import Uploads, receiving
from app.telemetry import log_lines_of

_PLAN_HEADER = b"x-atrium-plan"
_IDEMPOTENCY_HEADER = b"idempotency-key"
_REPLAYED = (b"idempotency-replayed", b"true")
_VARY = (b"vary", b"accept")
FIXED_HEADERS = (_VARY, (b"cache-control", b"no-store"))

Explain: TypeAlias = Callable[[Prepared], dict[str, object]]


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
    | more than a limit allows; not a trusted document   | 400                   | 400  |
    | a persisted query that is not known yet            | 400                   | 200  |
    | members missing or of the wrong type               | 422                   | 422  |
    | an Idempotency-Key of another request              | 422                   | 422  |
    | a token that does not hold                         | 401                   | 401  |
    | a mutation by GET, another method                  | 405                   | 405  |
    | a token that is another caller's than the stream's | 403                   | 403  |
    | no accepted media type can carry the operation     | 406                   | 406  |
    | too much body, URL or headers; not JSON by name    | 413, 414, 431; 415    | same |
    | nothing left to spend                              | 429                   | 429  |
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
        time: OperationTime,
        bodies: BodyLimits,
        share: bool = True,
        explain: Explain | None = None,
        page: ASGIApp | None = None,
        uploads: Uploads | None = None,
        streams: StreamEndpoint | None = None,
        unprocessable: int = 422,
        admission: Admission | None = None,
        persisted: PersistedOperations | None = None,
        idempotency: Idempotency | None = None,
    ) -> None:
        """`time` is what an operation without files may take; `page` answers browsers that open the URL; without
        `uploads`, no files are taken; without `streams`, no subscriptions; `unprocessable` is what is answered where
        the table says 422.

        Without `admission` an operation has only to be valid; without `persisted` documents have to be sent; without
        `idempotency` mutations are executed as often as they are sent.

        `explain` says what an operation comes to, for requests with the header X-Atrium-Plan: for development only.

        With `share`, identical queries of one caller that are in flight at the same time are executed once.
        """
        self._executor = executor
        self._contexts = contexts
        self._authenticator = authenticator
        self._answers = Answers(reporter, unprocessable)
        self._time = time
        self._bodies = bodies
        self._explain = explain
        self._page = page
        self._uploads = uploads
        self._streams = streams
        self._admission = admission
        self._idempotency = idempotency
        self._reading = OperationReader(executor, persisted or PersistedOperations(automatic=False))
        self._sharing = Sharing[Outcome]() if share else None

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
        fixed: HeaderList = FIXED_HEADERS
        if scope["method"] == "GET" and is_repeatable(answer):
            answer, fixed = conditional(headers, answer), (_VARY,)
        length = (b"content-length", b"%d" % len(answer.body))
        all_headers = [(b"content-type", answer.format.value), length, *fixed, *answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": all_headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def answer(self, request: Received) -> Answer:
        """The answer to any request, however wrong it is; raises `ClientDisconnected` when nobody waits for one."""
        accepted = response_format(request.headers.get(b"accept"))
        try:
            if accepted is None:
                raise not_acceptable()
            return await self._respond(request, accepted)
        except ClientDisconnected:
            raise
        except Exception as error:  # nothing may reach the server, which would close the connection unanswered
            return self._answers.refusal(error, request, accepted)
        finally:
            self.conclude(request)

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
            return self._answers.refusal(error, request, accepted)
        return await self.answer(request)

    def answer_at_once(self, request: Received, body: bytes) -> Answer | None:
        """The answer to a query that has nothing to wait for, from a caller who is known; None for all others.

        It needs no task and no time limit. Others may attend to it until it is sent: then call `conclude`.
        """
        prepared = self._reading.recall(request.method, body)
        if prepared is None or not prepared.operation.is_immediate:
            return None
        if self._admission is not None and not self._admission.is_immediate:
            return None
        authorization = _text(request.headers.get(b"authorization"))
        principal = None if authorization is None else self._authenticator.recall(authorization)
        if authorization is not None and principal is None:
            return None
        accepted = response_format(request.headers.get(b"accept"))
        try:
            outcome = request.outcome = at_once(self._execute(prepared, principal, request))
            return outcome and self._answers.of(outcome, request, accepted or ResponseFormat.JSON)
        except Exception as error:  # as in `answer`
            return self._answers.refusal(error, request, accepted)

    def conclude(self, request: Received) -> None:
        """Tell those who attend to a request what came of it, if anything."""
        if request.announced is not None and self._sharing is not None:
            self._sharing.stats.executed += request.outcome is not None
            self._sharing.end(*request.announced, request.outcome)
            request.announced = None

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
        authorization = _text(request.headers.get(b"authorization"))
        if authorization is not None and self._authenticator.recall(authorization) is None:
            return False
        self._sharing.attend(key, lambda outcome: done(None if outcome is None else self._joined(outcome, request)))
        return True

    def _key(self, request: Received, sent: bytes) -> Hashable:
        """What makes two requests the same."""
        headers = request.headers
        authorization = headers.get(b"authorization")
        return (request.method, sent, authorization, self._is_explained(headers), COST_HEADER in headers)

    def _joined(self, outcome: Outcome, request: Received) -> Answer:
        """The answer to a request that another's execution serves, in whose task this is called."""
        accepted = response_format(request.headers.get(b"accept")) or ResponseFormat.JSON
        try:
            if not outcome.result.errors:
                return self._answers.of(outcome, request, accepted)
            with log_lines_of(**request.labels()):
                return self._answers.of(outcome, request, accepted)
        except Exception as error:  # it is no matter of the one who executes
            return self._answers.refusal(error, request, accepted)

    async def _respond(self, request: Received, accepted: ResponseFormat) -> Answer:
        content_type = request.headers.get(b"content-type")
        if self._uploads is not None and request.method == "POST" and content_type and is_multipart(content_type):
            work = self._execute_with_files(request, content_type, self._uploads)
            return self._answers.of(await self._uploads.time.limit(work), request, accepted)
        sent = await self._read(request)
        if self._bodies.max_batch and request.method == "POST" and is_batch(sent):
            return await self._respond_to_batch(request, sent, accepted)
        return self._answers.of(await self._outcome(request, sent, request.receive), request, accepted)

    async def _respond_to_batch(self, request: Received, sent: bytes, accepted: ResponseFormat) -> Answer:
        """Answer each request of an array in its place; they are executed side by side."""
        self.conclude(request)
        if _IDEMPOTENCY_HEADER in request.headers:
            raise RequestError("An Idempotency-Key is of one request: send it without a batch.")
        parts = await in_turn(partial(split_batch, limits=self._bodies), sent)

        async def respond(part: bytes) -> bytes:
            try:
                return self._answers.of(await self._outcome(request, part), request, accepted).body
            except Exception as error:  # one request of a batch must not take the others along
                return self._answers.refusal(error, request, accepted).body

        bodies = await asyncio.gather(*map(respond, parts))
        request.operation = f"batch of {len(parts)}"
        return Answer(200, accepted, b"[" + b",".join(bodies) + b"]")

    async def _outcome(self, request: Received, sent: bytes, client: Receive | None = None) -> Outcome:
        """What comes of one request. `client` is given when nobody waits once the client has gone."""
        authorization = request.headers.get(b"authorization")
        try:
            principal = await self._authenticator.authenticate(_text(authorization))
        except UnauthenticatedError:
            if not is_open(await self._reading.read(request.method, sent)):
                raise
            principal = None  # clients send the token they have, even to exchange it because it has expired
        key, flight = request.announced or (self._key(request, sent), None)
        if flight is None and self._sharing is not None and self._sharing.in_flight(key):
            shared = await self._sharing.join(key)
            if shared is not None:
                return shared
        prepared = await self._reading.read(request.method, sent)
        return await self._begin(key, prepared, principal, request, client)

    async def _execute_with_files(self, request: Received, content_type: bytes, uploads: Uploads) -> Outcome:
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
                prepared = await self._reading.find(sent, "POST")
                return await self._execute(prepared, principal, request, contexts=uploads.contexts)
        finally:
            if self._sharing is not None:
                self._sharing.close_to_newcomers()

    async def _begin(
        self,
        key: Hashable,
        prepared: Prepared,
        principal: Principal | None,
        request: Received,
        client: Receive | None,
    ) -> Outcome:
        """Execute an operation that nobody is executing now."""
        if prepared.operation_type == "query":
            if self._sharing is None:
                work = self._execute(prepared, principal, request)
            else:
                flight = request.announced[1] if request.announced else None
                work = self._sharing.run(key, lambda: self._execute(prepared, principal, request), flight)
            return await self._time.limit(work, client=client)
        self.conclude(request)
        try:  # a mutation that began is finished, whether or not its client is there
            if self._idempotency is not None and principal is not None and _IDEMPOTENCY_HEADER in request.headers:
                work = self._execute_once(self._idempotency, prepared, principal, request)
            else:
                work = self._execute(prepared, principal, request)
            return await self._time.limit(work)
        finally:
            if self._sharing is not None:
                self._sharing.close_to_newcomers()

    async def _execute_once(
        self, idempotency: Idempotency, prepared: Prepared, principal: Principal, request: Received
    ) -> Outcome:
        """Execute a mutation that has an `Idempotency-Key`, unless the caller has had it executed before."""
        place = place_of(principal.subject, checked_key(request.headers[_IDEMPOTENCY_HEADER]))
        fingerprint = fingerprint_of(prepared)
        outcome: Outcome | None = None

        async def work() -> tuple[Recorded, bool]:
            nonlocal outcome
            outcome = await self._execute(prepared, principal, request, idempotency_key=place)
            answer = self._answers.of(outcome, request, ResponseFormat.GRAPHQL_RESPONSE)
            return Recorded(fingerprint, answer.status, answer.body), is_final(outcome.result)

        recorded, is_replayed = await idempotency.run(place, fingerprint, work)
        if outcome is not None and not is_replayed:
            return outcome
        return Outcome(prepared.label, ExecutionResult(), recorded.body, recorded.status, (_REPLAYED,))

    async def _execute(
        self,
        prepared: Prepared,
        principal: Principal | None,
        request: Received,
        *,
        contexts: ContextSource | None = None,
        idempotency_key: str | None = None,
    ) -> Outcome:
        charge = None
        if self._admission is not None:
            charge = await self._admission.admit(prepared, principal, request, shows=COST_HEADER in request.headers)
        context = (contexts or self._contexts).create(
            principal,
            request_id=request.request_id,
            trace=request.trace,
            idempotency_key=idempotency_key,
        )
        try:
            result = await self._executor.execute(prepared, context)
        finally:
            if charge is not None:
                await charge.settle(context.usage)
        if charge is not None and charge.shows:
            result.extensions = {**(result.extensions or {}), "cost": charge.as_json()}
        if self._is_explained(request.headers) and self._explain is not None:
            result.extensions = {**(result.extensions or {}), "plan": self._explain(prepared)}
        headers = () if context.standing is None else standing_headers(context.standing)
        return Outcome(prepared.label, result, headers=headers)

    def _is_explained(self, headers: Headers) -> bool:
        return self._explain is not None and _PLAN_HEADER in headers

    async def _read(self, request: Received) -> bytes:
        allowed = "GET, POST" if self._streams is None else "GET, POST, PUT, DELETE"
        return await read_sent(request, self._bodies, allowed=allowed)


def _text(header: bytes | None) -> str | None:
    return None if header is None else header.decode("latin-1")
