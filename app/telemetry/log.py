"""Logging: structlog and the standard library's loggers through one formatter."""

import logging
import sys
from collections.abc import Sequence
from typing import TextIO

import msgspec
import structlog
from structlog.types import EventDict, Processor

from app.settings import Settings

_PASSED_ON = ("uvicorn", "uvicorn.error", "uvicorn.asgi")
_QUIET = (
    "uvicorn.access",
    "httpx",
    "httpcore",
)  # their line a request would double ours


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Send every log line to `stream` (standard error): as JSON in production, readable in development."""
    shared: Sequence[Processor] = (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_colours,
                *_rendering(settings),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _PASSED_ON:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _rendering(settings: Settings) -> list[Processor]:
    if settings.is_production:
        return [
            structlog.processors.EventRenamer("message"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_json),
        ]
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]


def _without_colours(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Drop uvicorn's second copy of its message, made for terminals."""
    line.pop("color_message", None)
    return line


def _json(line: object, **_options: object) -> str:
    return msgspec.json.encode(line, enc_hook=str).decode()
