"""What being safe costs: the public job with everything on against everything off.

All are in this process and have their turns one after the other, a hundred requests at once, each another caller's; the
figure is the least CPU time of many turns. What cannot be turned off is on in all: checks of media types, origins,
sizes and tokens, time limits, security headers, the limits of documents (which are looked at once a document), the
places of a service and the counting of its calls and rows.
"""

import asyncio
import tempfile
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import uvloop

from app.server.collector import calm_collector
from benchmarks.bare import create_bare_posts
from benchmarks.contest import wait_for
from benchmarks.inprocess import AT_ONCE, InProcess
from benchmarks.load import Request, rendered
from benchmarks.machine import Machine, on_cores
from benchmarks.peers import upstream
from benchmarks.peers.atrium_posts import bearer, create_posts
from benchmarks.peers.data import QUERIES
from benchmarks.show import note, number, show, table

CALLERS: Final = 5000
"""In turns, so that no answer which is kept is ever used again: the dearest that the response cache can be."""

HEADS: Final = ("CPU a request, µs", "off", "on, no cache", "on", "overhead, no cache", "overhead")


def compare_overhead(machine: Machine, turns: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as place, on_cores(machine.server_cores):
        process, url = upstream.start(machine.load_cores, Path(place))
        try:
            wait_for(url, process)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                rows = runner.run(_measured(url, turns))
        finally:
            process.stop()
    show("## What being safe costs, on the public job\n")
    show(f"The least of {turns} turns of {AT_ONCE} requests, nothing shared; upstream: {upstream.name()}.\n")
    table(HEADS, rows)
    show("\nThe overhead is to be 10 % or less.\n")


async def _measured(url: str, turns: int) -> list[list[str]]:
    uncached, whole = (create_posts(url, shares=False, keeps=keeps) for keeps in (False, True))
    apps = [InProcess(app) for app in (create_bare_posts(url), uncached, whole)]
    calm_collector()
    callers = cycle([bearer(number) for number in range(CALLERS)])
    rows = []
    for name, query in QUERIES.items():
        note(f"overhead: {name}")
        least = [float("inf")] * len(apps)
        for _ in range(turns):
            for place, app in enumerate(apps):
                requests = [Request(query, caller) for caller in islice(callers, AT_ONCE)]
                sent = [rendered("/graphql", "localhost", request) for request in requests]
                least[place] = min(least[place], await app.cost(sent))
        off, *on = least
        overheads = [f"**{figure / off - 1:+.1%}**" for figure in on]
        rows.append([f"{name} `{query}`", *map(number, least), *overheads])
    return rows
