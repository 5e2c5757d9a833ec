"""Single connections of the GraphQL over SSE protocol: one stream of events for many operations."""

from urllib.parse import parse_qs

import msgspec
from starlette.types import Receive, Send

from app.errors import RequestError
from app.execution import InvalidDocumentError, Request
from app.graph.principal import Principal
from app.server.negotiation import JSON
from app.server.received import Received
from app.server.streaming.events import SharedSink, event_stream
from app.server.streaming.operation import Operation, Origin
from app.server.streaming.reservation import Reservation, Reservations
from app.server.streaming.response import Closing, StreamedResponse
from app.server.streaming.services import Services
from app.server.streaming.session import Session
from app.server.streaming.settings import StreamSettings

_encode = msgspec.json.Encoder().encode
TOKEN_HEADER = b"x-graphql-event-stream-token"
_FIXED_HEADERS = ((b"vary", b"accept"), (b"cache-control", b"no-store"))


def token_in(request: Received) -> str | None:
    """The token of a stream that a request names, in its header or its URL."""
    return request.headers.get(TOKEN_HEADER, b"").decode("latin-1") or _parameter(request, "token")


class SingleConnections:
    """PUT reserves a stream and gives its token, GET opens it, POST runs an operation in it, DELETE stops one.

    The token is for the caller who reserved the stream: every request comes with their bearer token too. A newer one
    of theirs prolongs what runs. A stream lives in one process: behind a balancer its requests have to reach the same.
    """

    def __init__(self, services: Services, settings: StreamSettings, closing: Closing) -> None:
        self._services = services
        self._settings = settings
        self._closing = closing
        self._reservations = Reservations(
            lambda: Session(services.revocations, settings.clock),
            max_operations=settings.max_operations,
            limit=settings.max_reservations,
            timeout=settings.reservation_timeout,
        )

    def __len__(self) -> int:
        """How many streams are reserved or open."""
        return len(self._reservations)

    async def reserve(self, principal: Principal | None, send: Send) -> None:
        made = self._reservations.add(principal)
        await _answer(send, 201, made.token.encode(), (b"content-type", b"text/plain; charset=utf-8"))

    async def open(self, token: str, principal: Principal | None, receive: Receive, send: Send) -> None:
        reservation = self._reservations.get(token, principal)
        self._reservations.open(reservation)
        form = event_stream(self._settings.event_interval)
        response = StreamedResponse(receive, send, form, self._settings.patience, self._closing)
        try:
            await response.run(lambda: reservation.serve(response.channel))
        finally:
            self._reservations.remove(reservation)

    async def run(self, token: str, principal: Principal | None, request: Request, origin: Origin, send: Send) -> None:
        """Begin an operation whose results come in the stream. Raises what the request itself gets wrong."""
        reservation = self._reservations.get(token, principal)
        id_ = (request.extensions or {}).get("operationId")
        if not isinstance(id_, str) or not id_:
            raise RequestError("extensions.operationId must be a string that is not empty.", status=422)
        if id_ in reservation.operations:
            raise RequestError(f"There is an operation '{id_}' already.", status=409, code="OPERATION_EXISTS")
        if reservation.operations.is_full:
            message = f"More than {self._settings.max_operations} operations in one event stream."
            raise RequestError(message, status=429, code="TOO_MANY_OPERATIONS")
        try:
            await self._services.prepare(request)
        except InvalidDocumentError as invalid:  # whatever the client accepts: only 202 says that results will come
            errors = self._services.reporter.format(invalid.errors, origin.request_id, invalid.stage)
            status = 400 if invalid.stage == "parse" else 422
            await _answer(send, status, _encode({"errors": errors}), (b"content-type", JSON))
            return
        self._begin(reservation, id_, request, origin)
        await _answer(send, 202)

    async def stop(self, token: str, principal: Principal | None, request: Received, send: Send) -> None:
        reservation = self._reservations.get(token, principal)
        id_ = _parameter(request, "operationId")
        if not id_:
            raise RequestError("The URL has to say which operation: ?operationId=…", status=422)
        reservation.operations.stop(id_)
        await _answer(send, 200)

    def _begin(self, reservation: Reservation, id_: str, request: Request, origin: Origin) -> None:
        operation = Operation(
            request,
            SharedSink(id_, lambda: reservation.channel, reservation.operations),
            origin=origin,
            session=reservation.session,
            services=self._services,
        )
        reservation.operations.add(id_, operation)


async def _answer(send: Send, status: int, body: bytes = b"", *headers: tuple[bytes, bytes]) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [length, *_FIXED_HEADERS, *headers]})
    await send({"type": "http.response.body", "body": body})


def _parameter(request: Received, name: str) -> str | None:
    values = parse_qs(request.query_string.decode("latin-1")).get(name)
    return values[0] if values else None
