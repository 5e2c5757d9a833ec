"""What backends answered is kept, and nobody sees it once it has changed."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.end_to_end.people import Agent, new_agent
from tests.end_to_end.sockets import subscribed
from tests.end_to_end.stand_in import fail, standing_in
from tests.gateway import SERVICE_KEY, Gateway, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

LISTINGS = "{ listings(first: 2) { totalCount nodes { address contents(first: 2) { nodes { status } } } } }"
UNREAD = "{ viewer { unreadNotificationCount } }"
TEAM = "query ($id: ID!) { aiAgent(id: $id) { name teams { name } } }"


def trusting(app: ASGIApp) -> ASGIApp:
    """Has every read be fresh for an hour: more than the reference backends would allow."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_fresh(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["method"] == "GET":
                MutableHeaders(scope=message)["Cache-Control"] = "private, max-age=3600"
            await send(message)

        await app(scope, receive, send_fresh if scope["type"] == "http" else send)

    return answer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kept(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    async with serving(tmp_path_factory.mktemp("kept"), wrap=trusting) as gateway:
        yield gateway


@pytest_asyncio.fixture(loop_scope="module")
async def agent(kept: Gateway) -> Agent:
    return await new_agent(kept)


async def test_what_is_fresh_is_not_asked_for_again(kept: Gateway, agent: Agent) -> None:
    await agent.list_property()
    await settled(agent)
    again = await agent.run(LISTINGS)
    assert (again.data["listings"]["totalCount"], again.calls) == (1, [])
    assert (await agent.elsewhere().run(LISTINGS)).calls != []


async def test_what_is_confirmed_is_the_same_number_of_calls(gateway: Gateway, robin: Agent) -> None:
    await robin.list_property()
    first, second = await robin.run(LISTINGS), await robin.run(LISTINGS)
    assert len(first.calls) == 2
    assert [call.partition("?")[0] for call in second.calls] == [call.partition("?")[0] for call in first.calls]


async def test_who_changes_something_sees_it_changed(agent: Agent) -> None:
    for count in range(3):
        assert (await agent.run(LISTINGS)).data["listings"]["totalCount"] == count
        await agent.list_property(f"{count} Elm Street")
    payload = await agent.mutate("createSession", {"title": "First"}, "session { title }")
    assert payload["session"] == {"title": "First"}
    assert (await agent.run("{ activeSession { title } }")).data == {"activeSession": {"title": "First"}}


async def test_what_a_change_leads_to_elsewhere_in_the_service_is_seen(agent: Agent) -> None:
    made = await agent.mutate("createAiAgent", {"name": "Ada", "kind": "RESEARCHER"}, "aiAgent { databaseId }")
    id = made["aiAgent"]["databaseId"]
    assert (await agent.run(TEAM, id=id)).data["aiAgent"]["teams"] == []
    await agent.mutate("createTeam", {"name": "Writers", "aiAgentIds": [id]}, "team { name }")
    assert (await agent.run(TEAM, id=id)).data["aiAgent"]["teams"] == [{"name": "Writers"}]


async def test_others_see_what_somebody_changed(kept: Gateway, agent: Agent) -> None:
    everything = "{ listings(first: 1) { totalCount } }"
    before = (await kept.query(everything, email="admin@example.com")).data["listings"]["totalCount"]
    await agent.list_property()
    assert (await kept.query(everything, email="admin@example.com")).data["listings"]["totalCount"] == before + 1


async def test_who_follows_a_change_sees_nothing_older_than_it(agent: Agent) -> None:
    listing_id = await agent.list_property()
    document = "subscription { contentChanged { content { databaseId status listing { contents { totalCount } } } } }"
    page = "query ($id: ID!) { listing(id: $id) { contents { totalCount } } }"
    assert (await agent.run(page, id=listing_id)).data["listing"]["contents"]["totalCount"] == 0
    async with subscribed(agent.gateway, agent.token, document) as changes:
        await agent.have_written(listing_id, ["FLYER_TEXT"])
        change = await changes.event()
        assert change["content"]["listing"]["contents"]["totalCount"] == 1
    assert (await agent.run(page, id=listing_id)).data["listing"]["contents"]["totalCount"] == 1


async def test_an_event_from_a_service_ends_what_is_fresh_of_it_alone(kept: Gateway, agent: Agent) -> None:
    await agent.list_property()
    await settled(agent)
    await post_event(kept, source="https://listings.example.com/v1")
    again = await agent.run(LISTINGS)
    assert [call.partition("?")[0] for call in again.calls] == ["GET /listings/listings"]
    await post_event(kept, source="/nobody-knows")
    both = await agent.run(LISTINGS)
    assert [call.partition("?")[0] for call in both.calls] == ["GET /content/content", "GET /listings/listings"]


async def test_the_metrics_say_what_is_kept(kept: Gateway, agent: Agent) -> None:
    await agent.list_property()
    await settled(agent)
    async with httpx.AsyncClient() as client:
        figures = (await client.get(f"{kept.url}/metrics")).text.splitlines()
    found = dict(line.rsplit(" ", 1) for line in figures if not line.startswith("#"))
    assert float(found["atrium_cache_bytes"]) > 1000
    for name in ("hits", "misses", "revalidated"):
        assert float(found[f'atrium_backend_{name}_total{{service="listings"}}']) > 0
    assert found['atrium_backend_stale_total{service="listings"}'] == "0.0"


async def test_nothing_is_kept_where_that_is_switched_off(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with serving(tmp_path_factory.mktemp("plain"), wrap=trusting, cache_reads=False) as gateway:
        for _ in range(2):
            assert len((await gateway.query("{ listings(first: 1) { totalCount } }")).calls) == 1


async def test_figures_are_shown_while_who_computes_them_fails(tmp_path_factory: pytest.TempPathFactory) -> None:
    page = "{ analyticsOverview { totalPosts totalEngagement } }"
    async with standing_in() as analytics:
        data_dir = tmp_path_factory.mktemp("figures")
        async with serving(data_dir, service_urls={"analytics": analytics.url}) as gateway:
            analytics.upstream = gateway.service_urls["listings"].removesuffix("listings") + "analytics"
            token = gateway.token()
            whole = (await gateway.query(page, token=token)).data
            assert whole["analyticsOverview"]["totalPosts"] > 0
            async with analytics.misbehaving(fail):
                assert (await gateway.query(page, token=token)).data == whole
                assert analytics.requests != []
                assert (await gateway.query(page, email="admin@example.com")).code == "BACKEND_ERROR"


async def settled(agent: Agent) -> None:
    """Ask until nothing happens any more in the background that ends what is fresh."""
    async with asyncio.timeout(10):
        while (await agent.run(LISTINGS)).calls:
            pass


async def post_event(gateway: Gateway, source: str) -> None:
    event = {"specversion": "1.0", "id": uuid.uuid4().hex, "source": source, "type": "anything"}
    headers = {"X-Service-Key": SERVICE_KEY, "Content-Type": "application/cloudevents+json"}
    async with httpx.AsyncClient() as client:
        (await client.post(f"{gateway.url}/events", json=event, headers=headers)).raise_for_status()
