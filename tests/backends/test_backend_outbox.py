"""The outbox: events reach the webhook once it takes them, in order, whatever happens meanwhile."""

import asyncio
from pathlib import Path

import pytest

from tests.backends.backend_world import Webhook, World, active_listing, running

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def addresses(world: World, count: int) -> list[str]:
    """Makes that many listings one after another; returns their addresses."""
    owner = world.agent()
    made = [f"{number} Main St" for number in range(count)]
    for address in made:
        await owner.post("/listings/listings", {"address": address})
    return made


def received(webhook: Webhook) -> list[str]:
    listings = (event["data"]["listing"] for event in webhook.events if event["type"] == "listing.changed")
    return [listing["address"] for listing in listings if listing["status"] == "processing"]


async def test_events_wait_for_a_webhook_that_refuses_and_keep_their_order(tmp_path: Path, webhook: Webhook) -> None:
    webhook.is_refusing = True
    async with running(tmp_path, webhook) as world:
        made = await addresses(world, 5)
        await webhook.until(lambda: webhook.refusals >= 2)
        assert webhook.events == []
        webhook.is_refusing = False
        await webhook.until(lambda: len(received(webhook)) == 5)
    assert received(webhook) == made
    assert len({event["id"] for event in webhook.events}) == len(webhook.events)


async def test_events_outlive_a_restart(tmp_path: Path, webhook: Webhook) -> None:
    webhook.is_refusing = True
    async with running(tmp_path, webhook) as world:
        made = await addresses(world, 3)
        await webhook.until(lambda: webhook.refusals >= 1)
    webhook.is_refusing = False
    async with running(tmp_path, webhook):
        await webhook.until(lambda: len(received(webhook)) == 3)
    assert received(webhook) == made


async def test_more_events_than_a_batch_holds_all_arrive(tmp_path: Path, webhook: Webhook) -> None:
    webhook.is_refusing = True
    async with running(tmp_path, webhook) as world:
        owner = world.agent()
        for start in range(0, 60, 20):
            posts = (owner.post("/listings/listings", {"address": f"{start + n} Elm St"}) for n in range(20))
            await asyncio.gather(*posts)
        webhook.is_refusing = False
        await webhook.until(lambda: len(received(webhook)) == 60)


async def test_an_event_is_a_cloud_event(tmp_path: Path, webhook: Webhook) -> None:
    async with running(tmp_path, webhook) as world:
        owner = world.agent()
        listing = await active_listing(world, owner)
    first, last = [event for event in webhook.events if event["type"] == "listing.changed"]
    assert first["data"]["listing"]["status"] == "processing"
    assert last == {
        "specversion": "1.0",
        "id": last["id"],
        "source": "/listings",
        "type": "listing.changed",
        "subject": listing["id"],
        "time": last["time"],
        "datacontenttype": "application/json",
        "owner": owner.id,
        "data": {"listing": listing},
    }


async def test_nothing_is_kept_where_nobody_listens(tmp_path: Path) -> None:
    async with running(tmp_path, Webhook(), events_url=None) as world:
        await addresses(world, 2)
    async with running(tmp_path, Webhook(), events_url="http://127.0.0.1:9/events") as world:
        assert (await world.admin().get("/listings/listings")).json()["total"] == 2
