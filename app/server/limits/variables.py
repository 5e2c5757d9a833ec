"""Limits of variables: how many values they hold, and how deep."""

from collections.abc import Mapping
from typing import Any, Final

from app.errors import RequestError
from app.server.limits.gate import Gate

MAX_DEPTH: Final = "MAX_VARIABLES_DEPTH_LIMIT"
MAX_SIZE: Final = "MAX_VARIABLES_SIZE_LIMIT"
_HOLDERS: Final = frozenset({dict, list})


class VariableLimits:
    """Keeps the limits of variables. `max_size` is in values: members of objects, and items of lists."""

    def __init__(self, gate: Gate, *, max_depth: int, max_size: int) -> None:
        self._gate = gate
        self._max_depth = max_depth
        self._max_size = max_size

    def check(self, variables: Mapping[str, object]) -> None:
        """Raises `RequestError` for variables that exceed a limit."""
        size = len(variables)
        depth = 1
        level: list[Any] = []
        if size <= self._max_size:
            level = [value for value in variables.values() if type(value) in _HOLDERS]
            if not level:
                return
        while level and depth <= self._max_depth:
            depth += 1
            size += sum(map(len, level))
            if size > self._max_size:
                break
            members = [value for held in level for value in (held.values() if type(held) is dict else held)]
            level = [value for value in members if type(value) in _HOLDERS]
        if size > self._max_size:
            message = f"Variables may hold at most {self._max_size} values."
            self._gate.exceeded(RequestError(message, code=MAX_SIZE))
        elif depth > self._max_depth:
            message = f"Variables may be at most {self._max_depth} levels deep."
            self._gate.exceeded(RequestError(message, code=MAX_DEPTH))
