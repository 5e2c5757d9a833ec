"""Atrium beside the plain server: the same page of listings with their agents, over the same backends."""

from typing import Final

from benchmarks.contest import Effort, Result, answer, check, hold
from benchmarks.gateway.world import World, admins, running
from benchmarks.load import Request, generator
from benchmarks.machine import Machine
from benchmarks.show import megabytes, number, show, table

QUERY: Final = "{ listings(first: 100) { nodes { id address price { amount currency } agent { id name email } } } }"
SHIPPED: Final = "as shipped"
UNSHARED: Final = "nothing shared"
LEVELS: Final = 2
"""How many backend calls the query may take: one for the listings, one for their agents."""


def compare(machine: Machine, effort: Effort, callers: int) -> None:
    """Print the table. `callers` are the tokens of the mode in which each request is another caller's."""
    with running(machine, "atrium", "plain") as world:
        (atrium, plain) = world.contestants
        tokens = admins(callers)
        request = Request(QUERY, tokens[0])
        expected = answer(plain, request)
        assert len(expected["listings"]["nodes"]) == 100, "the sample data fills the page"
        check(atrium, request, expected)
        alone = _calls_alone(world, request)
        kinds = {SHIPPED: [request], UNSHARED: [Request(QUERY, token) for token in tokens]}
        results = hold(world.contestants, kinds, effort, world.count_calls)
    show(f"## The gateway over its reference backends\n\n`{QUERY}` as the admin.")
    show(
        f"Medians of {effort.rounds} interleaved rounds of {effort.seconds:g} s, {effort.connections} connections;"
        f" {machine}. Load: {generator()}.\n"
    )
    heads = ("", "requests/s", "requests per CPU second", "p50 ms", "p99 ms", "backend calls a request", "RSS MB")
    rows = []
    for kind in kinds:
        rows += [_row(contestant.name, kind, results[contestant.name, kind]) for contestant in world.contestants]
        rows.append(_ratios(kind, results[atrium.name, kind], results[plain.name, kind]))
    table(heads, rows)
    show(f"\nBackend calls of one request alone: {', '.join(f'{name} {calls}' for name, calls in alone.items())}.")
    show(
        f"*{SHIPPED}*: every request is the same caller's, so Atrium does identical ones in flight once."
        f" *{UNSHARED}*: {callers:,} callers in turn, nothing can be shared, and every token is checked anew."
    )
    show(f"{_failed(results)}\n")


def _calls_alone(world: World, request: Request) -> dict[str, int]:
    counts = {}
    for contestant in world.contestants:
        before = world.count_calls()
        answer(contestant, request)
        counts[contestant.name] = world.count_calls() - before
    return counts


def _row(name: str, kind: str, result: Result) -> list[str]:
    return [
        f"{name}, {kind}",
        number(result.rate),
        number(result.cpu_rate),
        number(result.p50_ms),
        number(result.p99_ms),
        f"{result.calls_per_request:.2f}",
        megabytes(result.memory),
    ]


def _ratios(kind: str, ours: Result, theirs: Result) -> list[str]:
    def ratio(figure: str) -> str:
        return f"{getattr(ours, figure) / max(getattr(theirs, figure), 0.001):.2f}x"

    return [
        f"**ratio, {kind}** (to be 2 or more)",
        f"**{ratio('rate')}**",
        f"**{ratio('cpu_rate')}**",
        ratio("p50_ms"),
        ratio("p99_ms"),
        "",
        ratio("memory"),
    ]


def _failed(results: dict[tuple[str, str], Result]) -> str:
    failed = {f"{name}, {kind}": result.failures for (name, kind), result in results.items() if result.failures}
    return f"Failed requests: {failed}." if failed else "No request failed."
