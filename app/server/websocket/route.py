"""The route of the sockets: the handshake, before there is a connection."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from app.server.streaming import Services
from app.server.websocket.connection import Connection
from app.server.websocket.messages import CloseCode
from app.server.websocket.settings import WebSocketSettings

SUBPROTOCOL = "graphql-transport-ws"
_PORT_BY_SCHEME = {"http": 80, "https": 443}


def create_websocket(
    services: Services, settings: WebSocketSettings | None = None, path: str = "/graphql"
) -> WebSocketRoute:
    """The route that speaks graphql-transport-ws.

    A page of another origin that is not allowed is refused with 403, as a browser would send such a page's handshake
    with the user's cookies and from inside their network; clients that are no browsers send no `Origin`.
    """
    limits = settings or WebSocketSettings()

    async def serve(websocket: WebSocket) -> None:
        origin = websocket.headers.get("origin")
        if origin is not None and not _is_allowed(origin, websocket.headers.get("host", ""), limits.allowed_origins):
            await websocket.close()  # before it is accepted, this answers 403
            return
        if SUBPROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
            return
        await websocket.accept(SUBPROTOCOL)
        await Connection(websocket, services, limits).serve()

    return WebSocketRoute(path, serve, name="graphql-websocket")


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
