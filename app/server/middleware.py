"""Middleware: what surrounds every HTTP request, whatever serves it."""

import logging
import re
import time
from random import getrandbits

import structlog
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.reporting import Reporter
from app.settings import Settings
from app.telemetry import TraceContext, current_request

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_SECURITY_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
_CLIENT_CLOSED_REQUEST = 499  # nginx's, for a client that went before there was an answer
_EXPOSED_HEADERS = ("X-Request-ID", "Retry-After")
_LOGGED_NAME_LENGTH = 100  # a name may be as long as a body


def middleware(settings: Settings) -> list[Middleware]:
    """What the app is wrapped in, outermost first."""
    stack = [Middleware(RequestContextMiddleware), Middleware(AccessLogMiddleware)]
    if settings.cors_origins:
        stack.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.cors_origins,
                allow_methods=["GET", "POST"],
                allow_headers=["*"],
                expose_headers=_EXPOSED_HEADERS,
                max_age=7200,
            )
        )
    return stack


class RequestContextMiddleware:
    """Gives every request an id and a place in a trace.

    Both are in the state of the scope (`request_id`, `trace`) and on every log line; the id, and headers that make
    browsers careful, are on every answer. So it is here that a defect which nothing else caught is answered.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._reporter = Reporter(debug=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = headers.get(b"x-request-id", b"")
        if _REQUEST_ID.fullmatch(request_id) is None:
            request_id = b"%032x" % getrandbits(128)
        trace = TraceContext.received(_text(headers.get(b"traceparent")), _text(headers.get(b"tracestate")))
        state = scope.setdefault("state", {})
        state["request_id"] = request_id.decode()
        state["trace"] = trace
        is_answered = scope["type"] == "websocket"

        async def send_with_headers(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id),
                    *_SECURITY_HEADERS,
                ]
            await send(message)

        bound = current_request.set({"request_id": state["request_id"], "trace_id": trace.trace_id})
        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            if is_answered:
                raise
            errors = self._reporter.problem(error, state["request_id"])
            await JSONResponse({"errors": errors}, 500)(scope, receive, send_with_headers)
        finally:
            current_request.reset(bound)


class AccessLogMiddleware:
    """Writes one line for every HTTP request: at INFO, at DEBUG for health checks, which come every second."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = structlog.get_logger("app.access")
        self._logger = logging.getLogger("app.access")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        level = logging.DEBUG if scope.get("path", "").startswith("/health") else logging.INFO
        if scope["type"] != "http" or not self._logger.isEnabledFor(level):
            await self._app(scope, receive, send)
            return
        started_at = time.perf_counter()
        status = _CLIENT_CLOSED_REQUEST
        size = 0

        async def send_counted(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, send_counted)
        except Exception:
            status = 500
            raise
        finally:
            operation = scope.get("state", {}).get("operation")
            self._log.log(
                level,
                "request",
                method=scope["method"],
                path=scope["path"],
                status=status,
                ms=round((time.perf_counter() - started_at) * 1000, 2),
                bytes=size,
                **({} if operation is None else {"operation": operation[:_LOGGED_NAME_LENGTH]}),
            )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
