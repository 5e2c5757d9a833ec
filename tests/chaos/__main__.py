"""What each fault of one service costs the users of a page: `python -m tests.chaos`."""

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.rest.breaker import PROBES
from app.settings import Settings
from app.telemetry import configure_logging
from benchmarks.show import show
from tests.chaos.faults import FAULTS, Fault, flapping
from tests.chaos.world import PAGE, Skips, chaos, metrics, without_listings
from tests.end_to_end.stand_in import StandIn, standing_in
from tests.gateway import Answer, Gateway

USERS = 4
PAUSE_SECONDS = 0.2
TIMEOUT_SECONDS = 0.5
OFF = {"LISTINGS_RETRIES": "0", "LISTINGS_BREAKER": "false"}
COLUMNS = ("other fields", "its fields", "p50 ms", "p99 ms", "sent/asked", "whole after s")


@dataclass(slots=True)
class Asked:
    """One page: how long it took, and whether the service's own fields and all the others were there."""

    seconds: float
    has_others: bool
    is_whole: bool


def judged(answer: Answer, seconds: float, whole: Mapping[str, Any]) -> Asked:
    page = answer.body["data"]
    return Asked(seconds, page is not None and without_listings(page) == without_listings(dict(whole)), page == whole)


async def use(gateway: Gateway, whole: Mapping[str, Any], until: float) -> list[Asked]:
    """Ask for the page every now and then, as one user does."""
    asked = []
    token = gateway.token()
    while time.monotonic() < until:
        await asyncio.sleep(PAUSE_SECONDS * random.random() * 2)  # noqa: S311 -- no secret
        began = time.monotonic()
        answer = await gateway.query(PAGE, token=token)
        asked.append(judged(answer, time.monotonic() - began, whole))
    return asked


async def measure(gateway: Gateway, stand_in: StandIn, whole: Mapping[str, Any], fault: Fault, seconds: float) -> str:
    before = await metrics(gateway)
    async with fault.at(stand_in):
        until = time.monotonic() + seconds
        used = await asyncio.gather(*(use(gateway, whole, until) for _ in range(USERS)))
        asked = [page for pages in used for page in pages]
        after = await metrics(gateway)
    back = await seconds_until_whole(gateway, whole)
    calls, sent = (after[name] - before[name] for name in ("calls_total", "sent_total"))
    times = sorted(page.seconds * 1000 for page in asked)
    figures = (
        f"{share(page.has_others for page in asked)} %",
        f"{share(page.is_whole for page in asked)} %",
        f"{statistics.median(times):.0f}",
        f"{times[len(times) * 99 // 100]:.0f}",
        f"{sent / calls:.2f}",
        f"{back:.1f}",
    )
    return " | ".join(figures)


async def seconds_until_whole(gateway: Gateway, whole: Mapping[str, Any]) -> float:
    began = time.monotonic()
    while True:
        answer = await gateway.query(PAGE)
        if answer.body["data"] == whole:
            seconds = time.monotonic() - began
            break
        await asyncio.sleep(0.1)
    for _ in range(PROBES):  # so that the breaker is closed for what comes next
        await gateway.query(PAGE)
    return seconds


def share(of: Iterable[bool]) -> int:
    """How many of a hundred, rounded down: only all of them are a hundred."""
    known = list(of)
    return 100 * sum(known) // len(known)


async def main(seconds: float, folder: Path) -> None:
    faults = {"is well": Fault(StandIn.pass_on, ""), "flaps": Fault(flapping(), ""), **FAULTS}
    show(f"| the service | {' | '.join(COLUMNS)} |\n|{' --- |' * (len(COLUMNS) + 1)}")
    skips = Skips()
    async with (
        standing_in() as stand_in,
        chaos(folder, stand_in, seconds=TIMEOUT_SECONDS, timing=skips.timing) as gateway,
    ):
        whole = (await gateway.query(PAGE)).data
        for name, fault in faults.items():
            skips.skip(60)
            show(f"| {name} | {await measure(gateway, stand_in, whole, fault, seconds)} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each fault lasts")
    parser.add_argument("--off", action="store_true", help="without retries and breaker")
    options = parser.parse_args()
    os.environ.update(OFF if options.off else {})
    configure_logging(Settings(log_level="CRITICAL"))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(options.seconds, Path(folder)))
