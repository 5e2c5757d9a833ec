"""Middleware: what surrounds every HTTP request, whatever serves it."""

import logging
import re
import time
from collections.abc import Mapping, Sequence
from random import getrandbits

import structlog
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.rate_limiting import RATE_LIMIT_HEADERS
from app.server.reporting import Reporter
from app.settings import Settings
from app.telemetry import TraceContext, current_request

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"frame-ancestors 'none'"),  # beside that of the page, if it has one
)
_CLIENT_CLOSED_REQUEST = 499  # nginx's, for a client that went before there was an answer
_EXPOSED_HEADERS = ("X-Request-ID", "Idempotency-Replayed", *RATE_LIMIT_HEADERS)
_LOGGED_NAME_LENGTH = 100  # a name may be as long as a body


def middleware(settings: Settings) -> list[Middleware]:
    """What the app is wrapped in, outermost first."""
    stack = [
        Middleware(RequestContextMiddleware, headers=security_headers(settings)),
        Middleware(AccessLogMiddleware),
    ]
    if settings.cors_origins:
        stack.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.cors_origins,
                allow_methods=["GET", "POST", "PUT", "DELETE"],
                allow_headers=["*"],
                expose_headers=_EXPOSED_HEADERS,
                max_age=7200,
            )
        )
    return stack


def security_headers(settings: Settings) -> Sequence[tuple[bytes, bytes]]:
    """What makes browsers careful with every answer."""
    if not settings.hsts_seconds:
        return _SECURITY_HEADERS
    return (*_SECURITY_HEADERS, (b"strict-transport-security", b"max-age=%d" % settings.hsts_seconds))


def request_id_of(headers: Mapping[bytes, bytes]) -> str:
    """The id that the headers give the request where it is a sane one, or a new one."""
    request_id = headers.get(b"x-request-id")
    if request_id is None or _REQUEST_ID.fullmatch(request_id) is None:
        return f"{getrandbits(128):032x}"
    return request_id.decode()


def trace_of(headers: Mapping[bytes, bytes]) -> TraceContext:
    """The request's place in the trace of its headers, or in a new one."""
    return TraceContext(headers.get(b"traceparent"), headers.get(b"tracestate"))


class RequestContextMiddleware:
    """Gives every request an id and a place in a trace.

    Both are in the state of the scope (`request_id`, `trace`) and on every log line; the id, and `headers`, are on
    every answer. So it is here that a defect which nothing else caught is answered.
    """

    def __init__(self, app: ASGIApp, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        self._app = app
        self._headers = headers
        self._reporter = Reporter(debug=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id, trace = request_id_of(headers), trace_of(headers)
        state = scope.setdefault("state", {})
        state["request_id"], state["trace"] = request_id, trace
        id_header = (b"x-request-id", request_id.encode())
        is_answered = scope["type"] == "websocket"

        async def send_with_headers(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                message["headers"] = [
                    *message.get("headers", ()),
                    id_header,
                    *self._headers,
                ]
            await send(message)

        bound = current_request.set(lambda: {"request_id": request_id, "trace_id": trace.trace_id})
        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            if is_answered:
                raise
            errors = self._reporter.problem(error, request_id)
            await JSONResponse({"errors": errors}, 500)(scope, receive, send_with_headers)
        finally:
            current_request.reset(bound)


class AccessLog:
    """One line for every request and every socket: at INFO, at DEBUG for health checks, which come every second."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("app.access")
        self._logger = logging.getLogger("app.access")

    def is_read(self, path: str) -> bool:
        """Whether a line about a request of the path would be written anywhere."""
        return self._logger.isEnabledFor(_level(path))

    def write(
        self, method: str, path: str, status: int | None, *, began: float, size: int = 0, operation: str | None = None
    ) -> None:
        """`began` is a time of `time.perf_counter`; without a status, the client went before there was an answer."""
        self._log.log(
            _level(path),
            "request",
            method=method,
            path=path,
            status=status or _CLIENT_CLOSED_REQUEST,
            ms=round((time.perf_counter() - began) * 1000, 2),
            bytes=size,
            **({} if operation is None else {"operation": operation[:_LOGGED_NAME_LENGTH]}),
        )


class AccessLogMiddleware:
    """Writes the line of every HTTP request, and of every socket when it ends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = AccessLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not self._log.is_read(scope["path"]):
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status: int | None = None
        size = 0

        async def send_counted(message: Message) -> None:
            nonlocal status, size
            status = _status_in(message, status)
            size += len(message.get("body") or message.get("text") or message.get("bytes") or b"")
            await send(message)

        try:
            await self._app(scope, receive, send_counted)
        except Exception:
            status = 500
            raise
        finally:
            operation = scope.get("state", {}).get("operation")
            method = scope.get("method", "GET")  # that of a handshake is not said
            self._log.write(method, scope["path"], status, began=began, size=size, operation=operation)


def _status_in(message: Message, known: int | None) -> int | None:
    """The status of an answer, once this message has been sent."""
    match message["type"]:
        case "http.response.start" | "websocket.http.response.start":
            return int(message["status"])  # some frameworks give a member of an enum
        case "websocket.accept":
            return 101
        case "websocket.close":
            return known or 403
        case _:
            return known


def _level(path: str) -> int:
    return logging.DEBUG if path.startswith("/health") else logging.INFO
