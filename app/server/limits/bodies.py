"""Limits of bodies: how long one is, and how many requests it holds."""

from dataclasses import dataclass
from typing import Final

from app.errors import RequestError
from app.server.limits.gate import Gate

MAX_BODY: Final = "PAYLOAD_TOO_LARGE"
MAX_BATCH: Final = "MAX_BATCH_LIMIT"
MOST_BYTES: Final = 32_000_000
"""Of a body where its limit only warns: all of it is held in memory."""


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """Keeps the limits of bodies. `max_batch` is how many requests an array may hold; 0 takes no arrays."""

    gate: Gate
    max_bytes: int
    max_batch: int = 0

    @property
    def most_bytes(self) -> int:
        """What is longer need not be read to its end."""
        return max(self.max_bytes, MOST_BYTES) if self.gate.only_warns(MAX_BODY) else self.max_bytes

    def check_bytes(self, count: int) -> None:
        """Raises `RequestError` (413) for a body that is too long."""
        if count > self.max_bytes:
            self.gate.exceeded(_too_long(self.max_bytes))

    def too_long(self) -> RequestError:
        """The error (413) of a body that has more than `most_bytes`."""
        return self.gate.refusal(_too_long(self.most_bytes))

    def check_batch(self, count: int) -> None:
        """Raises `RequestError` (400) for an array that holds too many requests, or none."""
        if count > self.max_batch:
            self.gate.exceeded(self._wrong_batch())
        elif not count:
            raise self._wrong_batch()

    def _wrong_batch(self) -> RequestError:
        return RequestError(f"A batch has 1 to {self.max_batch} requests.", code=MAX_BATCH)


def _too_long(than: int) -> RequestError:
    return RequestError(
        f"The body is longer than {than} bytes.",
        status=413,
        code=MAX_BODY,
        headers={"connection": "close"},  # there may be more of the body
    )
