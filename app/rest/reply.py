"""What came of a read that several may wait for."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from app.rest.answer import Answer
from app.rest.caching.kept import Kept

undecoded: Final = object()


class Sending(NamedTuple):
    """What the cache knew when a read was sent: the answer to be validated, the last change, and when that was."""

    kept: Kept | None
    mark: int | None
    at: float


@dataclass(slots=True)
class Reply:
    """An answer and, once the first of those who share it has decoded it, its value."""

    answer: Answer
    sending: Sending | None
    value: Any = undecoded
