"""GraphQL over WebSocket: the graphql-transport-ws protocol."""

from app.server.websocket.route import create_websocket
from app.server.websocket.services import Services, WebSocketSettings

__all__ = ["Services", "WebSocketSettings", "create_websocket"]
