"""A gateway one of whose services misbehaves, and the page that is asked of it meanwhile."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.rest import Timing
from tests.end_to_end.stand_in import StandIn
from tests.gateway import Answer, Gateway, serving

SERVICE = "listings"
STORM = 10

PAGE = """
{
  viewer { user { email } unreadNotificationCount }
  pendingApprovals(first: 3) { totalCount nodes { title listing { address } } }
  notifications(first: 3) { nodes { databaseId } }
  listings(first: 3) { nodes { address } }
}
"""


class Skips:
    """Real time that can be skipped ahead."""

    def __init__(self) -> None:
        self._ahead = 0.0

    @property
    def timing(self) -> Timing:
        return Timing(clock=lambda: time.monotonic() + self._ahead, chance=random.Random(1).random)  # noqa: S311 -- no secret

    def skip(self, seconds: float) -> None:
        self._ahead += seconds


@asynccontextmanager
async def chaos(
    data_dir: Path, stand_in: StandIn, *, seconds: float = 0.5, timing: Timing | None = None
) -> AsyncIterator[Gateway]:
    """A gateway that asks the stand-in for listings, and waits so many seconds for them."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LISTINGS_TIMEOUT", str(seconds))
        environment.setenv("LISTINGS_MAX_RESPONSE_BYTES", "200000")
        served = serving(
            data_dir,
            service_urls={SERVICE: stand_in.url},
            timing=timing,
            cache_max_bytes=50_000,  # reached at once, so that what is kept does not grow with the callers
        )
        async with served as gateway:
            stand_in.upstream = gateway.service_urls["content"].removesuffix("content") + SERVICE
            yield gateway


def without_listings(page: dict[str, Any]) -> dict[str, Any]:
    """The page without what the listings service owns."""
    approvals = page["pendingApprovals"]
    nodes = [{**node, "listing": None} for node in approvals["nodes"]]
    return {**page, "listings": None, "pendingApprovals": {**approvals, "nodes": nodes}}


def codes(answer: Answer) -> set[str]:
    return {error["code"] for error in answer.errors}


async def storm(gateway: Gateway, whole: dict[str, Any]) -> set[str]:
    """The codes told when many ask for the page at once, each with a token of their own; the rest of it is there."""
    answers = await asyncio.gather(*(gateway.query(PAGE) for _ in range(STORM)))
    for answer in answers:
        assert answer.body["data"] == without_listings(whole)
    return set().union(*map(codes, answers))


async def metrics(gateway: Gateway) -> dict[str, float]:
    """What `/metrics` says of the service, by the name of the metric and what labels it has besides."""
    async with httpx.AsyncClient(verify=False) as client:  # noqa: S501 -- there is no TLS, and its setup is slow
        lines = (await client.get(f"{gateway.url}/metrics")).text.splitlines()
    ours = [line for line in lines if f'service="{SERVICE}"' in line]
    named = (line.replace(f'service="{SERVICE}"', "").removeprefix("atrium_backend_").rpartition(" ") for line in ours)
    return {name.replace("{}", "").replace(",", ""): float(figure) for name, _, figure in named}
