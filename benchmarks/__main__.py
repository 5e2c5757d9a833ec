"""`python -m benchmarks`: what it prints is what `benchmarks/README.md` keeps."""

import argparse
import os
import signal
import sys
from pathlib import Path

from benchmarks.contest import Effort, UnfitError
from benchmarks.gateway.compare import compare
from benchmarks.gateway.memory import watch_memory
from benchmarks.machine import Machine
from benchmarks.overhead import compare_overhead
from benchmarks.peers.compare import compare_peers
from benchmarks.peers.servers import install, servers
from benchmarks.show import note, show

PARTS = ("gateway", "memory", "overhead", "peers")


def main() -> int:
    """Run the parts that are asked for; the status is 1 when a server's answer is not the one expected."""
    options = _options()
    machine = Machine.here()
    os.sched_setaffinity(0, machine.load_cores)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers end with it
    smoke = options.smoke
    if smoke:
        show("Tiny runs: answers are checked, the figures say nothing.\n")
    try:
        if options.only in (None, "gateway"):
            effort = _effort(options, connections=4 if smoke else 32)
            compare(machine, effort, callers=50 if smoke else 5000)
        if options.only in (None, "memory"):
            watch_memory(machine, requests=200 if smoke else options.requests)
        if options.only in (None, "overhead"):
            compare_overhead(machine, turns=2 if smoke else options.turns)
        if options.only in (None, "peers"):
            if not smoke:
                install()
            contenders = servers(options.servers, options.beside)
            compare_peers(machine, _effort(options, connections=4 if smoke else 100), contenders)
    except UnfitError as error:
        note(str(error))
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="run one part; unset: all of them")
    parser.add_argument("--smoke", action="store_true", help="tiny runs, to see that everything works")
    parser.add_argument("--rounds", type=int, default=3, help="how often each server has its turn")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each turn is")
    parser.add_argument("--requests", type=int, default=50_000, help="how many requests memory is watched for")
    parser.add_argument("--servers", default="", help="only peers in whose name this regular expression is found")
    parser.add_argument("--beside", type=Path, help="a folder with another checkout, which is one of the peers then")
    parser.add_argument("--turns", type=int, default=200, help="how many turns overhead is measured in")
    return parser.parse_args()


def _effort(options: argparse.Namespace, connections: int) -> Effort:
    if options.smoke:
        return Effort(rounds=1, seconds=0, warm_up_seconds=0, connections=connections, each=10)
    return Effort(
        options.rounds, options.seconds, warm_up_seconds=max(1.0, options.seconds / 5), connections=connections
    )


if __name__ == "__main__":
    sys.exit(main())
