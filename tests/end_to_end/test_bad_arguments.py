"""Arguments that cannot be used: ids of other things and other people, windows, cursors, texts no backend expects."""

from typing import Any

import pytest

from app.graph.node import global_id
from tests.end_to_end.people import Agent
from tests.gateway import Answer, Gateway

NODES = {
    "agent": "Agent",
    "listing": "Listing",
    "task": "Task",
    "content": "Content",
    "notification": "Notification",
    "socialAccount": "SocialAccount",
}
"""The fields that give one thing by its id, and the type of it."""

CONNECTIONS = ["listings", "tasks", "contentLibrary", "pendingApprovals", "notifications", "socialAccounts"]

HOSTILE = {
    "another path": "../../x",
    "a path": "a/b",
    "a list": "a,b",
    "a query": "?x=1",
    "more of the query": "a&ids=b",
    "a fragment": "#",
    "escaped": "%2e%2e%2f",
    "spaces": "a b",
    "as long as can be": "x" * 256,
    "unicode": "Wohnung-äöü-公寓-🏠",
    "SQL": "' OR 1=1 --",
    "a wildcard": "%",
    "null": "null",
}


async def serves_on(gateway: Gateway) -> None:
    assert (await gateway.query("{ viewer { roles } }")).data == {"viewer": {"roles": ["agent"]}}


async def owned_by_maria(gateway: Gateway, field: str) -> str:
    """Something that belongs to another agent."""
    listed = {"socialAccount": "socialAccounts", "content": "contentLibrary"}.get(field, f"{field}s")
    answer = await gateway.query(f"{{ {listed}(first: 1) {{ nodes {{ databaseId }} }} }}", email="maria@example.com")
    return str(answer.data[listed]["nodes"][0]["databaseId"])


async def everything_by_id(gateway: Gateway, id: str) -> Answer:
    """Each thing that can be asked for by an id, by the same one."""
    fields = " ".join(f"{field}(id: $id) {{ id }}" for field in NODES)
    return await gateway.query(f"query ($id: ID!) {{ {fields} }}", {"id": id})


async def by_id(gateway: Gateway, field: str, id: str) -> Answer:
    return await gateway.query(f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}", {"id": id})


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_id_is_that_of_nothing(gateway: Gateway, name: str) -> None:
    answer = await everything_by_id(gateway, HOSTILE[name])

    assert answer.body["data"] == dict.fromkeys(NODES)
    assert {(*error["path"], error["code"]) for error in answer.errors} == {(field, "NOT_FOUND") for field in NODES}
    assert len(answer.errors) == len(NODES)
    assert len(answer.calls) <= len(NODES)
    await serves_on(gateway)


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_id_inside_a_global_id_is_that_of_nothing(gateway: Gateway, name: str) -> None:
    answer = await by_id(gateway, "listing", global_id("Listing", HOSTILE[name]))

    assert (answer.body["data"], answer.code) == ({"listing": None}, "NOT_FOUND")


@pytest.mark.parametrize("id", ["", "a\nb", "\x00", "a\r\nX-Injected: 1", "\u202e", "x" * 257, "x" * 10_000])
async def test_an_id_that_none_can_have_is_refused(gateway: Gateway, id: str) -> None:
    answer = await everything_by_id(gateway, id)

    message = "An id has 1 to 256 printable characters."
    assert answer.errors == [{"message": message, "path": [field], "code": "BAD_USER_INPUT"} for field in NODES]
    assert answer.calls == []
    await serves_on(gateway)


@pytest.mark.parametrize("id", ["a\nb", "\x00", "a\r\nX-Injected: 1"])
async def test_nor_can_it_be_hidden_in_a_global_id(gateway: Gateway, id: str) -> None:
    hidden = global_id("Listing", id)

    answer = await by_id(gateway, "listing", hidden)

    assert (answer.body["data"], answer.code) == ({"listing": None}, "NOT_FOUND")
    assert answer.calls == [f"GET /listings/listings?ids={hidden}"]


@pytest.mark.parametrize("field", NODES)
async def test_the_global_id_of_another_type_is_refused_by_name(gateway: Gateway, field: str) -> None:
    other = "Listing" if field != "listing" else "Content"
    answer = await by_id(gateway, field, global_id(other, "x_1"))

    message = f"This is the id of a {other}, not of a {NODES[field]}."
    assert answer.errors == [{"message": message, "path": [field], "code": "BAD_USER_INPUT"}]
    assert answer.calls == []


@pytest.mark.parametrize("field", ["listing", "task", "content", "notification", "socialAccount"])
async def test_what_is_somebody_elses_is_not_found(gateway: Gateway, field: str) -> None:
    id = await owned_by_maria(gateway, field)

    for given in (id, global_id(NODES[field], id)):
        answer = await by_id(gateway, field, given)
        message = f"There is nothing with the id '{id}'."
        assert answer.errors == [{"message": message, "path": [field], "code": "NOT_FOUND"}]


@pytest.mark.parametrize("field", ["listing", "task", "content", "notification", "socialAccount"])
async def test_node_gives_null_for_what_is_somebody_elses(gateway: Gateway, field: str) -> None:
    id = global_id(NODES[field], await owned_by_maria(gateway, field))

    answer = await gateway.query("query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }", {"id": id})

    assert answer.data == {"node": None, "nodes": [None]}


@pytest.mark.parametrize(
    ("mutation", "given", "field"),
    [
        ("approveContent", {}, "content"),
        ("rejectContent", {}, "content"),
        ("requestContentRevisions", {"feedback": "Shorter."}, "content"),
        ("sendContentToMarketing", {}, "content"),
        ("recordMarketingResponse", {"response": "Fine."}, "content"),
        ("markNotificationRead", {}, "notification"),
    ],
)
async def test_what_is_somebody_elses_is_not_changed(
    gateway: Gateway, robin: Agent, mutation: str, given: dict[str, str], field: str
) -> None:
    id = await owned_by_maria(gateway, field)
    detail = "status revision updatedAt" if field == "content" else "isRead readAt"
    document = f"query ($id: ID!) {{ {field}(id: $id) {{ {detail} }} }}"
    before = (await gateway.query(document, {"id": id}, email="maria@example.com")).data

    payload = await robin.mutate(mutation, {"id": id, **given}, f"{field} {{ id }}")

    assert payload[field] is None
    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [([], "NOT_FOUND")]
    assert (await gateway.query(document, {"id": id}, email="maria@example.com")).data == before


async def test_nothing_is_written_for_the_listing_of_somebody_else(gateway: Gateway, robin: Agent) -> None:
    id = await owned_by_maria(gateway, "listing")
    tasks = "query ($id: ID!) { listing(id: $id) { tasks { totalCount } } }"
    before = (await gateway.query(tasks, {"id": id}, email="maria@example.com")).data

    given = {"listingId": id, "contentTypes": ["EMAIL"]}
    payload = await robin.mutate("createContentForListing", given, "task { id }")

    assert payload["task"] is None
    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [(["listingId"], "NOT_FOUND")]
    assert (await gateway.query(tasks, {"id": id}, email="maria@example.com")).data == before


@pytest.mark.parametrize("id", ["../../x", "a/b", "..", "", "\x00", "a\nb", "x" * 10_000, "?x=1", "a,b", "🏠"])
@pytest.mark.parametrize(
    ("mutation", "given", "member"),
    [
        ("approveContent", {}, "id"),
        ("markNotificationRead", {}, "id"),
        ("createContentForListing", {"contentTypes": ["EMAIL"]}, "listingId"),
    ],
)
async def test_a_hostile_id_in_a_mutation_is_the_users_to_mend(
    robin: Agent, mutation: str, given: dict[str, Any], member: str, id: str
) -> None:
    payload = await robin.mutate(mutation, {member: id, **given}, "")

    (error,) = payload["userErrors"]
    assert error["code"] in ("BAD_USER_INPUT", "NOT_FOUND")
    assert error["field"] in ([], [member])
    await serves_on(robin.gateway)


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ("first: 0", "`first` must be between 1 and 100."),
        ("first: -1", "`first` must be between 1 and 100."),
        ("first: 101", "`first` must be between 1 and 100."),
        ("first: 2147483647", "`first` must be between 1 and 100."),
        ("last: 0", "`last` must be between 1 and 100."),
        ("last: -1", "`last` must be between 1 and 100."),
        ("last: 101", "`last` must be between 1 and 100."),
        ("first: 5, last: 5", "Ask for either `first` or `last`, not for both."),
    ],
)
async def test_a_window_of_no_use_is_refused(gateway: Gateway, window: str, message: str) -> None:
    answer = await gateway.query("{ " + " ".join(f"{field}({window}) {{ totalCount }}" for field in CONNECTIONS) + " }")

    assert answer.errors == [{"message": message, "path": [field], "code": "BAD_USER_INPUT"} for field in CONNECTIONS]
    assert (answer.body["data"], answer.calls) == (dict.fromkeys(CONNECTIONS), [])


async def test_a_window_of_no_use_below_a_list_is_refused_at_each_place(gateway: Gateway) -> None:
    answer = await gateway.query("{ listings(first: 2) { nodes { contents(first: 0) { totalCount } } } }")

    assert answer.body["data"] == {"listings": {"nodes": [{"contents": None}, {"contents": None}]}}
    assert answer.errors == [
        {
            "message": "`first` must be between 1 and 100.",
            "path": ["listings", "nodes", index, "contents"],
            "code": "BAD_USER_INPUT",
        }
        for index in (0, 1)
    ]


@pytest.mark.parametrize("argument", ["after", "before"])
@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "cG9zaXRpb246",
        "cG9zaXRpb246LTE",
        "cG9zaXRpb246MS41",
        "cG9zaXRpb246OTk5OTk5OTk5OTk5",
        "TGlzdGluZzpsc3RfMQ",
        "cG9zaXRpb246M\n",
        "🏠",
        "\x00",
        "x" * 10_000,
        "null",
    ],
)
async def test_a_malformed_cursor_is_refused(gateway: Gateway, argument: str, cursor: str) -> None:
    document = f"query ($cursor: String) {{ listings({argument}: $cursor) {{ totalCount }} }}"

    answer = await gateway.query(document, {"cursor": cursor})

    message = f"`{argument}` is not a cursor of this list."
    assert answer.errors == [{"message": message, "path": ["listings"], "code": "BAD_USER_INPUT"}]
    assert answer.calls == []


async def test_a_cursor_beyond_the_end_gives_an_empty_page(gateway: Gateway) -> None:
    answer = await gateway.query(
        '{ listings(after: "cG9zaXRpb246OTk5OTk5OTk5") { nodes { id } pageInfo { hasNextPage endCursor } } }'
    )

    assert answer.data == {"listings": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}


async def test_more_than_a_hundred_nodes_are_refused(gateway: Gateway) -> None:
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [global_id("Listing", f"lst_{number}") for number in range(101)]

    answer = await gateway.query(document, {"ids": ids})

    assert (answer.body["data"], answer.code, answer.calls) == ({"nodes": None}, "BAD_USER_INPUT", [])
    assert (await gateway.query(document, {"ids": ids[:100]})).data == {"nodes": [None] * 100}


async def test_a_hundred_ids_of_ten_kilobytes_are_those_of_nothing(gateway: Gateway) -> None:
    ids = [global_id("Listing", f"{number}{'x' * 10_000}") for number in range(100)]

    answer = await gateway.query("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ids})

    assert (answer.data, answer.calls) == ({"nodes": [None] * 100}, [])
    await serves_on(gateway)


@pytest.mark.parametrize(
    "id", ["", "x", "Listing:1", "TGlzdGluZzo", "Tm9ib2R5OjE", "Vmlld2VyOjE", "../x", "\x00", "🏠"]
)
async def test_what_is_no_global_id_is_refused_or_null(gateway: Gateway, id: str) -> None:
    answer = await gateway.query("query ($id: ID!) { node(id: $id) { id } }", {"id": id})

    assert answer.body["data"] == {"node": None}
    assert [error["code"] for error in answer.errors] in ([], ["BAD_USER_INPUT"])
    assert answer.calls == []


@pytest.mark.parametrize(
    "text", ["\x00", "a\x00b", "%", "' OR 1=1 --", '"', "\\", "a&limit=100", "🏠", "\u202e", "x" * 200]
)
async def test_any_text_may_be_searched_for(gateway: Gateway, text: str) -> None:
    document = "query ($text: String) { listings(filter: {search: $text}) { totalCount nodes { address } } }"

    assert (await gateway.query(document, {"text": text})).data == {"listings": {"totalCount": 0, "nodes": []}}


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        ({"search": "x" * 201}, "search"),
        ({"city": "x" * 121}, "city"),
        ({"minPrice": -1}, "minPrice"),
    ],
)
async def test_a_condition_of_no_use_is_refused(gateway: Gateway, condition: dict[str, Any], place: str) -> None:
    document = "query ($filter: ListingFilter) { listings(filter: $filter) { totalCount } }"

    answer = await gateway.query(document, {"filter": condition})

    assert (answer.body["data"], answer.code, answer.calls) == ({"listings": None}, "BAD_USER_INPUT", [])
    assert place in answer.errors[0]["message"]
