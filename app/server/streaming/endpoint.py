"""The streams of the GraphQL endpoint: requests over HTTP whose answer comes in several pieces."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeAlias

from starlette.types import Send

from app.errors import RequestError, UnauthenticatedError
from app.execution import InvalidDocumentError, Prepared, Request
from app.graph.principal import Principal
from app.server.admission import check_mutation_method
from app.server.leaving import behind_those_who_leave
from app.server.multipart import is_multipart
from app.server.negotiation import media_ranges
from app.server.openness import is_open
from app.server.parameters import from_body, in_turn, request_in
from app.server.received import Received
from app.server.streaming.channel import Channel
from app.server.streaming.events import DistinctSink, event_stream
from app.server.streaming.multipart import DeliverySink, SubscriptionSink, delivery_parts, subscription_parts
from app.server.streaming.negotiation import (
    Accepted,
    EventStream,
    Format,
    MultipartDelivery,
    MultipartSubscription,
    accepted_streams,
)
from app.server.streaming.operation import Operation, Origin, Sink
from app.server.streaming.response import Closing, Form, StreamedResponse
from app.server.streaming.services import Services
from app.server.streaming.session import Session
from app.server.streaming.settings import StreamSettings
from app.server.streaming.single import TOKEN_HEADER, SingleConnections, token_in

Read: TypeAlias = Callable[[Received], Awaitable[bytes]]
"""Reads what a request has to say, its body or its query string, or raises what is wrong with it."""


def may_be_streamed(method: str, headers: Mapping[bytes, bytes], query_string: bytes = b"") -> bool:
    """Whether a request may be for a stream; false for nearly all, and found out quickly."""
    return (
        accepted_streams(headers.get(b"accept")) is not None
        or method in ("PUT", "DELETE")
        or TOKEN_HEADER in headers
        or (method == "POST" and b"token=" in query_string)
    )


class StreamEndpoint:
    """Serves what is asked for as a stream:

    - subscriptions, and any operation of a client that wants events rather than anything else, as server-sent events,
      one stream each or many in one (GraphQL over SSE); `Last-Event-ID` goes on from the `id:` of an event, its cursor;
    - subscriptions as `multipart/mixed; subscriptionSpec="1.0"`;
    - answers with `@defer` and `@stream` as `multipart/mixed` with `incrementalSpec=v0.2` or `deferSpec=20220824`.

    What can be known before the first result is answered with a status, as by the endpoint itself; but errors of the
    document come as events where nothing but events is wanted, as the protocol has it.
    """

    def __init__(self, services: Services, settings: StreamSettings | None = None) -> None:
        self._services = services
        self._settings = settings or StreamSettings()
        self._closing = Closing()
        self.single = SingleConnections(services, self._settings, self._closing)

    def close(self) -> None:
        """End every stream, as the gateway stops: clients take it for a broken connection, and come back elsewhere."""
        self._closing.begin()

    async def serve(self, request: Received, send: Send, read: Read) -> bool:
        """Answer, if it is to be in several pieces; else what was read of the request is left in it."""
        method, headers = request.method, request.headers
        if method in ("PUT", "DELETE") or (token_in(request) and not _has_document(request)):
            await self._serve_single(request, send, read)
            return True
        accepted = accepted_streams(headers.get(b"accept"))
        if accepted is None or method not in ("GET", "POST") or is_multipart(headers.get(b"content-type", b"")):
            return False
        origin = self._origin(request)
        sent = await read(request)
        asked = await in_turn(partial(request_in, method), sent)
        prepared = await self._prepared(asked, accepted)
        form = EventStream() if prepared is None else accepted.format_for(prepared)
        if form is None:
            request.body = sent
            return False
        if prepared is not None:
            check_mutation_method(prepared, method)
            request.operation = prepared.label
        if not isinstance(form, MultipartDelivery):
            await behind_those_who_leave()
        principal = await self._authenticate(headers, prepared)
        await self._stream(form, asked, principal, origin, request, send)
        return True

    async def _prepared(self, request: Request, accepted: Accepted) -> Prepared | None:
        """The operation to run; None if the document has errors that are to be told in events."""
        try:
            return await self._services.prepare(request)
        except InvalidDocumentError:
            if accepted.prefers_events:
                return None
            raise

    async def _stream(
        self,
        form: Format,
        asked: Request,
        principal: Principal | None,
        origin: Origin,
        request: Received,
        send: Send,
    ) -> None:
        session = Session(self._services.revocations, self._settings.clock)
        session.renew(principal)
        pieces, create_sink = self._framing(form)
        response = StreamedResponse(request.receive, send, pieces, self._settings.patience, self._closing)
        operation = Operation(
            asked,
            create_sink(response.channel),
            origin=origin,
            session=session,
            services=self._services,
            incremental=form.form if isinstance(form, MultipartDelivery) else None,
        )
        await response.run(operation.run)

    def _origin(self, request: Received) -> Origin:
        last = request.headers.get(b"last-event-id", b"").decode("utf-8", "replace")
        since = self._services.contexts.position()
        return Origin(request.request_id, request.trace, since, last or None, request.peer, request.headers)

    def _framing(self, form: Format) -> tuple[Form, Callable[[Channel[bytes]], Sink]]:
        match form:
            case EventStream():
                return event_stream(self._settings.event_interval), DistinctSink
            case MultipartSubscription():
                return subscription_parts(self._settings.part_interval), SubscriptionSink
            case MultipartDelivery():
                return delivery_parts(form.form.parameter), DeliverySink

    async def _serve_single(self, request: Received, send: Send, read: Read) -> None:
        principal = await self._authenticate(request.headers, None)
        method, token = request.method, token_in(request)
        if method == "PUT":
            _check_accepts(request.headers, b"text/plain")
            await self.single.reserve(principal, send)
        elif token is None:
            raise RequestError("This needs the token of an event stream: reserve one by PUT.", status=422)
        elif method == "GET":
            _check_accepts(request.headers, b"text/event-stream")
            await behind_those_who_leave()
            await self.single.open(token, principal, request.receive, send)
        elif method == "DELETE":
            await self.single.stop(token, principal, request, send)
        else:
            origin = self._origin(request)
            asked = await in_turn(from_body, await read(request))
            await self.single.run(token, principal, asked, origin, send)

    async def _authenticate(self, headers: Mapping[bytes, bytes], prepared: Prepared | None) -> Principal | None:
        authorization = headers.get(b"authorization")
        try:
            return await self._services.authenticator.authenticate(
                None if authorization is None else authorization.decode("latin-1")
            )
        except UnauthenticatedError:
            if prepared is None or not is_open(prepared):
                raise
            return None


def _has_document(request: Received) -> bool:
    return request.method == "GET" and b"query=" in request.query_string


def _check_accepts(headers: Mapping[bytes, bytes], media_type: bytes) -> None:
    accept = headers.get(b"accept")
    welcome = {media_type, media_type.partition(b"/")[0] + b"/*", b"*/*"}
    if accept is not None and not any(each.quality > 0 and each.media_type in welcome for each in media_ranges(accept)):
        raise RequestError(f"The answer is {media_type.decode()}.", status=406, code="NOT_ACCEPTABLE")
