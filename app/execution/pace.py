"""The pace at which long documents are read: half of the time belongs to those who are served meanwhile alone."""

import threading
import time
from collections.abc import Callable
from math import inf
from typing import Any, Final, TypeVar

from graphql import Lexer, Node, Token
from graphql.validation import ASTValidationRule

T = TypeVar("T")

SLICE_SECONDS: Final = 0.0005
PAUSE_SECONDS: Final = 0.0005
"""After each slice: with two threads at work, each waits for the other whenever it has waited for something else."""


class _Pace(threading.local):
    since = inf
    """When the thread began to work after its last pause; never, in one that need not pause."""


_pace = _Pace()


def paced(work: Callable[[str], T], text: str) -> T:
    """Do this in the present thread, with a pause wherever the work says that there can be one, and it is time."""
    _pace.since = time.perf_counter()
    return work(text)


def give_way() -> None:
    """Pause, if it is time to."""
    if time.perf_counter() - _pace.since >= SLICE_SECONDS:
        time.sleep(PAUSE_SECONDS)
        _pace.since = time.perf_counter()


class PacedLexer(Lexer):
    """graphql-core's lexer, with a pause now and then."""

    def read_next_token(self, start: int) -> Token:
        give_way()
        return super().read_next_token(start)


class PacedRule(ASTValidationRule):
    """Finds nothing wrong, and pauses now and then for all the rules."""

    def enter(self, _node: Node, *_args: Any) -> None:
        give_way()
