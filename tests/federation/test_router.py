"""Apollo Gateway over the whole gateway and a second subgraph: what is asked of both, and what that costs."""

import os
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.graph.node import global_id
from backends.sample.people import PEOPLE
from tests.gateway import Answer, Gateway

CHRIS, MARIA = PEOPLE[:2]


@pytest.fixture(scope="module")
def router(node: Path, gateway: Gateway) -> Iterator[str]:
    """The address of a router that has asked both subgraphs for their SDL and composed them."""
    environment = {**os.environ, "ATRIUM": f"{gateway.url}/graphql"}
    with subprocess.Popen(
        ["node", "router.mjs"],  # noqa: S607 -- the node that is installed
        cwd=node,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://"), f"{url}\nThis is no address; what else the router said is above."
        yield url


async def ask(
    router: str, gateway: Gateway, document: str, *, email: str | None = CHRIS.email, **variables: Any
) -> Answer:
    """The router's answer, and the calls of backends that it took Atrium."""
    request_id = uuid.uuid4().hex
    headers = {"x-request-id": request_id}
    if email is not None:
        headers["authorization"] = f"Bearer {gateway.token(email)}"
    async with httpx.AsyncClient(timeout=20) as client:
        response = await client.post(router, json={"query": document, "variables": variables}, headers=headers)
    calls = sorted(gateway.recorder.by_request.pop(request_id, []))
    return Answer(response.status_code, response.json(), response.headers, calls)


async def listings_of(gateway: Gateway, email: str) -> list[Mapping[str, str]]:
    answer = await gateway.query("{ listings(first: 3) { nodes { id databaseId address } } }", email=email)
    nodes: list[Mapping[str, str]] = answer.data["listings"]["nodes"]
    assert len(nodes) == 3
    return nodes


REVIEWS_OF = """query ($listings: [ID!]!, $author: ID!) {
    reviewsOf(listings: $listings, author: $author) { text listing { address } author { name } }
}"""


async def test_entities_take_one_call_of_a_backend_for_each_type(router: str, gateway: Gateway) -> None:
    listings = await listings_of(gateway, CHRIS.email)

    answer = await ask(
        router,
        gateway,
        REVIEWS_OF,
        listings=[listing["id"] for listing in listings],
        author=global_id("Agent", str(CHRIS.agent_id)),
    )

    assert answer.data == {
        "reviewsOf": [
            {
                "text": f"Seen: {listing['id']}",
                "listing": {"address": listing["address"]},
                "author": {"name": CHRIS.name},
            }
            for listing in listings
        ]
    }
    assert answer.calls == [
        f"GET /accounts/agents?ids={CHRIS.agent_id}",
        f"GET /listings/listings?ids={','.join(listing['databaseId'] for listing in listings)}",
    ]


async def test_a_query_goes_from_our_listings_to_the_other_subgraph_and_back(router: str, gateway: Gateway) -> None:
    listings = await listings_of(gateway, CHRIS.email)

    answer = await ask(
        router, gateway, "{ listings(first: 3) { nodes { address reviews { text listing { city } } } } }"
    )

    assert answer.data == {
        "listings": {
            "nodes": [
                {
                    "address": listing["address"],
                    "reviews": [{"text": f"Seen: {listing['id']}", "listing": {"city": "Austin"}}],
                }
                for listing in listings
            ]
        }
    }
    assert answer.calls == [
        f"GET /listings/listings?ids={','.join(listing['databaseId'] for listing in listings)}",
        "GET /listings/listings?limit=3&offset=0&order=-created_at",
    ]


async def test_the_listing_of_somebody_else_is_null(router: str, gateway: Gateway) -> None:
    (own, *_), (other, *_) = await listings_of(gateway, CHRIS.email), await listings_of(gateway, MARIA.email)

    answer = await ask(
        router,
        gateway,
        'query ($ids: [ID!]!) { reviewsOf(listings: $ids, author: "") { listing { address } } }',
        ids=[other["id"], own["id"]],
    )

    assert answer.data == {"reviewsOf": [{"listing": None}, {"listing": {"address": own["address"]}}]}
    assert answer.calls == [f"GET /listings/listings?ids={other['databaseId']},{own['databaseId']}"]


async def test_without_a_token_our_refusal_reaches_the_client(router: str, gateway: Gateway) -> None:
    answer = await ask(router, gateway, "{ listings(first: 1) { nodes { address } } }", email=None)

    assert (answer.body["data"], answer.code, answer.calls) == ({"listings": None}, "UNAUTHENTICATED", [])
