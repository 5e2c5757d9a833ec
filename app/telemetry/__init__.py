"""What operators see: logs and traces."""

from app.telemetry.exchange import log_exchange
from app.telemetry.log import configure_logging, current_request, log_lines_of
from app.telemetry.metrics import Metrics
from app.telemetry.trace import TraceContext

__all__ = ["Metrics", "TraceContext", "configure_logging", "current_request", "log_exchange", "log_lines_of"]
