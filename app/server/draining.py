"""Draining: who does not take what was written for them is given up."""

import asyncio
from typing import Final

PATIENCE_SECONDS: Final = 30.0
MIN_BYTES_PER_SECOND: Final = 500
"""Of a client that is served; the slowest lines of today carry more."""


class Drain:
    """Watches a transport whose buffer is full, and aborts it when hardly anything leaves it."""

    def __init__(self, transport: asyncio.Transport, patience: float) -> None:
        """`patience` is in seconds: so often it is looked at, and so long nothing at all may leave."""
        self._transport = transport
        self._patience = patience
        self._left = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """The buffer is full: nothing should be added to it."""
        self._left = self._transport.get_write_buffer_size()
        self._timer = asyncio.get_running_loop().call_later(self._patience, self._look)

    def end(self) -> None:
        """It has room again, or the connection is lost."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        before = self._left
        self.begin()
        if before - self._left < MIN_BYTES_PER_SECOND * self._patience:
            self.end()
            self._transport.abort()


class DrainedProtocol(asyncio.Protocol):
    """What a protocol has to derive from, before that which writes, for its transport to be watched."""

    _drain: Drain | None = None

    def watch(self, transport: asyncio.Transport, patience: float = PATIENCE_SECONDS) -> None:
        """Have the client given up when it does not take what is written for it."""
        self._drain = Drain(transport, patience)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._drain is not None:
            self._drain.begin()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._drain is not None:
            self._drain.end()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._drain is not None:
            self._drain.end()
        super().connection_lost(exc)
