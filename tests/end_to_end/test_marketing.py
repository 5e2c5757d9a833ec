"""A day of a marketing agent: their listings, what waits, what is told and what they want told, where they post."""

import pytest

from tests.end_to_end.people import new_agent
from tests.gateway import Gateway

LISTING = "id address city status price { amount currency } bedrooms keyFeatures agent { name }"


async def test_a_new_listing_is_read_and_found(gateway: Gateway) -> None:
    robin = await new_agent(gateway)
    given = {
        "address": "7 Elm Row",
        "city": "Marfa",
        "price": {"amount": "310000.00", "currency": "USD"},
        "bedrooms": 2,
    }
    made = (await robin.mutate("createListing", {**given, "keyFeatures": ["a well"]}, f"listing {{ {LISTING} }}"))[
        "listing"
    ]
    await robin.list_property("8 Elm Row")

    answer = await robin.run(
        """query ($id: ID!) {
            listing(id: $id) { id address price { amount currency } }
            listings(filter: {city: "Marfa"}) { totalCount nodes { address } }
            everything: listings(orderBy: {field: ADDRESS, direction: DESC}) { nodes { address } }
            theirs: listings(filter: {status: [SOLD]}) { totalCount }
        }""",
        id=made["id"],
    )

    assert made == given | {
        "id": made["id"],
        "status": made["status"],
        "keyFeatures": ["a well"],
        "agent": {"name": "Robin Vale"},
    }
    assert answer.data == {
        "listing": {"id": made["id"], "address": "7 Elm Row", "price": given["price"]},
        "listings": {"totalCount": 1, "nodes": [{"address": "7 Elm Row"}]},
        "everything": {"nodes": [{"address": "8 Elm Row"}, {"address": "7 Elm Row"}]},
        "theirs": {"totalCount": 0},
    }


async def test_a_listing_of_who_is_no_agent_has_none(gateway: Gateway) -> None:
    answer = await gateway.query(
        """mutation {
            createListing(input: { address: "9 Elm Row" }) { listing { address agent { name } } userErrors { message } }
        }""",
        email="admin@example.com",
    )

    assert answer.data["createListing"] == {"listing": {"address": "9 Elm Row", "agent": None}, "userErrors": []}


async def test_what_waits_for_a_decision_is_listed_until_it_is_made(gateway: Gateway) -> None:
    waiting = "{ pendingApprovals { totalCount nodes { id status } } }"
    answer = await gateway.query(waiting, email="priya@example.com")
    before = answer.data["pendingApprovals"]
    assert {content["status"] for content in before["nodes"]} == {"PENDING_APPROVAL_AGENT"}

    decided = before["nodes"][0]["id"]
    given = {"id": decided, "feedback": "It is sold."}
    document = "mutation ($input: RejectContentInput!) { rejectContent(input: $input) { userErrors { code } } }"
    rejected = await gateway.query(document, {"input": given}, email="priya@example.com")
    assert rejected.data == {"rejectContent": {"userErrors": []}}

    after = (await gateway.query(waiting, email="priya@example.com")).data["pendingApprovals"]
    assert after["totalCount"] == before["totalCount"] - 1
    assert decided not in [content["id"] for content in after["nodes"]]


async def test_a_notification_is_read_once(gateway: Gateway) -> None:
    unread = "{ notifications(filter: {isRead: false}) { totalCount nodes { id isRead readAt } } }"
    before = (await gateway.query(unread, email="priya@example.com")).data["notifications"]
    first = before["nodes"][0]
    assert first | {"id": ""} == {"id": "", "isRead": False, "readAt": None}

    document = """mutation ($id: ID!) {
        markNotificationRead(input: {id: $id}) { notification { id isRead readAt } userErrors { code } }
    }"""
    payloads = [
        (await gateway.query(document, {"id": first["id"]}, email="priya@example.com")).data["markNotificationRead"]
        for _ in range(2)
    ]

    (read_at,) = {payload["notification"].pop("readAt") for payload in payloads}
    assert read_at is not None
    assert payloads == [{"notification": {"id": first["id"], "isRead": True}, "userErrors": []}] * 2
    after = (await gateway.query(unread, email="priya@example.com")).data["notifications"]
    assert after["totalCount"] == before["totalCount"] - 1


async def test_a_preference_is_kept_beside_the_others(gateway: Gateway) -> None:
    robin = await new_agent(gateway)
    document = "{ viewer { agent { notificationPreferences { type isEnabled } } } }"
    before = (await robin.run(document)).data["viewer"]["agent"]["notificationPreferences"]
    given = {"preferences": [{"type": "listing_update", "isEnabled": False}]}

    payload = await robin.mutate(
        "updateNotificationPreferences", given, "agent { notificationPreferences { type isEnabled } }"
    )

    assert {"type": "listing_update", "isEnabled": True} in before
    changed = [entry | ({"isEnabled": False} if entry["type"] == "listing_update" else {}) for entry in before]
    assert payload == {"agent": {"notificationPreferences": changed}, "userErrors": []}
    assert (await robin.run(document)).data["viewer"]["agent"]["notificationPreferences"] == changed


@pytest.mark.parametrize("platform", ["FACEBOOK", "INSTAGRAM"])
async def test_an_account_is_connected_and_listed(gateway: Gateway, platform: str) -> None:
    robin = await new_agent(gateway)
    given = {"platform": platform, "credentials": {"oauth": {"code": "a-code"}}}

    payload = await robin.mutate("connectSocialAccount", given, "socialAccount { id platform connectionStatus }")

    account = payload["socialAccount"]
    assert payload["userErrors"] == []
    assert account == {"id": account["id"], "platform": platform, "connectionStatus": "CONNECTED"}
    listed = await robin.run("{ socialAccounts { totalCount nodes { id } } }")
    assert listed.data["socialAccounts"] == {"totalCount": 1, "nodes": [{"id": account["id"]}]}
