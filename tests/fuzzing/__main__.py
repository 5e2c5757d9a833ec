"""Asks a gateway whatever its schema allows, and some of what it does not: `python -m tests.fuzzing --seconds 600`.

schemathesis makes the documents, chains mutations and queries by the ids they give, and prints a failing one whole.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.contest import wait_for
from benchmarks.machine import Process, free_port, python

ROOT: Final = Path(__file__).parents[2]
MAX_ANSWER_SECONDS: Final = 10
OVERTIME_SECONDS: Final = 120
"""For starting, the last case and the report; after it schemathesis is stopped."""

SETTINGS: Final = {
    "ENVIRONMENT": "production",  # errors are masked
    "INTROSPECTION": "true",
    "JWT_SECRET": "a-secret-for-fuzzing-that-is-long-enough",
    "SERVICE_KEY": "a-service-key-for-fuzzing",
    "LOG_LEVEL": "ERROR",
    "RATE_LIMITS": "false",
}


def main() -> int:
    """Fuzz; the status is 1 when an answer was a fault or came late."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))  # noqa: S311 -- no secret
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        return fuzz(Path(place), options.seconds, options.seed)


def fuzz(directory: Path, seconds: int, seed: int) -> int:
    """The exit status of schemathesis, whose files are in the directory; where it fails, the gateway's log is shown."""
    port = free_port()
    environment = {**SETTINGS, "PORT": str(port), "DATA_DIR": str(directory / "var")}
    command = [*python("app"), "dev"]
    cores = frozenset(os.sched_getaffinity(0))
    gateway = Process(command, cores, directory / "gateway.log", {**environment, "PYTHONPATH": str(ROOT)}, directory)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", gateway)
        status = run(directory, f"http://127.0.0.1:{port}/graphql", seconds, seed)
    finally:
        gateway.stop()
    if status:
        sys.stdout.write(f"\nThe gateway's log:\n{gateway.log.read_text(errors='replace')[-20_000:]}\n")
    return status


def run(directory: Path, url: str, seconds: int, seed: int) -> int:
    options = {
        "--max-time": seconds,
        "--seed": seed,
        "--checks": "is_no_fault,response_schema_conformance",
        "--max-response-time": MAX_ANSWER_SECONDS,
        "--request-timeout": MAX_ANSWER_SECONDS,
        "--generation-database": "none",
        "--output-truncate": "false",
    }
    command = [*python("schemathesis.cli"), "--no-color", "fuzz", url, "--continue-on-failure"]
    command += [str(part) for option in options.items() for part in option]
    environment = {**os.environ, **SETTINGS, "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.fuzzing.hooks"}
    try:
        done = subprocess.run(command, cwd=directory, env=environment, timeout=seconds + OVERTIME_SECONDS)  # noqa: S603
    except subprocess.TimeoutExpired:
        sys.stdout.write(f"It did not stop by itself. Seed: {seed}\n")
        return 1
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
