"""Every edge: what it gives, and exactly which calls it takes."""

import pytest

from tests.gateway import Gateway


async def test_three_levels_take_one_call_each(gateway: Gateway) -> None:
    answer = await gateway.query("""
        { listings(first: 3, orderBy: {field: PRICE, direction: ASC}) {
            nodes { databaseId contents(first: 2) { nodes { databaseId task { databaseId } } } }
        } }
    """)

    listings = answer.data["listings"]["nodes"]
    ids = ",".join(listing["databaseId"] for listing in listings)
    tasks = dict.fromkeys(content["task"]["databaseId"] for listing in listings for content in listing["contents"]["nodes"])
    assert answer.calls == sorted(
        [
            "GET /listings/listings?limit=3&offset=0&order=price",
            f"GET /content/content?group_by=listing_id&listing_id={ids}&limit=2&offset=0&order=-created_at",
            f"GET /agents/tasks?ids={','.join(tasks)}",
        ]
    )


EDGES = [
    ("listing", "{ listings(first: 5) { nodes { agent { databaseId name } } } }", "GET /accounts/agents?ids={agent}"),
]


async def test_agent_of_a_listing_is_read_once_for_all_listings(gateway: Gateway) -> None:
    answer = await gateway.query("{ listings(first: 5) { nodes { agent { databaseId } } } }")

    (agent,) = {listing["agent"]["databaseId"] for listing in answer.data["listings"]["nodes"]}
    assert answer.calls == [
        f"GET /accounts/agents?ids={agent}",
        "GET /listings/listings?limit=5&offset=0&order=-created_at",
    ]
