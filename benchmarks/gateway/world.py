"""The processes of the gateway's benchmarks: the reference backends, Atrium, and the plain server."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.server.authentication import issue_token
from backends.sample.people import PEOPLE
from benchmarks.contest import Contestant, wait_for
from benchmarks.gateway.settings import gateway_settings
from benchmarks.machine import Machine, Process, free_port, python


@dataclass(frozen=True, slots=True)
class World:
    """What runs, and where the backends count their calls."""

    contestants: Sequence[Contestant]
    calls_url: str

    def count_calls(self) -> int:
        """How many calls the backends have had."""
        count: int = httpx.get(self.calls_url, trust_env=False).raise_for_status().json()["calls"]
        return count


@contextmanager
def running(machine: Machine, *modules: str) -> Iterator[World]:
    """The backends and the servers of these modules, which are named after them."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        directory = Path(place)
        environment = {"DATA_DIR": str(directory), "PORT": str(free_port())}
        backends_url = f"http://127.0.0.1:{environment['PORT']}"
        log = directory / "backends.log"
        backends = Process(python("benchmarks.gateway.backends"), machine.load_cores, log, environment)
        stack.callback(backends.stop)
        contestants = []
        for module in modules:
            port = free_port()
            environment = {"PORT": str(port), "BACKENDS": backends_url}
            command = python(f"benchmarks.gateway.{module}")
            process = Process(command, machine.server_cores, directory / f"{module}.log", environment)
            stack.callback(process.stop)
            contestants.append(Contestant(module, process, f"http://127.0.0.1:{port}/graphql"))
        wait_for(f"{backends_url}/calls", backends)
        yield World(contestants, f"{backends_url}/calls")


def admins(count: int) -> list[str]:
    """So many Authorization headers of the admin of the sample data, each with a token of its own."""
    admin = next(person for person in PEOPLE if person.role == "admin")
    settings = gateway_settings()
    return [f"Bearer {issue_token(settings, subject=admin.user_id, roles=['admin'])}" for _ in range(count)]
