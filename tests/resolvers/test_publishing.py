"""Posts and scheduled posts through the gateway: what works, who is refused and what cannot be used."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.end_to_end.sockets import subscribed
from tests.gateway import Gateway
from tests.resolvers.publishing import POST, Somebody, code_for_nobody

PLAN = "scheduledPost { id databaseId scheduledAt timezone localTime status caption platform }"


# C20 and C22


async def test_posts_are_listed_by_what_they_are_and_read_one_by_one(gateway: Gateway) -> None:
    me, other = Somebody(gateway), Somebody(gateway)
    instagram, twitter = await me.account(), await me.account("TWITTER")
    first = await me.done("createPost", {"socialAccountId": instagram["id"], "caption": "1"}, f"post {{ {POST} }}")
    draft = {"socialAccountId": twitter["id"], "caption": "2", "publishImmediately": False}
    second = await me.done("createPost", draft, f"post {{ {POST} }}")

    document = f"query ($filter: PostFilter) {{ posts(filter: $filter) {{ totalCount nodes {{ {POST} }} }} }}"
    for filter, expected in (
        ({}, [second, first]),
        ({"status": ["PUBLISHED"]}, [first]),
        ({"platform": ["TWITTER"]}, [second]),
        ({"socialAccountId": [instagram["id"]]}, [first]),
        ({"publishedTo": "2020-01-01T00:00:00Z"}, []),
        ({"characterId": ["chr_none"]}, []),
    ):
        found = (await me.ask(document, {"filter": filter})).data["posts"]
        assert found == {"totalCount": len(expected), "nodes": expected}
    one = await me.ask(f"query ($id: ID!) {{ post(id: $id) {{ {POST} }} }}", {"id": first["id"]})
    assert one.data["post"] == first

    assert (await other.ask("{ posts { totalCount } }")).data["posts"]["totalCount"] == 0
    theirs = await other.ask("query ($id: ID!) { post(id: $id) { id } }", {"id": first["id"]})
    assert (theirs.code, theirs.body["data"]) == ("NOT_FOUND", {"post": None})
    for document in ("{ posts { totalCount } }", '{ post(id: "pst_1") { id } }'):
        assert (await gateway.query(document, email=None)).code == "UNAUTHENTICATED"
    for filter in ({"characterId": [instagram["id"]]}, {"status": ["ODD"]}):
        refused = await me.ask(
            "query ($filter: PostFilter) { posts(filter: $filter) { totalCount } }", {"filter": filter}
        )
        assert refused.code == "BAD_USER_INPUT"


async def test_what_a_character_has_posted_cannot_be_asked_for_by_another_character(gateway: Gateway) -> None:
    answer = await gateway.query(
        '{ characters(first: 1) { nodes { posts(filter: {characterId: "chr_2"}) { totalCount } } } }'
    )
    assert answer.code == "BAD_USER_INPUT"
    assert answer.body["data"] == {"characters": {"nodes": [{"posts": None}]}}


# C21


async def test_a_post_of_a_character_is_published_with_its_content(gateway: Gateway) -> None:
    me = Somebody(gateway)
    character = await me.character()
    account = await me.account(character_id=character["id"])
    given = {
        "characterId": character["id"],
        "socialAccountId": account["id"],
        "caption": "Beautiful sunset!",
        "hashtags": ["sunset", "beach"],
        "mentions": ["@user1"],
        "postType": "REEL",
    }
    post = await me.done("createPost", given, f"post {{ {POST} }}")
    assert post["platformPostUrl"].startswith("https://instagram.example.com/reels/")
    assert post["publishedAt"] is not None
    assert {key: post[key] for key in ("platform", "postType", "status", "error", "content")} == {
        "platform": "INSTAGRAM",
        "postType": "REEL",
        "status": "PUBLISHED",
        "error": None,
        "content": None,
    }
    assert post["character"] == {"databaseId": character["databaseId"]}
    assert post["socialAccount"] == {"databaseId": account["databaseId"]}


async def test_what_cannot_be_posted_is_said_with_its_place(gateway: Gateway) -> None:
    me, other = Somebody(gateway), Somebody(gateway)
    account, theirs, gone = await me.account("TWITTER"), await other.account(), await me.disconnected_account()
    mine, selection = {"socialAccountId": account["id"]}, "post { id }"
    for given, expected in (
        ({"socialAccountId": gone["id"], "caption": "Hi"}, ("socialAccountId", "PLATFORM_CONNECTION_FAILED")),
        ({"socialAccountId": theirs["id"], "caption": "Hi"}, ("socialAccountId", "NOT_FOUND")),
        ({"socialAccountId": "", "caption": "Hi"}, ("socialAccountId", "BAD_USER_INPUT")),
        (mine, ("caption", "BAD_USER_INPUT")),
        ({**mine, "caption": "x" * 281}, ("caption", "BAD_USER_INPUT")),
        ({**mine, "contentId": "cnt_none"}, ("contentId", "NOT_FOUND")),
        ({**mine, "caption": "Hi", "characterId": "chr_none"}, ("characterId", "CHARACTER_NOT_FOUND")),
        ({**mine, "caption": "Hi", "hashtags": ["a b"]}, ("hashtags.0", "BAD_USER_INPUT")),
    ):
        assert await me.refused("createPost", given, selection) == [expected]
    assert (await me.ask("{ posts { totalCount } }")).data["posts"]["totalCount"] == 0
    assert await code_for_nobody(gateway, "createPost", mine, selection) == "UNAUTHENTICATED"


# C23 and C24


async def test_a_post_is_read_anew_and_taken_down(gateway: Gateway) -> None:
    me, other = Somebody(gateway), Somebody(gateway)
    account = await me.account()
    post = await me.done("createPost", {"socialAccountId": account["id"], "caption": "Hi"}, "post { id }")
    draft = {"socialAccountId": account["id"], "caption": "Hi", "publishImmediately": False}
    unpublished = await me.done("createPost", draft, "post { id }")

    synced = await me.done("syncPost", {"id": post["id"]}, "post { id lastSyncedAt viewsCount }")
    assert synced["lastSyncedAt"] is not None
    assert await me.refused("syncPost", {"id": unpublished["id"]}, "post { id }") == [("", "INVALID_TRANSITION")]
    for mutation in ("syncPost", "deletePost"):
        assert await other.refused(mutation, {"id": post["id"]}, "post { id }") == [("", "NOT_FOUND")]
        assert await me.refused(mutation, {"id": account["id"]}, "post { id }") == [("id", "BAD_USER_INPUT")]
        assert await code_for_nobody(gateway, mutation, {"id": "pst_1"}, "post { id }") == "UNAUTHENTICATED"
    deleted = await me.done("deletePost", {"id": post["id"]}, "post { id status }")
    assert deleted == {"id": post["id"], "status": "DELETED"}
    assert await me.refused("deletePost", {"id": post["id"]}, "post { id }") == [("", "NOT_FOUND")]


# C25 to C28


async def test_a_post_is_planned_changed_and_cancelled(gateway: Gateway) -> None:
    me, other = Somebody(gateway), Somebody(gateway)
    account = await me.account()
    given = {
        "socialAccountId": account["id"],
        "scheduledAt": "2040-01-16T14:00:00Z",
        "timezone": "America/New_York",
        "caption": "Soon",
    }
    plan = await me.done("schedulePost", given, PLAN)
    assert plan | {"id": "", "databaseId": ""} == {
        "id": "",
        "databaseId": "",
        "scheduledAt": "2040-01-16T14:00:00Z",
        "timezone": "America/New_York",
        "localTime": "2040-01-16T09:00:00",
        "status": "SCHEDULED",
        "caption": "Soon",
        "platform": "INSTAGRAM",
    }
    listed = """query ($filter: ScheduledPostFilter) { scheduledPosts(filter: $filter) { nodes { databaseId } } }"""
    for filter, count in (
        ({"scheduledFrom": "2040-01-16T14:00:00Z", "status": "SCHEDULED"}, 1),
        ({"scheduledTo": "2040-01-16T14:00:00Z"}, 0),
        ({"status": ["CANCELLED", "FAILED"]}, 0),
    ):
        assert len((await me.ask(listed, {"filter": filter})).data["scheduledPosts"]["nodes"]) == count
    assert (await other.ask("{ scheduledPosts { totalCount } }")).data["scheduledPosts"]["totalCount"] == 0
    assert (await gateway.query("{ scheduledPosts { totalCount } }", email=None)).code == "UNAUTHENTICATED"

    change = {"id": plan["id"], "caption": "Later", "scheduledAt": "2040-02-16T14:00:00Z"}
    changed = await me.done("updateScheduledPost", change, PLAN)
    assert changed == plan | {
        "caption": "Later",
        "scheduledAt": "2040-02-16T14:00:00Z",
        "localTime": "2040-02-16T09:00:00",
    }
    for mutation, more in (("updateScheduledPost", {"caption": "Mine"}), ("cancelScheduledPost", {})):
        assert await other.refused(mutation, {"id": plan["id"], **more}, "scheduledPost { id }") == [("", "NOT_FOUND")]
        code = await code_for_nobody(gateway, mutation, {"id": plan["id"], **more}, "scheduledPost { id }")
        assert code == "UNAUTHENTICATED"
    assert (await me.done("cancelScheduledPost", {"id": plan["id"]}, PLAN))["status"] == "CANCELLED"
    for mutation, more in (("updateScheduledPost", {"caption": "Again"}), ("cancelScheduledPost", {})):
        refused = await me.refused(mutation, {"id": plan["id"], **more}, "scheduledPost { id }")
        assert refused == [("", "INVALID_TRANSITION")]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"scheduledAt": "2020-01-01T00:00:00Z"}, ("scheduledAt", "BAD_USER_INPUT")),
        ({"timezone": "Mars/Olympus"}, ("timezone", "BAD_USER_INPUT")),
        ({"caption": ""}, ("caption", "BAD_USER_INPUT")),
        ({"contentId": "cnt_none"}, ("contentId", "NOT_FOUND")),
    ],
)
async def test_a_plan_that_cannot_be_is_said_with_its_place(
    gateway: Gateway, wrong: dict[str, Any], expected: tuple[str, str]
) -> None:
    me = Somebody(gateway)
    account = await me.account()
    good = {"socialAccountId": account["id"], "scheduledAt": "2040-01-16T14:00:00Z", "caption": "Soon"}
    plan = await me.done("schedulePost", good, PLAN)
    assert await me.refused("schedulePost", good | wrong, PLAN) == [expected]
    assert await me.refused("updateScheduledPost", {"id": plan["id"], **wrong}, PLAN) == [expected]


async def test_nothing_is_planned_for_an_account_that_is_disconnected(gateway: Gateway) -> None:
    me = Somebody(gateway)
    account = await me.disconnected_account()
    given = {"socialAccountId": account["id"], "scheduledAt": "2040-01-16T14:00:00Z", "caption": "Soon"}
    assert await me.refused("schedulePost", given, PLAN) == [("socialAccountId", "PLATFORM_CONNECTION_FAILED")]
    assert await code_for_nobody(gateway, "schedulePost", given, PLAN) == "UNAUTHENTICATED"


async def test_a_plan_becomes_a_post_when_its_moment_has_come(gateway: Gateway) -> None:
    me = Somebody(gateway)
    account = await me.account()
    document = (
        "subscription { updates(types: POST_PUBLISHED) { ... on PostPublished { post { databaseId caption } } } }"
    )
    async with subscribed(gateway, me.token, document) as stream:
        await stream.begun()
        at = (datetime.now(UTC) + timedelta(milliseconds=400)).isoformat()
        given = {"socialAccountId": account["id"], "scheduledAt": at, "caption": "It is time"}
        plan = await me.done("schedulePost", given, "scheduledPost { id }")
        post = (await stream.event())["post"]
    assert post["caption"] == "It is time"
    found = await me.ask("query ($id: ID!) { node(id: $id) { ... on ScheduledPost { post { databaseId } } } }", plan)
    assert found.data["node"]["post"] == {"databaseId": post["databaseId"]}
