"""Where sockets come in: the handshake, before there is a connection."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from app.server.leaving import behind_those_who_leave
from app.server.streaming import Services
from app.server.websocket.connection import Connection
from app.server.websocket.messages import CloseCode
from app.server.websocket.settings import WebSocketSettings

SUBPROTOCOL = "graphql-transport-ws"
_PORT_BY_SCHEME = {"http": 80, "https": 443}


class WebSocketEndpoint:
    """Speaks graphql-transport-ws, as an ASGI app of sockets.

    A page of another origin that is not allowed is refused with 403, as a browser would send such a page's handshake
    with the user's cookies and from inside their network; clients that are no browsers send no `Origin`.
    """

    def __init__(self, services: Services, settings: WebSocketSettings | None = None) -> None:
        self._services = services
        self._settings = settings or WebSocketSettings()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await behind_those_who_leave()
        websocket = WebSocket(scope, receive, send)
        origin, host = websocket.headers.get("origin"), websocket.headers.get("host", "")
        if origin is not None and not _is_allowed(origin, host, self._settings.allowed_origins):
            await websocket.close()  # before it is accepted, this answers 403
            return
        if SUBPROTOCOL not in scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
            return
        await websocket.accept(SUBPROTOCOL)
        await Connection(websocket, self._services, self._settings).serve()


def _is_allowed(origin: str, host: str, allowed: Collection[str]) -> bool:
    """Whether a page of an origin may connect: one of this host, whatever the scheme (TLS may end before us)."""
    if "*" in allowed or origin in allowed:
        return True
    try:
        page = urlsplit(origin)
        server = urlsplit(f"{page.scheme}://{host}")
        default = _PORT_BY_SCHEME.get(page.scheme)
        return bool(page.hostname) and (page.hostname, page.port or default) == (
            server.hostname,
            server.port or default,
        )
    except ValueError:
        return False
