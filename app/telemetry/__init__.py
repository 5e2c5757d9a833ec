"""What operators see: logs and traces."""

from app.telemetry.log import configure_logging
from app.telemetry.trace import TraceContext

__all__ = ["TraceContext", "configure_logging"]
