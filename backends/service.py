"""The shape of every service: its database, its routes and its work in the background."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, Final

import httpx
from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backends.authentication import ANONYMOUS, Caller, Tokens, caller_of
from backends.description import ReadRoute, models_of, names_of, parameters
from backends.document import new_id
from backends.idempotency import Idempotency
from backends.jobs import Jobs, Payload
from backends.notices import Delivered, Notice
from backends.outbox import Outbox
from backends.peers import Peers, current_request_id
from backends.problem import ProblemError, answer_problem, not_found
from backends.reading import answer_read
from backends.selection import Reads, select, select_one
from backends.settings import BackendSettings
from backends.storage import Database

MAX_BODY_BYTES: Final = 1_000_000
MAX_REQUEST_ID_LENGTH: Final = 128

logger = logging.getLogger(__name__)

RouteHandler = Callable[[Request], Coroutine[Any, Any, Response]]


class Service:
    """One reference service, an ASGI app. `running()` is its lifespan."""

    name: ClassVar[str]
    routers: ClassVar[Sequence[APIRouter]]
    max_body_bytes: ClassVar[int] = MAX_BODY_BYTES

    def __init__(self, settings: BackendSettings, http: httpx.AsyncClient) -> None:
        self.settings = settings
        self.database = Database(settings.data_dir / f"{self.name}.sqlite3")
        self.tokens = Tokens(settings)
        self.peers = Peers(settings, http)
        self.idempotency = Idempotency(self.database)
        key = settings.service_key.get_secret_value()
        self.outbox = Outbox(self.database, f"/{self.name}", http, settings.events_url, key)
        self.jobs = Jobs(self.database)
        self.jobs.register("notify", self._send_notice)
        self.routes = self._create_routes()
        self._app = Edge(self.routes, self.max_body_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def _create_routes(self) -> FastAPI:
        handlers: dict[int | type[Exception], Any] = dict.fromkeys(
            (ProblemError, RequestValidationError, HTTPException, Exception), answer_problem
        )
        routes = FastAPI(
            title=self.name,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            exception_handlers=handlers,
        )
        routes.state.service = self
        routes.add_route("/health", self._health, methods=["GET"])
        for router in self.routers:
            routes.include_router(router)
        return routes

    def expose(self, path: str, reads: Reads) -> None:
        """Adds `GET path` (batch, page or groups) and `GET path/{id}`."""

        async def read_many(request: Request) -> Response:
            found = select(reads, self.authenticate(request), request.query_params).json()
            return answer_read(request, self.shown(found))

        async def read_one(request: Request) -> Response:
            key = request.path_params["id"]
            found = select_one(reads, self.authenticate(request), key).one()
            if found is None:
                raise not_found(reads.noun, key, reads.missing_code)
            return answer_read(request, self.shown(found.encode()))

        many, one = models_of(reads)
        add = partial(self.routes.router.add_api_route, methods=["GET"], route_class_override=ReadRoute)
        add(path, read_many, response_model=many, openapi_extra=parameters(names_of(reads)))
        add(f"{path}/{{id}}", read_one, response_model=one, openapi_extra=parameters(path=["id"]))

    def shown(self, body: bytes) -> bytes:
        """What is answered in place of stored JSON."""
        return body

    def authenticate(self, request: Request) -> Caller:
        return self.tokens.authenticate(request, self.is_revoked)

    def is_revoked(self, _token_id: str) -> bool:
        """Only accounts knows which tokens are revoked; the gateway learns it from its events."""
        return False

    async def pause(self) -> None:
        """One step of background work."""
        await asyncio.sleep(self.settings.step_seconds)

    def notify(self, notice: Notice) -> None:
        """Has the owner told, in the background; call it inside the transaction of what they are told of."""
        self.jobs.add("notify", notice.model_dump(mode="json"))

    async def _send_notice(self, job: str, payload: Payload) -> None:
        notice = Notice.model_validate(payload)
        await self.peers.send("POST", "notifications", "/notifications", Delivered, body=notice, idempotency_key=job)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        workers = [asyncio.create_task(self._work(self.outbox.run())), asyncio.create_task(self._work(self.jobs.run()))]
        try:
            yield
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            self.database.close()

    async def _work(self, worker: Awaitable[None]) -> None:
        """Workers end by being cancelled; one that ends by itself must not do so unseen."""
        try:
            await worker
        except Exception:
            logger.exception("%s: work in the background has ended", self.name)

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok", "service": self.name})


async def service_of(request: Request) -> Any:
    return request.app.state.service


Serving = Depends(service_of)
"""Marks the parameter of a route that is the service itself: `Annotated[ListingService, Serving]`."""


class AuthenticatedRoute(APIRoute):
    """A route that needs a caller, takes JSON alone, and honours idempotency keys."""

    keep_answers: ClassVar = timedelta(days=1)

    def get_route_handler(self) -> RouteHandler:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            request.state.caller = self.caller(request)
            if request.method == "GET":
                return await handle(request)
            await require_json(request)
            service: Service = await service_of(request)
            return await service.idempotency.answer(request, caller_of(request), handle, self.keep_answers)

        return guarded

    def caller(self, request: Request, /) -> Caller:
        service: Service = request.app.state.service
        return service.authenticate(request)


class PublicRoute(AuthenticatedRoute):
    """A route for anyone. Its answers may be secrets, so they are kept for a retry and no longer."""

    keep_answers: ClassVar = timedelta(minutes=1)

    def caller(self, _request: Request, /) -> Caller:
        return ANONYMOUS


async def require_json(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if await request.body() and media_type != "application/json":
        raise ProblemError(415, "The body must be application/json.")


class Edge:
    """The outermost layer: gives each request its id, and refuses bodies that are too large."""

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request_id = request_id_of(scope)
        current_request_id.set(request_id)
        size = 0

        async def receive_limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._max_body_bytes:
                raise ProblemError(413, f"The body is longer than {self._max_body_bytes} bytes.")
            return message

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        return await self._app(scope, receive_limited, send_with_id)


def request_id_of(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given: str = value.decode("latin-1")
            if 0 < len(given) <= MAX_REQUEST_ID_LENGTH:
                return given
    return new_id("req")


def routes(public: bool = False) -> APIRouter:
    """A router whose routes are guarded; `public` ones are for anyone."""
    return APIRouter(route_class=PublicRoute if public else AuthenticatedRoute)
