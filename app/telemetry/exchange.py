"""The log line of one call to a backend."""

import logging
from typing import Protocol

import structlog


class Exchange(Protocol):
    """What a call was and what became of it; `app.rest.Exchange` is one."""

    @property
    def service(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def route(self) -> str: ...
    @property
    def status(self) -> int | None: ...
    @property
    def error(self) -> Exception | None: ...
    @property
    def seconds(self) -> float: ...
    @property
    def is_shared(self) -> bool: ...
    @property
    def is_retried(self) -> bool: ...
    @property
    def cache(self) -> str | None: ...


_logger = logging.getLogger("app.rest")  # knows the level without making a line first
_log = structlog.get_logger("app.rest")


def log_exchange(exchange: Exchange) -> None:
    """DEBUG for an answer; INFO for a failure, which the error report names once more at the level it deserves."""
    error = exchange.error
    if error is None and not _logger.isEnabledFor(logging.DEBUG):
        return
    (_log.debug if error is None else _log.info)(
        "backend.call",
        service=exchange.service,
        method=exchange.method,
        route=exchange.route,
        status=exchange.status,
        ms=round(exchange.seconds * 1000, 2),
        shared=exchange.is_shared,
        retried=exchange.is_retried,
        cache=exchange.cache,
        **({} if error is None else {"error": str(error)}),
    )
