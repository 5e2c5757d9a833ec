"""GraphQL over WebSocket: the graphql-transport-ws protocol."""

from app.server.websocket.route import create_websocket
from app.server.websocket.settings import WebSocketSettings

__all__ = ["WebSocketSettings", "create_websocket"]
