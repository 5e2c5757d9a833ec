"""Processes on cores of their own, and what they use of CPU and memory (Linux: `/proc`)."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

Cores: TypeAlias = frozenset[int]

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Machine:
    """Which cores the server under test has, and which everything else."""

    server_cores: Cores
    load_cores: Cores

    @classmethod
    def here(cls) -> "Machine":
        """The first usable core is the server's, the second everything else's; with one core they share it."""
        usable = sorted(os.sched_getaffinity(0))
        return cls(frozenset(usable[:1]), frozenset(usable[1:2] or usable[:1]))

    def __str__(self) -> str:
        if self.server_cores == self.load_cores:
            return "one core for everything: rates say little here, CPU time still does"
        return "one core for the server under test, another for the load and what is behind the server"


@contextmanager
def on_cores(cores: Cores) -> Iterator[None]:
    """Processes that are started within the block run on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Process:
    """A server in a process group of its own; its output goes to a file that is shown when it fails."""

    def __init__(
        self,
        command: Sequence[str],
        cores: Cores,
        log: Path,
        environment: Mapping[str, str],
        directory: Path | None = None,
    ) -> None:
        self.log = log
        output: IO[bytes]
        with log.open("wb") as output, on_cores(cores):
            self._popen = subprocess.Popen(  # noqa: S603 -- commands are our own
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                cwd=directory,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        return self._popen.poll() is None

    @property
    def rss_bytes(self) -> int:
        """Resident memory of the process and its descendants."""
        return sum(int(_proc(pid, "statm").split()[1]) * _PAGE_BYTES for pid in self._tree())

    @property
    def open_files(self) -> int:
        """Files and sockets that the process has open; not those of its descendants."""
        return sum(1 for _ in Path(f"/proc/{self._popen.pid}/fd").iterdir())

    @property
    def cpu_seconds(self) -> float:
        """CPU time that the process and its living descendants have used."""
        ticks = 0
        for pid in self._tree():
            fields = _proc(pid, "stat").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / _TICKS_PER_SECOND

    def stop(self) -> None:
        """Ask the whole group to end, then see to it."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if not self.is_running:
                return
            os.killpg(self._popen.pid, sign)
            try:
                self._popen.wait(5)
            except subprocess.TimeoutExpired:
                continue

    def _tree(self) -> list[int]:
        found, open_ends = [], [self._popen.pid]
        while open_ends:
            pid = open_ends.pop()
            found.append(pid)
            for task in Path(f"/proc/{pid}/task").iterdir():
                open_ends += [int(child) for child in (task / "children").read_text().split()]
        return found


def _proc(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text()


def python(module: str) -> list[str]:
    """The command that runs a module of ours in a process of its own."""
    return [sys.executable, "-m", module]


def free_port() -> int:
    """A loopback port that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
