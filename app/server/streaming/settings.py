"""The limits that streams over HTTP keep."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """The limits of every stream. Times are in seconds; `clock` gives seconds since the epoch."""

    event_interval: float = 12.0
    """Between two comments of an event stream, which show that it lives."""
    part_interval: float = 5.0
    """Between two empty parts of a multipart subscription, which show the same."""
    patience: float = 30.0
    """How long a client may take to make room for a message."""
    max_operations: int = 100
    """Operations at a time on a single connection."""
    reservation_timeout: float = 30.0
    """How long a reserved stream waits to be opened."""
    max_reservations: int = 20
    """Streams of one caller that are reserved and not open; those without a token are one caller."""
    clock: Callable[[], float] = time.time
