"""What operators see: logs and traces."""

from app.telemetry.exchange import log_exchange
from app.telemetry.log import configure_logging
from app.telemetry.trace import TraceContext

__all__ = ["TraceContext", "configure_logging", "log_exchange"]
