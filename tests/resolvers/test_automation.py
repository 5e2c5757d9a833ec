"""Automation rules and engagement through the gateway: what works, who is refused and what cannot be used."""

from typing import Any

import pytest

from tests.end_to_end.sockets import subscribed
from tests.gateway import Gateway
from tests.resolvers.publishing import Somebody, code_for_nobody

RULE = """automationRule {
    id name cron timezone isEnabled platforms contentType contentCategory hashtagStrategy maxPostsPerDay
    cooldownMinutes nextRunAt lastRunAt runsCount character { databaseId }
}"""
DAILY = {
    "name": "Daily Instagram Posts",
    "cron": "0 14 * * *",
    "timezone": "America/New_York",
    "platforms": ["INSTAGRAM"],
    "promptTemplate": "A beautiful {topic} scene",
    "captionTemplate": "Check out this {topic}! #lifestyle",
}
ACTION = "engagementAction { id actionType targetType targetId status character { databaseId } }"


# C29 to C34


async def test_a_rule_is_made_changed_turned_off_and_on_and_deleted(gateway: Gateway) -> None:
    me, other = Somebody(gateway), Somebody(gateway)
    character = await me.character()
    rule = await me.done("createAutomationRule", {"characterId": character["id"], **DAILY}, RULE)
    assert rule["nextRunAt"] is not None
    assert {key: rule[key] for key in rule.keys() - {"id", "nextRunAt"}} == {
        "name": "Daily Instagram Posts",
        "cron": "0 14 * * *",
        "timezone": "America/New_York",
        "isEnabled": True,
        "platforms": ["INSTAGRAM"],
        "contentType": "IMAGE",
        "contentCategory": "POST",
        "hashtagStrategy": "AUTO",
        "maxPostsPerDay": 1,
        "cooldownMinutes": 60,
        "lastRunAt": None,
        "runsCount": 0,
        "character": {"databaseId": character["databaseId"]},
    }
    listed = "query ($filter: AutomationRuleFilter) { automationRules(filter: $filter) { totalCount } }"
    for filter, count in (
        ({"characterId": character["id"]}, 1),
        ({"characterId": "chr_none"}, 0),
        ({"isEnabled": False}, 0),
    ):
        assert (await me.ask(listed, {"filter": filter})).data["automationRules"]["totalCount"] == count
    assert (await other.ask(listed)).data["automationRules"]["totalCount"] == 0
    assert (await gateway.query(listed, email=None)).code == "UNAUTHENTICATED"

    for mutation, more in (
        ("updateAutomationRule", {"name": "Mine"}),
        ("enableAutomationRule", {}),
        ("disableAutomationRule", {}),
        ("deleteAutomationRule", {}),
    ):
        given = {"id": rule["id"], **more}
        assert await other.refused(mutation, given, RULE) == [("", "NOT_FOUND")]
        assert await me.refused(mutation, {**given, "id": character["id"]}, RULE) == [("id", "BAD_USER_INPUT")]
        assert await code_for_nobody(gateway, mutation, given, RULE) == "UNAUTHENTICATED"
    changed = await me.done("updateAutomationRule", {"id": rule["id"], "cron": "0 0 1 1 *", "maxPostsPerDay": 2}, RULE)
    assert changed == rule | {"cron": "0 0 1 1 *", "maxPostsPerDay": 2, "nextRunAt": changed["nextRunAt"]}
    assert changed["nextRunAt"].endswith("-01-01T05:00:00Z")
    off = await me.done("disableAutomationRule", {"id": rule["id"]}, RULE)
    assert off == changed | {"isEnabled": False, "nextRunAt": None}
    assert await me.done("enableAutomationRule", {"id": rule["id"]}, RULE) == changed
    assert (await me.done("deleteAutomationRule", {"id": rule["id"]}, RULE))["isEnabled"] is False
    assert (await me.ask(listed)).data["automationRules"]["totalCount"] == 0


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"cron": "0 25 * * *"}, ("cron", "BAD_USER_INPUT")),
        ({"cron": "every day"}, ("cron", "BAD_USER_INPUT")),
        ({"timezone": "Mars/Olympus"}, ("timezone", "BAD_USER_INPUT")),
        ({"platforms": []}, ("platforms", "BAD_USER_INPUT")),
        ({"maxPostsPerDay": 0}, ("maxPostsPerDay", "BAD_USER_INPUT")),
        ({"maxPostsPerDay": 51}, ("maxPostsPerDay", "BAD_USER_INPUT")),
        ({"cooldownMinutes": 10_081}, ("cooldownMinutes", "BAD_USER_INPUT")),
        ({"promptTemplate": "A {mood} day"}, ("promptTemplate", "BAD_USER_INPUT")),
    ],
)
async def test_what_is_no_rule_is_said_with_its_place(
    gateway: Gateway, wrong: dict[str, Any], expected: tuple[str, str]
) -> None:
    me = Somebody(gateway)
    character = await me.character()
    good = {"characterId": character["id"], **DAILY, "isEnabled": False}
    rule = await me.done("createAutomationRule", good, RULE)
    assert await me.refused("createAutomationRule", good | wrong, RULE) == [expected]
    assert await me.refused("updateAutomationRule", {"id": rule["id"], **wrong}, RULE) == [expected]


async def test_a_rule_is_for_a_character_of_ones_own(gateway: Gateway) -> None:
    me, other = Somebody(gateway), Somebody(gateway)
    given = {"characterId": (await other.character())["id"], **DAILY}
    assert await me.refused("createAutomationRule", given, RULE) == [("characterId", "CHARACTER_NOT_FOUND")]
    assert await code_for_nobody(gateway, "createAutomationRule", given, RULE) == "UNAUTHENTICATED"


# C35 to C38


@pytest.mark.parametrize(
    ("mutation", "action_type", "target_type", "more"),
    [
        ("likePost", "LIKE", "POST", {}),
        ("commentOnPost", "COMMENT", "POST", {"commentText": "Great post! 😊"}),
        ("followUser", "FOLLOW", "USER", {}),
    ],
)
async def test_an_action_is_taken_listed_and_told_of(
    gateway: Gateway, mutation: str, action_type: str, target_type: str, more: dict[str, Any]
) -> None:
    me, other = Somebody(gateway), Somebody(gateway)
    character = await me.character()
    account = await me.account(character_id=character["id"])
    given = {"characterId": character["id"], "socialAccountId": account["id"], "targetId": "123456", **more}
    document = """subscription { updates(types: [ENGAGEMENT_ACTION_COMPLETED]) {
        ... on EngagementActionCompleted { action { id status } }
    } }"""
    async with subscribed(gateway, me.token, document) as stream:
        await stream.begun()
        action = await me.done(mutation, given, ACTION)
        assert action | {"id": ""} == {
            "id": "",
            "actionType": action_type,
            "targetType": target_type,
            "targetId": "123456",
            "status": "PENDING",
            "character": {"databaseId": character["databaseId"]},
        }
        assert (await stream.event())["action"] == {"id": action["id"], "status": "COMPLETED"}
    listed = "query ($filter: EngagementActionFilter) { engagementActions(filter: $filter) { nodes { id status } } }"
    found = await me.ask(listed, {"filter": {"actionType": action_type, "status": "COMPLETED"}})
    assert found.data["engagementActions"]["nodes"] == [{"id": action["id"], "status": "COMPLETED"}]
    for filter in ({"status": "FAILED"}, {"platform": "TIKTOK"}, {"characterId": "chr_none"}):
        assert (await me.ask(listed, {"filter": filter})).data["engagementActions"]["nodes"] == []
    assert (await other.ask(listed)).data["engagementActions"]["nodes"] == []
    assert (await gateway.query(listed, email=None)).code == "UNAUTHENTICATED"

    gone, theirs = await me.disconnected_account(), await other.account()
    for wrong, expected in (
        ({"socialAccountId": gone["id"], "characterId": None}, ("socialAccountId", "PLATFORM_CONNECTION_FAILED")),
        ({"socialAccountId": theirs["id"]}, ("socialAccountId", "NOT_FOUND")),
        ({"characterId": "chr_none"}, ("characterId", "CHARACTER_NOT_FOUND")),
        ({"targetId": ""}, ("targetId", "BAD_USER_INPUT")),
    ):
        assert await me.refused(mutation, given | wrong, ACTION) == [expected]
    assert await code_for_nobody(gateway, mutation, given, ACTION) == "UNAUTHENTICATED"


async def test_what_is_done_once_is_not_done_again_and_a_comment_says_something(gateway: Gateway) -> None:
    me = Somebody(gateway)
    given = {"socialAccountId": (await me.account())["id"], "targetId": "7"}
    for mutation in ("likePost", "followUser"):
        await me.done(mutation, given, ACTION)
        assert await me.refused(mutation, given, ACTION) == [("targetId", "CONFLICT")]
    refused = await me.refused("commentOnPost", {**given, "commentText": ""}, ACTION)
    assert refused == [("commentText", "BAD_USER_INPUT")]
