"""The whole gateway for tests: real HTTP to it, real HTTP from it to the reference backends, every call recorded."""

import asyncio
import socket
import threading
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from app.embedded import reference_backends
from app.main import create_app
from app.rest import Timing
from app.server.authentication import issue_token
from app.server.websocket.protocol import SocketProtocol
from app.settings import Settings
from backends.sample.people import PEOPLE

SECRET = "a-secret-for-tests-that-is-long-enough"
SERVICE_KEY = "a-service-key-for-tests"


class CallRecorder:
    """Records what the gateway asks of the backends, by request id: `GET /listings/listings?ids=a,b`."""

    def __init__(self) -> None:
        self.by_request: defaultdict[str, list[str]] = defaultdict(list)

    def wrap(self, app: ASGIApp) -> ASGIApp:
        async def recording(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                headers = dict(scope["headers"])
                if b"x-service-key" not in headers:
                    query = scope["query_string"].decode()
                    path = unquote(scope["path"] + (f"?{query}" if query else ""))
                    self.by_request[headers.get(b"x-request-id", b"").decode()].append(f"{scope['method']} {path}")
            await app(scope, receive, send)

        return recording


@dataclass(frozen=True, slots=True)
class Answer:
    """The gateway's answer to one GraphQL request, and the calls it took, sorted."""

    status: int
    body: Mapping[str, Any]
    headers: httpx.Headers
    calls: list[str]

    @property
    def data(self) -> Any:
        """The data, of an answer without errors."""
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def most_calls(self) -> int:
        """The planned bound on calls, of an operation asked for with `explained`."""
        return int(self.body["extensions"]["plan"]["mostCalls"])

    @property
    def errors(self) -> list[Any]:
        """The errors without what differs from run to run."""
        return [
            {
                "message": error["message"],
                "path": error.get("path"),
                "code": error["extensions"]["code"],
            }
            for error in self.body.get("errors", [])
        ]

    @property
    def code(self) -> str:
        """The code of the one error."""
        (error,) = self.body["errors"]
        return str(error["extensions"]["code"])


@dataclass(slots=True)
class Gateway:
    """A gateway that serves."""

    settings: Settings
    recorder: CallRecorder
    port: int = 0
    service_urls: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def token(self, email: str = "chris@example.com") -> str:
        """A token of somebody of the sample data."""
        person = next(person for person in PEOPLE if person.email == email)
        return issue_token(self.settings, subject=person.user_id, roles=[person.role], agent_id=person.agent_id)

    async def query(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        email: str | None = "chris@example.com",
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        explained: bool = False,
    ) -> Answer:
        """Run a document as somebody of the sample data, as who holds `token`, or as nobody."""
        request_id = uuid.uuid4().hex
        sent = {"x-request-id": request_id, "accept": "application/graphql-response+json", **(headers or {})}
        if explained:
            sent["x-atrium-plan"] = "1"
        if token is not None or email is not None:
            sent["authorization"] = f"Bearer {token or self.token(email or '')}"
        async with httpx.AsyncClient(timeout=20, verify=False) as client:  # noqa: S501 -- there is no TLS, and its setup is slow
            body = {"query": document, "variables": variables or {}}
            response = await client.post(f"{self.url}/graphql", json=body, headers=sent)
        calls = sorted(self.recorder.by_request.pop(request_id, []))
        return Answer(response.status_code, response.json(), response.headers, calls)


@asynccontextmanager
async def serving(
    data_dir: Path,
    *,
    service_urls: Mapping[str, str] | None = None,
    step_seconds: float = 0.0,
    timing: Timing | None = None,
    wrap: Callable[[ASGIApp], ASGIApp] | None = None,
    **overrides: Any,
) -> AsyncIterator[Gateway]:
    """Serve a gateway with reference backends of its own; `service_urls` puts others in their place.

    `wrap` puts a layer around the backends.
    """
    settings = Settings(
        data_dir=data_dir, jwt_secret=SecretStr(SECRET), service_key=SecretStr(SERVICE_KEY), log_level="ERROR"
    ).model_copy(update={"rate_limits": False, **overrides})
    gateway = Gateway(settings, CallRecorder())

    def wrapped(backends: ASGIApp) -> ASGIApp:
        return gateway.recorder.wrap(wrap(backends) if wrap else backends)

    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio sets it on sockets of its own only
        gateway.port = listener.getsockname()[1]
        backends = reference_backends(
            settings,
            f"{gateway.url}/events",
            step_seconds=step_seconds,
            wrap=wrapped,
        )
        async with backends as urls:
            gateway.service_urls = {**urls, **(service_urls or {})}
            app = create_app(settings, gateway.service_urls, issue_token=gateway.token, timing=timing)
            server = uvicorn.Server(
                uvicorn.Config(app, http=app.http_protocol, ws=SocketProtocol, log_config=None, access_log=False)
            )
            server.capture_signals = _no_signals  # type: ignore[method-assign]  # signals belong to pytest
            task = asyncio.create_task(server.serve([listener]))
            await _answers(f"{gateway.url}/health")
            try:
                yield gateway
            finally:
                server.should_exit = True
                await task


async def _answers(url: str) -> None:
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=5)) as client:
        (await client.get(url, timeout=10)).raise_for_status()


@contextmanager
def _no_signals() -> Iterator[None]:
    yield


@contextmanager
def serving_in_thread(data_dir: Path, **options: Any) -> Iterator[Gateway]:
    """Serve a gateway in an event loop of its own, for tests that share it; `options` are those of `serving`."""
    started, stop = threading.Event(), asyncio.Event()
    found: list[Gateway] = []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with serving(data_dir, **options) as gateway:
            found.append(gateway)
            started.set()
            await stop.wait()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        finally:
            started.set()
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    started.wait()
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
