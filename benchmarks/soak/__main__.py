"""Everything at once for long: queries, mutations, subscriptions that break off and resume, and a service at fault.

`python -m benchmarks.soak --minutes 30`. It must come out that memory is flat, that every subscriber has received every
event once and in order, and that no error came but from the service at fault while it was.
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Iterator, Sequence

import httpx

from backends.sample.people import PEOPLE
from benchmarks.show import show
from benchmarks.soak.feed import OWNERS, TRANSPORTS, Feed, Subscriber
from benchmarks.soak.frontend import Person, warm_up
from benchmarks.soak.outages import Outages
from benchmarks.soak.tally import Tally
from benchmarks.soak.world import SERVICE, World, running

WEIGH_SECONDS = 1.0
DRAIN_SECONDS = 30.0
"""How long after the end everything must have come to rest."""


async def soak(world: World, seconds: float, chance: random.Random) -> bool:
    """Whether all was well."""
    gateway = world.gateway
    async with httpx.AsyncClient(base_url=gateway.url, timeout=20, verify=False) as client:  # noqa: S501 -- there is no TLS, and its setup is slow
        await warm_up(gateway, client)
        outages, tally = Outages(world.stand_in, chance), Tally(seconds, world.process)
        feeds = [await Feed.begun(gateway, email, client, chance) for email in OWNERS]
        subscribers = [transport(feed, outages, tally) for feed in feeds for transport in TRANSPORTS]
        people = [Person(gateway, person.email, outages, tally, chance) for person in PEOPLE if person.name]

        def work() -> Iterator[Awaitable[None]]:
            yield outages.run(tally.ends_at)
            yield weighing(tally)
            yield from (person.work(client) for person in people)
            yield from (feed.run(client, tally.ends_at) for feed in feeds)
            yield from (subscriber.follow(chance) for subscriber in subscribers)

        await asyncio.gather(*(blaming(each, tally) for each in work()))
    tell(tally, outages, feeds, subscribers)
    return tally.judge()


async def weighing(tally: Tally) -> None:
    while time.monotonic() < tally.ends_at:
        tally.weigh()
        await asyncio.sleep(WEIGH_SECONDS)


async def blaming(work: Awaitable[None], tally: Tally) -> None:
    """Whatever ends other than well, or not in time, is wrong; the rest goes on."""
    try:
        async with asyncio.timeout(tally.ends_at - time.monotonic() + DRAIN_SECONDS):
            await work
    except Exception as error:
        tally.blame(f"{getattr(work, '__qualname__', work)} has ended with {error!r}.")


def tell(tally: Tally, outages: Outages, feeds: Sequence[Feed], subscribers: Sequence[Subscriber]) -> None:
    tally.show()
    published = sum(feed.count for feed in feeds)
    missing = sum(subscriber.missing for subscriber in subscribers)
    show(
        f"\n{published:,} events published, each for {len(TRANSPORTS)} subscribers; {missing:,} not received."
        f" {outages.count} outages of {SERVICE}. Memory from the second fifth to the last: {tally.growth:+.1%}."
    )


async def main(minutes: float, seed: int) -> int:
    show(f"A soak of {minutes:g} minutes, seed {seed}.\n")
    async with running() as world:
        is_well = await soak(world, minutes * 60, random.Random(seed))  # noqa: S311 -- no secret
        if not is_well:
            show(f"\nThe gateway's log:\n{world.process.log.read_text(errors='replace')[-5000:]}")
    return 0 if is_well else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))  # noqa: S311 -- no secret
    options = parser.parse_args()
    sys.exit(asyncio.run(main(options.minutes, options.seed)))
