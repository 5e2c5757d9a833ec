"""The gate: what exceeds a limit is refused, or only told of where the operator wants that; both are counted."""

from collections import Counter
from collections.abc import Collection
from typing import TypeVar

import structlog

from app.errors import GatewayError

EVERY_LIMIT = "*"

E = TypeVar("E", bound=GatewayError)


class Gate:
    """Keeps limits. Those in `warn_only`, by their codes or all by `*`, refuse nothing but leave a line in the log."""

    def __init__(self, warn_only: Collection[str] = ()) -> None:
        self._warn_only = frozenset(warn_only)
        self.refused: Counter[str] = Counter()
        self.warned: Counter[str] = Counter()

    def only_warns(self, code: str) -> bool:
        """Whether what exceeds this limit passes."""
        return code in self._warn_only or EVERY_LIMIT in self._warn_only

    def exceeded(self, error: GatewayError) -> None:
        """Something exceeds the limit of this error's code: raises the error unless that limit only warns."""
        if not self.only_warns(error.code):
            raise self.refusal(error)
        self.warned[error.code] += 1
        structlog.get_logger(__name__).warning("limit.exceeded", code=error.code, reason=str(error))

    def refusal(self, error: E) -> E:
        """The error of what exceeds a limit beyond all that may pass, which is counted."""
        self.refused[error.code] += 1
        return error

    def counts(self) -> list[tuple[tuple[str, str], int]]:
        """How often each limit was exceeded, by its code and by what came of it."""
        refused = [((code, "refused"), count) for code, count in self.refused.items()]
        return refused + [((code, "warned"), count) for code, count in self.warned.items()]
