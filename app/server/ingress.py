"""POST /events: backends say what has happened, as CloudEvents over HTTP in any of its three modes."""

import base64
import hmac
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import unquote

import msgspec
from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from app.events import CloudEvent, EventLog

_ONE = "application/cloudevents+json"
_BATCH = "application/cloudevents-batch+json"
_MAX_ERRORS = 20


class _RefusedError(Exception):
    """The request is not taken: what its problem document (RFC 9457) says."""

    def __init__(self, status: HTTPStatus, code: str, detail: str, errors: Sequence[Mapping[str, object]] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors


def create_ingress(log: EventLog, service_key: str, max_body_bytes: int, path: str = "/events") -> Route:
    """The route by which backends append events: one (structured or binary mode) or a batch, taken whole or not at all.

    204 when all of them are in the log, were they new or not. Otherwise a problem document with 400, 401, 413 or 415;
    its `errors` name the `index` of an event in the batch and the `path` in it.
    """
    expected_key = service_key.encode()

    async def ingress(request: Request) -> Response:
        try:
            given_key = request.headers.get("x-service-key", "").encode("latin-1")
            if not hmac.compare_digest(given_key, expected_key):
                raise _RefusedError(HTTPStatus.UNAUTHORIZED, "UNAUTHENTICATED", "X-Service-Key is missing or wrong.")
            events = _decode(request, await _read_body(request, max_body_bytes))
        except _RefusedError as refused:
            return _problem(refused)
        for event in events:
            await log.append(event)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    return Route(path, ingress, methods=["POST"])


async def _read_body(request: Request, limit: int) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                detail = f"The body is longer than {limit} bytes."
                raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "PAYLOAD_TOO_LARGE", detail)
    except ClientDisconnect as error:
        raise _RefusedError(HTTPStatus.BAD_REQUEST, "BAD_USER_INPUT", "The body broke off.") from error
    return bytes(body)


def _decode(request: Request, body: bytes) -> list[CloudEvent]:
    """The events of a request (CloudEvents 1.0.2, HTTP protocol binding, section 3)."""
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if request.headers.get("content-encoding", "identity") != "identity":
        raise _RefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", "The body must not be encoded."
        )
    if media_type == _ONE:
        return _validate([_parse(body)], in_batch=False)
    if media_type == _BATCH:
        batch = _parse(body)
        if not isinstance(batch, list):
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "BAD_USER_INPUT", "A batch is an array of events.")
        return _validate(batch, in_batch=True)
    if "ce-specversion" in request.headers and not media_type.startswith("application/cloudevents"):
        return _validate([_from_headers(request.headers, content_type, media_type, body)], in_batch=False)
    raise _RefusedError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
        f"Send {_ONE}, {_BATCH} or an event in binary mode (ce-* headers).",
    )


def _from_headers(headers: Mapping[str, str], content_type: str, media_type: str, body: bytes) -> dict[str, object]:
    """An event in binary mode: attributes in headers, data in the body."""
    try:
        event: dict[str, object] = {
            name[3:]: unquote(value, errors="strict") for name, value in headers.items() if name.startswith("ce-")
        }
        if content_type:
            event["datacontenttype"] = content_type
        if not body:
            return event
        if media_type == "application/json" or media_type.endswith("+json"):
            event["data"] = _parse(body)
        elif media_type.startswith("text/"):
            event["data"] = body.decode()
        else:
            event["data_base64"] = base64.b64encode(body).decode()
    except UnicodeDecodeError as error:
        raise _RefusedError(HTTPStatus.BAD_REQUEST, "BAD_USER_INPUT", "The event is not UTF-8.") from error
    return event


def _parse(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _RefusedError(HTTPStatus.BAD_REQUEST, "BAD_USER_INPUT", f"The body is not JSON: {error}.") from error


def _validate(candidates: Sequence[object], *, in_batch: bool) -> list[CloudEvent]:
    """All of them as events; one that is not refuses them all."""
    events: list[CloudEvent] = []
    errors: list[dict[str, object]] = []
    for index, candidate in enumerate(candidates):
        try:
            events.append(CloudEvent.model_validate(candidate))
        except ValidationError as invalid:
            place: dict[str, object] = {"index": index} if in_batch else {}
            for error in invalid.errors(include_url=False, include_context=False, include_input=False):
                attribute = [str(part) for part in error["loc"][:1]]
                message = error["msg"].removeprefix("Value error, ")
                errors.append(place | {"path": attribute, "message": message, "code": "BAD_USER_INPUT"})
        if len(errors) >= _MAX_ERRORS:
            break
    if errors:
        detail = (
            "The batch holds what is no CloudEvents 1.0 event." if in_batch else "This is no CloudEvents 1.0 event."
        )
        raise _RefusedError(HTTPStatus.BAD_REQUEST, "BAD_USER_INPUT", detail, errors)
    return events


def _problem(refused: _RefusedError) -> Response:
    problem: dict[str, object] = {
        "type": "about:blank",
        "title": refused.status.phrase,
        "status": refused.status.value,
        "detail": refused.detail,
        "code": refused.code,
    }
    if refused.errors:
        problem["errors"] = refused.errors
    return Response(msgspec.json.encode(problem), refused.status, media_type="application/problem+json")
