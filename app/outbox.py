"""Writes that are made together, once everybody who is ready has had a turn of the event loop."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, TypeAlias

logger = logging.getLogger(__name__)

Write: TypeAlias = Callable[[Any], None]


class Outbox:
    """What is to be written when the turn of the event loop ends. Of one event loop at a time.

    A write wakes whoever reads at the other end, which takes the longer part of it; of writes that come one right
    after the other, mostly the first alone has somebody to wake.
    """

    __slots__ = ("_loop", "_waiting")

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: list[tuple[Write, Any]] = []

    def put(self, loop: asyncio.AbstractEventLoop, write: Write, what: Any) -> None:
        """Have `write` called with this when the turn ends. It must see for itself whether there is still a reader."""
        if loop is not self._loop:
            self._loop, self._waiting = loop, []
        self._waiting.append((write, what))
        if len(self._waiting) == 1:
            loop.call_soon(self._send)

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        for write, what in waiting:
            try:
                write(what)
            except Exception:
                logger.exception("A write failed.")
