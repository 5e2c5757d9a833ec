"""What every answer carries, and what every request leaves in the log."""

import logging
import re
from collections.abc import AsyncIterator

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from app.server.middleware import AccessLogMiddleware, middleware
from app.settings import Settings
from app.telemetry import current_request

ACCEPTED = {"type": "websocket.accept"}
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


async def show(request: Request) -> Response:
    """What the middleware has put where handlers and log lines find it."""
    bound = dict(current_request.get()())
    return JSONResponse({"state": request.state.request_id, "trace": request.state.trace.span(), "bound": bound})


async def fail(_request: Request) -> Response:
    raise RuntimeError("defect")


async def health(_request: Request) -> Response:
    return PlainTextResponse("ok")


def an_app(settings: Settings) -> Starlette:
    routes = [Route("/show", show, methods=["GET", "POST"]), Route("/fail", fail), Route("/health", health)]
    return Starlette(routes=routes, middleware=middleware(settings))


def client_of(settings: Settings) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(an_app(settings))
    return httpx.AsyncClient(transport=transport, base_url="http://gateway")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(Settings()) as client:
        yield client


async def test_a_sane_request_id_is_kept_and_found_everywhere(client: httpx.AsyncClient) -> None:
    sent = {"X-Request-ID": "abc.DEF_1-2", "traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01"}
    answer = await client.get("/show", headers=sent)
    assert answer.headers["x-request-id"] == "abc.DEF_1-2"
    assert answer.json()["state"] == "abc.DEF_1-2"
    assert answer.json()["bound"] == {"request_id": "abc.DEF_1-2", "trace_id": TRACE_ID}
    assert answer.json()["trace"].startswith(f"00-{TRACE_ID}-")
    assert current_request.get()() == {}


@pytest.mark.parametrize("sent", ["", "two words", "a/b", "x" * 129, "é"])
async def test_any_other_request_id_is_replaced(client: httpx.AsyncClient, sent: str) -> None:
    answer = await client.get("/show", headers={b"X-Request-ID": sent.encode()})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    assert answer.json()["state"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(("path", "status"), [("/show", 200), ("/nowhere", 404)])
async def test_every_answer_makes_browsers_careful(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert "strict-transport-security" not in answer.headers


async def test_behind_tls_browsers_are_told_to_stay_with_it() -> None:
    async with client_of(Settings(hsts_seconds=31_536_000)) as client:
        answer = await client.get("/show")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_a_request_leaves_one_line(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="app.access")
    with structlog.testing.capture_logs() as lines:
        answer = await client.post("/show")
    (line,) = lines
    assert isinstance(line.pop("ms"), float)
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "POST",
        "path": "/show",
        "status": 200,
        "bytes": len(answer.content),
    }


@pytest.mark.parametrize(
    ("sent", "status", "size"),
    [
        ([ACCEPTED, {"type": "websocket.send", "text": "four"}, {"type": "websocket.close"}], 101, 4),
        ([ACCEPTED, {"type": "websocket.send", "bytes": b"123"}], 101, 3),
        ([{"type": "websocket.close"}], 403, 0),
        ([{"type": "websocket.http.response.start", "status": 400, "headers": []}], 400, 0),
        ([], 499, 0),
    ],
    ids=["text", "bytes", "refused", "answered", "gone before"],
)
async def test_a_socket_leaves_one_line_without_its_query_string(
    caplog: pytest.LogCaptureFixture, sent: list[Message], status: int, size: int
) -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        for message in sent:
            await send(message)

    async def receive() -> Message:
        return {"type": "websocket.disconnect"}

    async def send(_message: Message) -> None:
        pass

    caplog.set_level(logging.INFO, logger="app.access")
    scope = {"type": "websocket", "path": "/graphql", "query_string": b"token=secret", "headers": []}
    with structlog.testing.capture_logs() as lines:
        await AccessLogMiddleware(app)(scope, receive, send)
    (line,) = lines
    told = (line["event"], line["method"], line["path"], line["status"], line["bytes"])
    assert told == ("request", "GET", "/graphql", status, size)


async def test_a_defect_is_answered_like_any_error_and_logged(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="app.access")
    with structlog.testing.capture_logs() as lines:
        answer = await client.get("/fail", headers={"X-Request-ID": "r1"})
    extensions = {"code": "INTERNAL_SERVER_ERROR", "requestId": "r1"}
    assert answer.status_code == 500
    assert answer.json() == {"errors": [{"message": "Internal server error", "extensions": extensions}]}
    assert answer.headers["x-request-id"] == "r1"
    assert [(line["event"], line.get("status")) for line in lines] == [("request", 500), ("error.unexpected", None)]


@pytest.mark.parametrize(("level", "levels"), [(logging.DEBUG, ["debug"]), (logging.INFO, [])])
async def test_health_checks_leave_a_line_for_debugging_only(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, level: int, levels: list[str]
) -> None:
    caplog.set_level(level, logger="app.access")
    with structlog.testing.capture_logs() as lines:
        await client.get("/health")
    assert [line["log_level"] for line in lines] == levels


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_pages_of_allowed_origins_may_call_and_read_the_request_id(method: str) -> None:
    settings = Settings(cors_origins=["https://app.example"])
    preflight = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    async with client_of(settings) as client:
        asked = await client.options("/show", headers=preflight)
        called = await client.post("/show", headers={"Origin": "https://app.example"})
        other = await client.post("/show", headers={"Origin": "https://other.example"})
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-headers"] == "authorization,content-type"
    assert called.headers["access-control-allow-origin"] == "https://app.example"
    exposed = called.headers["access-control-expose-headers"].split(", ")
    assert {"X-Request-ID", "Retry-After", "X-RateLimit-Remaining", "Idempotency-Replayed"} <= set(exposed)
    assert "access-control-allow-origin" not in other.headers


async def test_without_origins_no_page_of_another_origin_may_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/show", headers={"Origin": "https://app.example"})
    assert "access-control-allow-origin" not in answer.headers
