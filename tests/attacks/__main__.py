"""What each attack costs who is served beside it: `python -m tests.attacks`."""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from benchmarks.show import show
from tests.attacks.documents import DOCUMENTS
from tests.attacks.floods import ASKED, HEAD, PING, TEXT, begin, flood, flood_socket, frame, hold, leave, streaming
from tests.attacks.world import Figures, Fortress, Neighbour, fortress, neighbour

REST_SECONDS = 1.0
"""After each attack, for what is left of it."""

Attack = Callable[[], Awaitable[object]]


def make_way() -> None:
    """Have the attacker run when nobody else would, as its own work is not what the neighbour is to wait for."""
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(10)


async def again_and_again(attack: Attack) -> None:
    while True:
        with suppress(AssertionError):  # here nobody asks how long the attacker waits
            await attack()


async def beside(attack: Attack, client: Neighbour, seconds: float) -> Figures:
    """The neighbour's figures while one attacker attacks as fast as it is answered."""
    attacking = asyncio.create_task(again_and_again(attack))
    figures = await client.measure(seconds)
    attacking.cancel()
    with suppress(asyncio.CancelledError):
        await attacking
    await asyncio.sleep(REST_SECONDS)
    return figures


def attacks(under: Fortress) -> dict[str, Attack]:
    """Every attack, as often as it is called."""
    floods: dict[str, Attack] = {
        "1000 connections with half a head": partial(hold, under, HEAD, 1000),
        "1000 connections with half a body": partial(hold, under, HEAD + b"content-length: 100\r\n\r\n{", 1000),
        "1000 sockets that leave at once": partial(leave, under, 1000, begin),
        "1000 event streams that leave at once": partial(leave, under, 1000, streaming(under)),
        "1000 event streams that are reset at once": partial(leave, under, 1000, streaming(under), by_reset=True),
        "requests without end, none of whose answers are read": partial(flood, under, ASKED * 50, 20),
        "pings without end": partial(flood_socket, under, frame(PING) * 10_000),
        "messages without end": partial(flood_socket, under, frame(TEXT, b'{"type":"pong"}') * 10_000),
        "a socket that goes on after its end": partial(flood_socket, under, bytes(200_000)),
        "a connection that goes on after its end": partial(flood, under, bytes(200_000)),
        "bodies that are too long": partial(flood, under, HEAD + b"content-length: 9000000\r\n\r\n" + bytes(9_000_000)),
    }
    return {name: partial(under.post, hostile.content) for name, hostile in DOCUMENTS.items()} | floods


async def main(under: Fortress, seconds: float, only: str) -> None:
    show("| attack | p50 ms | p99 ms | quiet p99 ms | times as long | pages that failed |")
    show("| --- | ---: | ---: | ---: | ---: | ---: |")
    ratios: list[float] = []
    async with neighbour(under) as client:
        make_way()
        await client.measure(seconds)
        before = await client.measure(seconds)
        for name, attack in attacks(under).items():
            if only in name:
                attacked, after = await beside(attack, client, seconds), await client.measure(seconds)
                quiet = (before.p99 + after.p99) / 2
                ratios.append(attacked.p99 / quiet)
                figures = (
                    f"{attacked.p50:.1f} | {attacked.p99:.1f} | {quiet:.1f} | {ratios[-1]:.1f} | {attacked.failed}"
                )
                show(f"| {name} | {figures} |")
                before = after
    show(f"\n{sum(ratio < 3 for ratio in ratios)} of {len(ratios)} below three times as long.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.attacks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each attack lasts")
    parser.add_argument("--only", default="", help="only attacks whose name has this in it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, fortress(Path(folder)) as started:
        asyncio.run(main(started, options.seconds, options.only))
