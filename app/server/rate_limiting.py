"""Rate limits over HTTP: the headers that tell how one stands, and the limit of each client's address."""

import math
import time
from collections.abc import Callable
from typing import Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import RequestError
from app.graph.rate_limit import RateLimit, RateLimiter, Standing
from app.server.addresses import ClientAddresses
from app.server.reporting import Reporter

RATE_LIMIT_HEADERS: Final = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After")
UNLIMITED_PATHS: Final = ("/health", "/metrics", "/events")
"""What the platform itself asks for; events have a key of their own."""


def standing_headers(standing: Standing, clock: Callable[[], float] = time.time) -> list[tuple[bytes, bytes]]:
    """`X-RateLimit-*`, of which the reset is in seconds since the epoch, and `Retry-After` when nothing is left."""
    reset = math.ceil(standing.reset_after)
    headers = [
        (b"x-ratelimit-limit", b"%d" % standing.limit.limit),
        (b"x-ratelimit-remaining", b"%d" % max(0, standing.remaining)),
        (b"x-ratelimit-reset", b"%d" % math.ceil(clock() + standing.reset_after)),
    ]
    if standing.remaining < 0:
        headers.append((b"retry-after", b"%d" % max(1, reset)))
    return headers


class AddressRateLimitMiddleware:
    """Lets each address make so many requests a minute, handshakes of sockets among them; 429 for more."""

    def __init__(
        self, app: ASGIApp, per_minute: int, limiter: RateLimiter, addresses: ClientAddresses | None = None
    ) -> None:
        self._app = app
        self._limit = RateLimit("requests", per_minute, 60)
        self._limiter = limiter
        self._addresses = addresses or ClientAddresses()
        self._reporter = Reporter(debug=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"].startswith(UNLIMITED_PATHS):
            await self._app(scope, receive, send)
            return
        standing = await self._limiter.use(self._limit, self._addresses.of_scope(scope))
        if standing is None:
            await self._app(scope, receive, send)
            return
        headers = standing_headers(standing)

        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                told = message.get("headers", ())
                if not any(name == b"x-ratelimit-limit" for name, _ in told):  # of a field: nearer to its end
                    message["headers"] = [*told, *headers]
            await send(message)

        if standing.remaining >= 0:
            await self._app(scope, receive, send_with_headers)
        else:
            await self._refuse(scope, receive, send_with_headers)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": ""})  # not accepted yet: this answers 403
            return
        limit = self._limit
        error = RequestError(
            f"At most {limit.limit} requests in {limit.seconds} seconds.", status=429, code="RATE_LIMITED"
        )
        errors = self._reporter.problem(error, scope["state"]["request_id"])
        await JSONResponse({"errors": errors}, 429)(scope, receive, send)
