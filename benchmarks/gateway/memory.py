"""Whether Atrium's memory stays flat: mixed requests by the ten thousand, and its resident size as they go."""

from itertools import cycle, islice
from typing import Final

from benchmarks.contest import UnfitError, answer
from benchmarks.gateway.compare import QUERY
from benchmarks.gateway.world import admins, running
from benchmarks.load import Request, send_each
from benchmarks.machine import Machine
from benchmarks.show import megabytes, note, number, show, table

MIXED: Final = (
    "{ __typename }",
    "{ viewer { user { email } } }",
    "{ listings(first: 5) { totalCount nodes { id status price { amount } agent { name } } } }",
    "{ never_seen_before_%d: __typename }",
    "{ notifications(first: 10) { nodes { title message } } }",
    "{ listings(first: 3) { nodes { agent { listings(first: 2) { nodes { address } } } } } }",
    '{ listing(id: "lst_%d") { address } }',
    "{ thereIsNoField%d }",
    '{ __type(name: "Listing") { fields { name } } }',
    "{ listings(first: %d000) { totalCount } }",
)
"""From cheap to dear, and some that fail: with a number in it, each document is one never seen before."""

PAGE_EVERY: Final = 50
"""One request in so many is for the page that is timed."""

CALLERS: Final = 5000
STEPS: Final = 10
WARM_UP_STEPS: Final = 2
"""After a fifth of the requests the caches are full and the allocator has its arenas."""


def watch_memory(machine: Machine, requests: int) -> None:
    """Print the resident size after each tenth of the requests, and its growth after the warm-up."""
    tokens = admins(min(CALLERS, requests))
    with running(machine, "atrium") as world:
        (atrium,) = world.contestants
        answer(atrium, Request(QUERY, tokens[0]))
        coming = iter(_mixed(requests, tokens))
        sizes = []
        for step in range(STEPS):
            figures = send_each(atrium.url, list(islice(coming, requests // STEPS)), connections=16)
            if figures.failures:
                raise UnfitError(f"{figures.failures} of {figures.requests} mixed requests failed.")
            sizes.append(atrium.process.rss_bytes)
            note(f"memory: {(step + 1) * requests // STEPS:,} requests: {megabytes(sizes[-1])} MB")
    growth = sizes[-1] / sizes[WARM_UP_STEPS - 1] - 1
    show(f"## Memory over {requests:,} mixed requests\n")
    table(
        ["requests", *[f"{(step + 1) * requests // STEPS:,}" for step in range(STEPS)]],
        [["RSS MB", *[number(size / 2**20) for size in sizes]]],
    )
    show(f"\nGrowth after the first fifth: **{growth:+.1%}** (to be less than 5 %).\n")


def _mixed(count: int, tokens: list[str]) -> list[Request]:
    documents = islice(cycle(MIXED), count)
    callers = islice(cycle(tokens), count)
    return [
        Request(QUERY if number % PAGE_EVERY == 0 else document.replace("%d", str(number)), caller)
        for number, (document, caller) in enumerate(zip(documents, callers, strict=True))
    ]
