"""Streams: what every transport that sends several results has in common, and those over HTTP."""

from app.server.streaming.endpoint import StreamEndpoint, may_be_streamed
from app.server.streaming.services import Services
from app.server.streaming.settings import StreamSettings

__all__ = ["Services", "StreamEndpoint", "StreamSettings", "may_be_streamed"]
