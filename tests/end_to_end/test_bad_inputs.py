"""Inputs of mutations that cannot be used: each names the place, and nothing is changed."""

from typing import Any

import pytest

from tests.end_to_end.people import Agent


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"address": ""}, ["address"]),
        ({"address": "x" * 301}, ["address"]),
        ({"address": "x" * 201}, ["address"]),
        ({"address": "     "}, ["address"]),
        ({"description": "x" * 1_000_000}, ["description"]),
        ({"description": "x" * 6_000}, ["description"]),
        ({"bedrooms": -1}, ["bedrooms"]),
        ({"bathrooms": 1e300}, ["bathrooms"]),
        ({"yearBuilt": 1200}, ["yearBuilt"]),
        ({"squareFeet": 2_000_000_000}, ["squareFeet"]),
        ({"price": {"amount": "-1"}}, ["price", "amount"]),
        ({"price": {"amount": "1.001"}}, ["price", "amount"]),
        ({"price": {"amount": "1e30"}}, ["price", "amount"]),
        ({"keyFeatures": ["x"] * 51}, ["keyFeatures"]),
        ({"keyFeatures": ["a garden", "x" * 500]}, ["keyFeatures", "1"]),
        ({"keyFeatures": [""]}, ["keyFeatures", "0"]),
        ({"imageUrls": ["https://example.com/" + "x" * 5000]}, ["imageUrls", "0"]),
        ({"imageUrls": [f"https://example.com/{n}" for n in range(51)]}, ["imageUrls"]),
    ],
)
async def test_a_listing_that_cannot_be_is_not_made(robin: Agent, changed: dict[str, Any], field: list[str]) -> None:
    count = "{ listings { totalCount } }"
    before = (await robin.run(count)).data

    payload = await robin.mutate("createListing", {"address": "1 Short Street", **changed}, "listing { id }")

    assert payload["listing"] is None
    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [(field, "BAD_USER_INPUT")]
    assert payload["userErrors"][0]["message"]
    assert (await robin.run(count)).data == before


@pytest.mark.parametrize(
    "text", ["a\x00b c", "äöü 公寓 🏠", "<script>alert(1)</script>", "a\u202eb", '"; DROP TABLE listings; --']
)
async def test_text_is_kept_as_it_is(robin: Agent, text: str) -> None:
    given = {"address": text, "description": text, "keyFeatures": [text]}

    payload = await robin.mutate("createListing", given, "listing { id address description keyFeatures }")

    made = payload["listing"]
    assert (payload["userErrors"], made) == ([], {"id": made["id"], **given})
    again = await robin.run("query ($id: ID!) { listing(id: $id) { address } }", id=made["id"])
    assert again.data == {"listing": {"address": text}}


@pytest.mark.parametrize(
    ("mutation", "literal"),
    [
        ("createListing", '{address: "abc", imageUrls: ["javascript:alert(1)"]}'),
        ("createListing", '{address: "abc", price: {amount: "NaN"}}'),
        ("createListing", '{address: "abc", price: {amount: 1, currency: "usd"}}'),
        ("updateAgent", '{email: "nobody"}'),
        ("login", '{email: "nobody", password: "x"}'),
    ],
)
async def test_a_literal_that_is_none_of_its_scalar_is_refused(robin: Agent, mutation: str, literal: str) -> None:
    answer = await robin.run(f"mutation {{ {mutation}(input: {literal}) {{ userErrors {{ code }} }} }}")

    assert (answer.status, answer.code, answer.calls) == (422, "GRAPHQL_VALIDATION_FAILED", [])


@pytest.mark.parametrize(
    ("credentials", "field"),
    [
        ({"oauth": {"code": "expired-1"}}, ["credentials", "oauth", "code"]),
        ({"apiKey": {"apiKey": "invalid-1"}}, ["credentials", "apiKey", "apiKey"]),
        (
            {"browserSession": {"username": "robin", "password": "invalid-1"}},
            ["credentials", "browserSession", "password"],
        ),
        (
            {"browserSession": {"username": "expired-robin", "password": "x"}},
            ["credentials", "browserSession", "username"],
        ),
    ],
)
async def test_credentials_that_a_platform_refuses_are_named(
    robin: Agent, credentials: dict[str, Any], field: list[str]
) -> None:
    given = {"platform": "FACEBOOK", "credentials": credentials}

    payload = await robin.mutate("connectSocialAccount", given, "socialAccount { id }")

    message = "Facebook does not accept these credentials."
    error = {"field": field, "message": message, "code": "PLATFORM_CONNECTION_FAILED"}
    assert payload == {"socialAccount": None, "userErrors": [error]}
    assert (await robin.run("{ socialAccounts { totalCount } }")).data == {"socialAccounts": {"totalCount": 0}}


@pytest.mark.parametrize(
    ("mutation", "literal"),
    [
        ("connectSocialAccount", "{platform: FACEBOOK, credentials: {}}"),
        ("connectSocialAccount", "{platform: FACEBOOK, credentials: {oauth: null}}"),
        ("connectSocialAccount", '{platform: FACEBOOK, credentials: {oauth: {code: "a"}, apiKey: null}}'),
        ("activateSession", '{title: "First", id: "ses_1"}'),
    ],
)
async def test_a_literal_has_exactly_one_of_what_is_to_choose_from(robin: Agent, mutation: str, literal: str) -> None:
    answer = await robin.run(f"mutation {{ {mutation}(input: {literal}) {{ userErrors {{ code }} }} }}")

    assert (answer.status, answer.code, answer.calls) == (422, "GRAPHQL_VALIDATION_FAILED", [])


@pytest.mark.parametrize("credentials", [{}, {"oauth": None}, {"oauth": {"code": "a"}, "apiKey": {"apiKey": "b"}}])
async def test_credentials_are_of_exactly_one_kind(robin: Agent, credentials: dict[str, Any]) -> None:
    answer = await robin.attempt("connectSocialAccount", {"platform": "FACEBOOK", "credentials": credentials})

    assert (answer.status, answer.code, answer.calls) == (422, "BAD_USER_INPUT", [])


@pytest.mark.parametrize("types", [[], ["EMAIL", "EMAIL"], ["EMAIL"] * 6])
async def test_content_is_written_once_for_each_of_one_to_five_types(robin: Agent, types: list[str]) -> None:
    given = {"listingId": await robin.list_property(), "contentTypes": types}

    payload = await robin.mutate("createContentForListing", given, "task { id }")

    assert payload["task"] is None
    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [
        (["contentTypes"], "BAD_USER_INPUT")
    ]


@pytest.mark.parametrize(
    ("preferences", "field"),
    [
        ([], ["preferences"]),
        ([{"type": "", "isEnabled": True}], ["preferences", "0", "type"]),
        ([{"type": "x" * 61, "isEnabled": True}], ["preferences", "0", "type"]),
    ],
)
async def test_preferences_of_no_use_name_their_place(robin: Agent, preferences: list[Any], field: list[str]) -> None:
    payload = await robin.mutate("updateNotificationPreferences", {"preferences": preferences}, "")

    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [(field, "BAD_USER_INPUT")]


async def test_a_preference_for_what_is_no_notification_is_refused(robin: Agent) -> None:
    given = {"preferences": [{"type": "carrier_pigeon", "isEnabled": True}]}

    payload = await robin.mutate("updateNotificationPreferences", given, "agent { id }")

    (error,) = payload["userErrors"]
    assert (payload["agent"], error["field"][:1], error["code"]) == (None, ["preferences"], "BAD_USER_INPUT")
