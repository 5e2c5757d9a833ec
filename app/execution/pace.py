"""The pace at which long documents are read: half of the time belongs to those who are served meanwhile alone."""

import re
import threading
import time
from collections.abc import Callable
from math import inf
from typing import Any, Final, TypeVar

from graphql import Lexer, Node, Token, TokenKind
from graphql.validation import ASTValidationRule

T = TypeVar("T")

SLICE_SECONDS: Final = 0.0005
PAUSE_SECONDS: Final = 0.0005
"""After each slice, or as long as a longer one has worked: with two threads at work, each waits for the other whenever
it has waited for something else."""

_NAME: Final = re.compile(r"\w++", re.ASCII)


class _Pace(threading.local):
    since = inf
    """When the thread began to work after its last pause; never, in one that need not pause."""
    worked = 0.0
    """The seconds that it had worked by then; since then they are fewer than have passed, as it waits for others."""


_pace = _Pace()


def paced(work: Callable[[str], T], text: str) -> T:
    """Do this in the present thread, with a pause wherever the work says that there can be one, and it is time."""
    _begin()
    return work(text)


def give_way() -> None:
    """Pause, if it is time to."""
    if time.perf_counter() - _pace.since >= SLICE_SECONDS:
        time.sleep(max(PAUSE_SECONDS, time.thread_time() - _pace.worked))
        _begin()


def _begin() -> None:
    _pace.since, _pace.worked = time.perf_counter(), time.thread_time()


class PacedLexer(Lexer):
    """graphql-core's lexer, with a pause now and then. It reads names at once, and not character by character."""

    def read_next_token(self, start: int) -> Token:
        give_way()
        return super().read_next_token(start)

    def read_name(self, start: int) -> Token:
        name = _NAME.match(self.source.body, start)
        assert name is not None, "it begins with a letter"
        return self.create_token(TokenKind.NAME, start, name.end(), name[0])


class PacedRule(ASTValidationRule):
    """Finds nothing wrong, and pauses now and then for all the rules."""

    def enter(self, _node: Node, *_args: Any) -> None:
        give_way()
