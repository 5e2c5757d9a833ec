"""Logging: structlog's lines and those of the standard library's loggers in one shape on one stream."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TextIO, TypeAlias

import msgspec
import structlog
from structlog.types import EventDict, Processor

from app.settings import Settings

_PASSED_ON = ("uvicorn", "uvicorn.error", "uvicorn.asgi")
_QUIET = ("uvicorn.access", "uvicorn.sockets", "httpx", "httpcore")  # their line a request would double ours


Labels: TypeAlias = Callable[[], Mapping[str, str]]


def _nothing() -> Mapping[str, str]:
    return {}


current_request: ContextVar[Labels] = ContextVar("current_request", default=_nothing)
"""Gives what every log line of a request carries: its id and its trace, which are not looked for before."""


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Send every log line to `stream` (standard error): as JSON in production, readable in development.

    Our own lines do not pass through `logging`: that would make the line of a request cost several times as much.
    """
    stream = stream or sys.stderr
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Processor] = [
        _add_request,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering = _json_rendering() if settings.is_production else [_console_rendering(stream)]
    structlog.configure(
        processors=[*shared, *rendering],
        logger_factory=lambda name="app": _NamedLogger(stream, name),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _without_colours, *rendering],
    )
    _configure_standard_library(stream, formatter, level)


@contextmanager
def log_lines_of(**request: str) -> Iterator[None]:
    """What every log line of the block carries beside what it carried before."""
    labels = {**current_request.get()(), **request}
    bound = current_request.set(lambda: labels)
    try:
        yield
    finally:
        current_request.reset(bound)


def _add_request(_logger: object, _method: str, line: EventDict) -> EventDict:
    for name, value in current_request.get()().items():
        line.setdefault(name, value)
    return line


class _NamedLogger(structlog.WriteLogger):
    """Writes lines to a stream; processors read the name."""

    def __init__(self, stream: TextIO, name: str) -> None:
        super().__init__(stream)
        self.name = name


def _configure_standard_library(stream: TextIO, formatter: logging.Formatter, level: int) -> None:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _PASSED_ON:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _console_rendering(stream: TextIO) -> Processor:
    """Readable lines. Tracebacks are plain: the pretty ones show local variables, and with them tokens."""
    return structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _json_rendering() -> list[Processor]:
    return [
        structlog.processors.EventRenamer("message"),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(serializer=_json),
    ]


def _without_colours(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Drop uvicorn's second copy of its message, made for terminals."""
    line.pop("color_message", None)
    return line


def _json(line: object, **_options: object) -> str:
    return msgspec.json.encode(line, enc_hook=str).decode()
