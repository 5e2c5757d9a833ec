"""The three queries of the job on every server that is installed, in both modes."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from benchmarks.contest import Contestant, Effort, Result, UnfitError, check, hold, wait_for
from benchmarks.load import Request, generator, send_each
from benchmarks.machine import Machine
from benchmarks.peers import upstream
from benchmarks.peers.atrium_posts import bearer
from benchmarks.peers.data import GREET, QUERIES, expected
from benchmarks.peers.servers import OTHER, OURS, SHIPPED, UNSHARED, Server, installed_in
from benchmarks.show import megabytes, note, number, show, table

CALLERS: Final = 5000

NODE: Final = ("Apollo Server", "Mercurius, JIT", "Yoga", "Yoga, JIT", "Hive Gateway")
MODES: Final = (UNSHARED, SHIPPED)
_TARGETS: Final = (
    (UNSHARED, NODE, "the best peer on Node", "1.2, 1 and 1 or more"),
    (UNSHARED, ("Strawberry",), "plain Strawberry", "25, 15 and 12 or more"),
    (SHIPPED, ("Tailcall",), "Tailcall", "0.8, 0.5 and 0.15 or more"),
    (UNSHARED, (OTHER,), "the other checkout", "1 or more"),
    (SHIPPED, (OTHER,), "the other checkout", "1 or more"),
)

Results = Mapping[tuple[str, str, str], Result]
"""By server, mode and query."""


def compare_peers(machine: Machine, effort: Effort, contenders: Sequence[Server]) -> None:
    """Print the tables; servers that are not installed, do not start or answer wrongly are named and left out."""
    results: dict[tuple[str, str, str], Result] = {}
    left_out: list[str] = []
    with _running(machine, contenders, left_out, CALLERS if effort.seconds else 1) as running:
        for mode in MODES:
            contestants = [contestant for server, contestant in running if mode in server.modes]
            kinds = {query: _requests(QUERIES[query], mode) for query in QUERIES}
            for (server, query), result in hold(contestants, kinds, effort).items():
                results[server, mode, query] = result
    show("## The public job of tailcallhq/graphql-benchmarks\n")
    show(" · ".join(f"{name} `{query}`" for name, query in QUERIES.items()))
    show(
        f"\nMedians of {effort.rounds} interleaved rounds of {effort.seconds:g} s a query, {effort.connections}"
        f" connections, one process a server; {machine}. Upstream: {upstream.name()}. Load: {generator()}.\n"
    )
    for mode in MODES:
        show(f"### {mode[0].upper()}{mode[1:]}\n\n{_EXPLAINED[mode]}\n")
        table(_heads(mode), _rows(mode, results))
        show()
    show("### Ratios\n")
    table(["Atrium's rate against", *QUERIES], list(ratios(results)))
    show()
    for line in left_out:
        show(f"Left out: {line}.")
    show(_failed(results))


def _requests(query: str, mode: str) -> list[Request]:
    if mode == SHIPPED:
        return [Request(query, bearer(0))]
    return [Request(query, bearer(caller)) for caller in range(CALLERS)]


@contextmanager
def _running(
    machine: Machine, contenders: Sequence[Server], left_out: list[str], callers: int
) -> Iterator[list[tuple[Server, Contestant]]]:
    """Every server that answers as it should."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        directory = Path(place)
        process, url = upstream.start(machine.load_cores, directory)
        stack.callback(process.stop)
        wait_for(url, process)
        running = []
        for server in contenders:
            try:
                running.append((server, _checked(server, machine, url, directory, stack, callers=callers)))
            except UnfitError as error:
                if server.name == OURS:
                    raise
                left_out.append(f"{server.name}, {' and '.join(server.modes)}: {error.reason}")
                note(str(error))
        yield running


def _checked(
    server: Server, machine: Machine, url: str, directory: Path, stack: ExitStack, *, callers: int
) -> Contestant:
    if not server.is_installed:
        raise UnfitError(f"not installed in {installed_in()}")
    contestant = server.start(machine.server_cores, url, directory)
    stack.callback(contestant.process.stop)
    for query in QUERIES.values():
        check(contestant, Request(query, bearer(0)), expected(query))
    if UNSHARED in server.modes and callers > 1:  # a token is verified when it is first seen: not while it is timed
        send_each(contestant.url, [Request(GREET, bearer(caller)) for caller in range(callers)], connections=20)
    return contestant


_EXPLAINED: Final = {
    UNSHARED: f"Every request is another caller's ({CALLERS:,} signed tokens in turn); no answer is kept or"
    " shared. Atrium shares no queries and no reads, Tailcall without `dedupe` and with its users batched.",
    SHIPPED: "One caller. Atrium does identical ones in flight once and keeps the upstream's answers, which it has to"
    " validate each time; Tailcall as the public job configures it, which answers identical operations in flight once."
    " The others share nothing.",
}


def _heads(mode: str) -> list[str]:
    heads = [mode]
    for query in QUERIES:
        heads += [f"{query} requests/s", "a CPU second", "p50 ms", "p99 ms"]
    return [*heads, "RSS MB"]


def _rows(mode: str, results: Results) -> list[list[str]]:
    rows = []
    for server in _names(mode, results):
        row = [f"**{server}**" if server == OURS else server]
        for query in QUERIES:
            result = results[server, mode, query]
            row += [number(result.rate), number(result.cpu_rate), number(result.p50_ms), number(result.p99_ms)]
        rows.append([*row, megabytes(_memory(server, mode, results))])
    return rows


def _names(mode: str, results: Results) -> list[str]:
    return list(dict.fromkeys(server for server, its_mode, _ in results if its_mode == mode))


def _memory(server: str, mode: str, results: Results) -> float:
    return max(results[server, mode, query].memory for query in QUERIES)


def ratios(results: Results) -> Iterator[list[str]]:
    """What the targets are about, a row for each: how Atrium compares with the best of some peers."""
    for mode, names, what, targets in _TARGETS:
        rivals = [name for name in _names(mode, results) if name in names]
        if not rivals:
            continue
        row = [f"{what}, {mode} (to be {targets})"]
        for query in QUERIES:
            best = max(rivals, key=lambda name: results[name, mode, query].rate)
            ratio = results[OURS, mode, query].rate / max(results[best, mode, query].rate, 0.001)
            row.append(f"{ratio:.2f}x ({best})")
        yield row
        if names is NODE:
            leanest = min(rivals, key=lambda name: _memory(name, mode, results))
            ratio = _memory(OURS, mode, results) / _memory(leanest, mode, results)
            yield [f"memory of the leanest peer on Node, {mode} (to be ⅓ or less)", f"{ratio:.2f}x ({leanest})", "", ""]


def _failed(results: Results) -> str:
    failed = [f"{' '.join(key)}: {result.failures}" for key, result in results.items() if result.failures]
    return f"Failed requests: {'; '.join(failed)}." if failed else "No request failed.\n"
