"""What happened in each fifth of the soak, and what must not have."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from benchmarks.machine import Process
from benchmarks.show import megabytes, number, show, table

FIFTHS: Final = ("first fifth", "second", "third", "fourth", "last")
MAX_GROWTH: Final = 0.05
MAX_SHOWN: Final = 20
JUDGED_MINUTES: Final = 5
"""In less time caches are still filling, and memory is shown but not judged."""


@dataclass(slots=True)
class Fifth:
    counts: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    rss_bytes: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    @property
    def p99_ms(self) -> float:
        times = sorted(self.milliseconds) or [0.0]
        return times[len(times) * 99 // 100]


class Tally:
    """Counts from now on, for so many seconds."""

    def __init__(self, seconds: float, process: Process) -> None:
        self._began = time.monotonic()
        self._seconds = seconds
        self._process = process
        self.fifths = [Fifth() for _ in FIFTHS]
        self.wrong: list[str] = []

    @property
    def ends_at(self) -> float:
        return self._began + self._seconds

    @property
    def now(self) -> Fifth:
        passed = (time.monotonic() - self._began) / self._seconds
        return self.fifths[min(int(passed * len(self.fifths)), len(self.fifths) - 1)]

    def count(self, what: str) -> None:
        self.now.counts[what] += 1

    def took(self, seconds: float) -> None:
        self.now.milliseconds.append(seconds * 1000)

    def blame(self, what: str) -> None:
        """Note something that must not happen."""
        self.count("wrong")
        self.wrong.append(what)

    def weigh(self) -> None:
        """Note what the gateway's process has."""
        self.now.rss_bytes.append(self._process.rss_bytes)
        self.now.files.append(self._process.open_files)

    @property
    def growth(self) -> float:
        """Of memory, from the second fifth to the last."""
        return median(self.fifths[-1].rss_bytes) / median(self.fifths[1].rss_bytes) - 1

    def judge(self) -> bool:
        """Whether nothing was wrong."""
        if self._seconds >= JUDGED_MINUTES * 60 and self.growth > MAX_GROWTH:
            self.wrong.append(f"Memory grew by {self.growth:.1%}.")
        for what in self.wrong[:MAX_SHOWN]:
            show(f"WRONG: {what}")
        if len(self.wrong) > MAX_SHOWN:
            show(f"… and {len(self.wrong) - MAX_SHOWN} more.")
        return not self.wrong

    def show(self) -> None:
        rows: list[tuple[str, Callable[[Fifth], str]]] = [
            ("memory of the gateway, MB", lambda fifth: megabytes(median(fifth.rss_bytes))),
            ("its open files", lambda fifth: number(median(fifth.files))),
            *((what, _counted(what)) for what in ("queries", "mutations", "events received", "tasks followed")),
            ("reconnections", _counted("reconnections")),
            ("p99 of queries and mutations, ms", lambda fifth: number(fifth.p99_ms)),
            ("errors of the service at fault", _counted("errors with a cause")),
            ("anything wrong", _counted("wrong")),
        ]
        table(["", *FIFTHS], [[name, *map(of, self.fifths)] for name, of in rows])


def _counted(what: str) -> Callable[[Fifth], str]:
    return lambda fifth: f"{fifth.counts[what]:,}"
