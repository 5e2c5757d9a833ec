"""What operators see: logs and traces."""

from app.telemetry.exchange import log_exchange
from app.telemetry.log import configure_logging
from app.telemetry.metrics import Metrics
from app.telemetry.trace import TraceContext

__all__ = ["Metrics", "TraceContext", "configure_logging", "log_exchange"]
