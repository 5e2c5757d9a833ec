"""A contest: several servers answer the same requests, in turns, so that noise falls on all of them alike."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from statistics import median
from typing import Any, Final

import httpx

from benchmarks.load import Figures, Request, send, send_each
from benchmarks.machine import Process
from benchmarks.show import note

START_SECONDS: Final = 60.0
SETTLE_SECONDS: Final = 10.0


class UnfitError(Exception):
    """A server that did not start, or whose answer is not the one expected: it is not timed."""

    @property
    def reason(self) -> str:
        """The last line of what is wrong."""
        return str(self).strip().splitlines()[-1]


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server under test. `url` is its GraphQL endpoint."""

    name: str
    process: Process
    url: str


@dataclass(frozen=True, slots=True)
class Effort:
    """How long and how often. With `each`, a run is so many requests, to see that all works: its figures say little."""

    rounds: int
    seconds: float
    warm_up_seconds: float
    connections: int
    each: int = 0

    def warm_up(self, url: str, requests: Sequence[Request]) -> None:
        """Load that is not timed."""
        if not self.each:
            send(url, requests, connections=self.connections, seconds=self.warm_up_seconds)

    def run(self, url: str, requests: Sequence[Request]) -> Figures:
        """Load that is timed."""
        if self.each:
            return send_each(url, list(islice(cycle(requests), self.each)), connections=self.connections)
        return send(url, requests, connections=self.connections, seconds=self.seconds)


@dataclass(slots=True)
class Result:
    """The runs of one contestant with one kind of requests; figures are medians over the rounds."""

    figures: list[Figures] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    rss_bytes: list[int] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests per second."""
        return median(each.rate for each in self.figures)

    @property
    def cpu_rate(self) -> float:
        """Requests per second of the server's own CPU time: what it would do if nothing else were in its way."""
        pairs = zip(self.figures, self.cpu_seconds, strict=True)
        return median(each.requests / max(seconds, 0.01) for each, seconds in pairs)

    @property
    def p50_ms(self) -> float:
        return median(each.p50_ms for each in self.figures)

    @property
    def p99_ms(self) -> float:
        return median(each.p99_ms for each in self.figures)

    @property
    def memory(self) -> float:
        """Bytes resident at the end of a run."""
        return median(self.rss_bytes)

    @property
    def calls_per_request(self) -> float:
        return median(calls / max(each.requests, 1) for calls, each in zip(self.calls, self.figures, strict=True))

    @property
    def failures(self) -> int:
        return sum(each.failures for each in self.figures)


def wait_for(url: str, process: Process) -> None:
    """Wait until a process serves, whatever its answer; raise `UnfitError` when it does not."""
    ends_at = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(url, timeout=10, trust_env=False)
            return
        except httpx.TransportError as error:
            if not process.is_running or time.monotonic() > ends_at:
                output = process.log.read_text(errors="replace")[-2000:]
                raise UnfitError(f"Nothing serves {url} ({error}):\n{output}") from error
            time.sleep(0.1)


def answer(contestant: Contestant, request: Request) -> Any:
    """The `data` that a contestant answers with, or `UnfitError`; waits for it to start."""
    wait_for(contestant.url, contestant.process)
    headers = {"content-type": "application/json", "accept": "application/json"}
    if request.authorization:
        headers["authorization"] = request.authorization
    response = httpx.post(contestant.url, content=request.body, headers=headers, timeout=10, trust_env=False)
    if response.status_code != 200 or "errors" in response.json():
        raise UnfitError(f"{contestant.name} answers {response.status_code}: {response.text[:500]}")
    return response.json()["data"]


def check(contestant: Contestant, request: Request, expected: Any) -> None:
    """Raise `UnfitError` unless a contestant answers with exactly this data."""
    if (given := answer(contestant, request)) != expected:
        raise UnfitError(f"{contestant.name} answers {request.query} with other data: {str(given)[:500]}")


def hold(
    contestants: Sequence[Contestant],
    kinds: Mapping[str, Sequence[Request]],
    effort: Effort,
    count_calls: Callable[[], int] = lambda: 0,
) -> dict[tuple[str, str], Result]:
    """The results by the names of contestant and kind. `count_calls` says how many calls were made behind them."""
    results = {(contestant.name, kind): Result() for contestant in contestants for kind in kinds}
    for round_number in range(effort.rounds):
        for kind, requests in kinds.items():
            for contestant in contestants:
                note(f"round {round_number + 1}: {kind}: {contestant.name}")
                _run(contestant, requests, effort, count_calls, results[contestant.name, kind])
    return results


def _run(
    contestant: Contestant,
    requests: Sequence[Request],
    effort: Effort,
    count_calls: Callable[[], int],
    result: Result,
) -> None:
    effort.warm_up(contestant.url, requests)
    _settle(contestant)
    calls, cpu = count_calls(), contestant.process.cpu_seconds
    figures = effort.run(contestant.url, requests)
    result.figures.append(figures)
    result.cpu_seconds.append(contestant.process.cpu_seconds - cpu)
    result.calls.append(count_calls() - calls)
    result.rss_bytes.append(contestant.process.rss_bytes)
    _settle(contestant)


def _settle(contestant: Contestant) -> None:
    """Wait until the server has finished what nobody waits for any more: load that ends leaves requests behind."""
    ends_at = time.monotonic() + SETTLE_SECONDS
    used = contestant.process.cpu_seconds
    while time.monotonic() < ends_at:
        time.sleep(0.1)
        before, used = used, contestant.process.cpu_seconds
        if used - before < 0.02:
            return
