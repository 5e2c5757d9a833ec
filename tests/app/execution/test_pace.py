"""Long documents are read at a pace that leaves time to others, in the thread that is there for it."""

import threading
import time

import pytest
from graphql import build_schema

from app.execution import Executor, Request
from app.execution.pace import PAUSE_SECONDS

EXECUTOR = Executor(build_schema("type Query { a(b: String): String }"))


class Pauses:
    """The pauses that are made from now on, which take no time."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.seconds: list[float] = []
        self.threads: set[str] = set()
        patch.setattr(time, "sleep", self._pause)

    def _pause(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.threads.add(threading.current_thread().name)


def a_document(fields: int) -> Request:
    return Request(f"{{ {' '.join(f'a{number}: a' for number in range(fields))} }}")


async def test_reading_pauses_after_each_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = Pauses(monkeypatch)

    await EXECUTOR.read(a_document(2000))

    assert len(pauses.seconds) > 10
    assert min(pauses.seconds) == PAUSE_SECONDS
    assert pauses.threads == {"documents_0"}


async def test_who_has_worked_for_long_pauses_for_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = Pauses(monkeypatch)

    await EXECUTOR.read(Request('{ a(b: "' + "x" * 90_000 + '") }'))

    assert max(pauses.seconds) > 5 * PAUSE_SECONDS


def test_who_reads_in_the_present_thread_makes_no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = Pauses(monkeypatch)

    EXECUTOR.prepare(a_document(1000))

    assert pauses.seconds == []
