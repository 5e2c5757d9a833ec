"""GraphQL over WebSocket: the graphql-transport-ws protocol."""

from app.server.websocket.endpoint import WebSocketEndpoint
from app.server.websocket.settings import WebSocketSettings

__all__ = ["WebSocketEndpoint", "WebSocketSettings"]
