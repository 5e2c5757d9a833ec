"""The limits that sockets keep."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebSocketSettings:
    """The limits of every socket. Times are in seconds; `clock` gives seconds since the epoch."""

    allowed_origins: Collection[str] = ()
    init_timeout: float = 3.0
    ping_interval: float = 12.0
    silence_timeout: float = 30.0
    max_message_bytes: int = 1_000_000
    max_operations: int = 100
    clock: Callable[[], float] = time.time
