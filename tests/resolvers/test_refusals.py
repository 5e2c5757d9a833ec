"""What every domain refuses alike: callers without a token, ids of another type, windows of no use, others' rows."""

from typing import Any

import pytest

from tests.end_to_end.sockets import subscribed
from tests.gateway import Gateway
from tests.resolvers.publishing import Somebody, mutation_document
from tests.resolvers.workspace import opened, uploaded

LISTING_ID = "TGlzdGluZzpsc3RfOTA1YmEwZjJlYjhhODBkN2U4NjM"

NEED_A_TOKEN = [
    "{ viewer { agent { name } } }",
    '{ listing(id: "lst_1") { address } }',
    "{ pendingApprovals { totalCount } }",
    "{ notifications { totalCount } }",
    '{ character(id: "chr_1") { analytics { totalPosts } } }',
    '{ post(id: "pst_1") { analytics { views } } }',
    "{ activeSession { activeFile { id } } }",
    'mutation { createContentForListing(input: {listingId: "a", contentTypes: [EMAIL]}) { userErrors { code } } }',
    'mutation { requestContentRevisions(input: {id: "cnt_1", feedback: "a"}) { userErrors { code } } }',
    'mutation { sendContentToMarketing(input: {id: "cnt_1"}) { userErrors { code } } }',
    'mutation { recordMarketingResponse(input: {id: "cnt_1", response: "a"}) { userErrors { code } } }',
    'mutation { markNotificationRead(input: {id: "ntf_1"}) { userErrors { code } } }',
    """mutation { updateNotificationPreferences(input: {preferences: [{type: "system", isEnabled: true}]}) {
        userErrors { code }
    } }""",
    'mutation { createSession(input: {title: "Spring"}) { userErrors { code } } }',
    'mutation { activateSession(input: {title: "Spring"}) { userErrors { code } } }',
    'mutation { deleteSession(input: {id: "ses_1"}) { userErrors { code } } }',
    'mutation { activateFile(input: {id: "fil_1"}) { userErrors { code } } }',
    'mutation { deleteFile(input: {id: "fil_1"}) { userErrors { code } } }',
]


@pytest.mark.parametrize("document", NEED_A_TOKEN)
async def test_this_too_needs_a_token(gateway: Gateway, document: str) -> None:
    answer = await gateway.query(document, email=None)
    assert (answer.code, answer.calls) == ("UNAUTHENTICATED", [])


@pytest.mark.parametrize(
    "field",
    [
        "listing",
        "task",
        "aiAgent",
        "team",
        "character",
        "content",
        "contentGeneration",
        "socialAccount",
        "post",
        "scheduledPost",
        "automationRule",
        "session",
        "file",
    ],
)
async def test_the_id_of_another_type_is_that_of_nothing(gateway: Gateway, field: str) -> None:
    id = LISTING_ID if field != "listing" else "VGFzazp0c2tfMQ"
    answer = await gateway.query(f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}", {"id": id})
    assert (answer.body["data"], answer.code, answer.calls) == ({field: None}, "BAD_USER_INPUT", [])


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("approveContent", {}),
        ("rejectContent", {}),
        ("deleteContent", {}),
        ("requestContentRevisions", {"feedback": "Shorter."}),
        ("sendContentToMarketing", {}),
        ("recordMarketingResponse", {"response": "Fine."}),
        ("markNotificationRead", {}),
        ("updateAiAgent", {}),
        ("deleteAiAgent", {}),
        ("startAiAgent", {}),
        ("stopAiAgent", {}),
        ("cancelTask", {}),
        ("updateTeam", {}),
        ("deleteTeam", {}),
        ("updateCharacter", {}),
        ("deleteCharacter", {}),
        ("pauseCharacter", {}),
        ("resumeCharacter", {}),
        ("disconnectSocialAccount", {}),
        ("syncSocialAccount", {}),
        ("deletePost", {}),
        ("syncPost", {}),
        ("updateScheduledPost", {}),
        ("cancelScheduledPost", {}),
        ("activateSession", {}),
        ("deleteSession", {}),
        ("activateFile", {}),
        ("deleteFile", {}),
    ],
)
async def test_with_the_id_of_another_type_nothing_is_changed(
    gateway: Gateway, mutation: str, given: dict[str, Any]
) -> None:
    answer = await gateway.query(mutation_document(mutation, ""), {"input": {"id": LISTING_ID, **given}})
    (error,) = answer.data[mutation]["userErrors"]
    assert (error["field"], error["code"], answer.calls) == (["id"], "BAD_USER_INPUT", [])


@pytest.mark.parametrize(
    "field",
    [
        "aiAgents",
        "teams",
        "characters",
        "posts",
        "scheduledPosts",
        "automationRules",
        "engagementActions",
        "sessions",
        "files",
        "chatHistory",
    ],
)
async def test_a_list_of_more_than_a_hundred_or_none_is_refused(gateway: Gateway, field: str) -> None:
    for window in ("first: 101", "first: 0", "first: 5, last: 5"):
        answer = await gateway.query(f"{{ {field}({window}) {{ totalCount }} }}")
        assert (answer.body["data"], answer.code, answer.calls) == ({field: None}, "BAD_USER_INPUT", [])


async def test_what_cannot_be_a_refresh_token_logs_nobody_out(gateway: Gateway) -> None:
    me = Somebody(gateway)
    payload = (await me.mutate("logout", {"refreshToken": "x" * 2001}, "isLoggedOut")).data["logout"]
    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [
        (["refreshToken"], "BAD_USER_INPUT")
    ]
    assert (await me.ask("{ viewer { roles } }")).data == {"viewer": {"roles": ["agent"]}}


# Figures hang on what they are about


async def test_the_figures_of_what_is_somebody_elses_are_not_shown(gateway: Gateway) -> None:
    mine = await gateway.query("{ characters(first: 1) { nodes { id } } posts(first: 1) { nodes { id } } }")
    for field, found in (("character", mine.data["characters"]), ("post", mine.data["posts"])):
        document = f"query ($id: ID!) {{ {field}(id: $id) {{ analytics {{ trends {{ day }} }} }} }}"
        theirs = await gateway.query(document, found["nodes"][0], email="maria@example.com")
        assert (theirs.body["data"], theirs.code) == ({field: None}, "NOT_FOUND")
        none = await gateway.query(document, {"id": LISTING_ID})
        assert (none.body["data"], none.code, none.calls) == ({field: None}, "BAD_USER_INPUT", [])


async def test_a_period_that_ends_before_it_begins_has_no_figures(gateway: Gateway) -> None:
    answer = await gateway.query("""{ characters(first: 1) { nodes {
        analytics(from: "2025-11-07T00:00:00Z", to: "2025-11-01T00:00:00Z") { totalPosts }
    } } }""")
    assert answer.body["data"] == {"characters": {"nodes": [{"analytics": None}]}}
    assert answer.code == "BAD_USER_INPUT"


async def test_the_session_of_somebody_else_is_neither_activated_nor_found(gateway: Gateway) -> None:
    me, other = Somebody(gateway), Somebody(gateway)
    session = await me.done("createSession", {"title": "Mine"}, "session { id }")
    await other.done("createSession", {"title": "Theirs"}, "session { id }")
    assert await other.refused("activateSession", {"id": session["id"]}, "session { id }") == [("", "NOT_FOUND")]
    assert await other.refused("activateSession", {"title": "Mine"}, "session { id }") == [("title", "NOT_FOUND")]
    active = await other.ask("{ activeSession { title } }")
    assert active.data == {"activeSession": {"title": "Theirs"}}


async def test_nothing_is_planned_for_the_account_of_somebody_else(gateway: Gateway) -> None:
    me, other = Somebody(gateway), Somebody(gateway)
    account = await me.account()
    given = {"socialAccountId": account["id"], "scheduledAt": "2040-01-16T14:00:00Z", "caption": "Soon"}
    assert await other.refused("schedulePost", given, "scheduledPost { id }") == [("socialAccountId", "NOT_FOUND")]
    assert (await me.ask("{ scheduledPosts { totalCount } }")).data == {"scheduledPosts": {"totalCount": 0}}


async def test_nothing_that_somebody_else_said_is_saved(gateway: Gateway) -> None:
    me, other = Somebody(gateway), Somebody(gateway)
    session = await opened(gateway, me.token)
    file = await uploaded(gateway, me.token, b"product,revenue\nStaging,800\n")
    await me.done("activateFile", {"id": file["id"]}, "file { id }")
    question = 'subscription { askAssistant(question: "How many rows?") { isLast } }'
    async with subscribed(gateway, me.token, question) as stream:
        await stream.rest()

    given = {"sessionId": session["id"], "fileId": file["id"]}
    payload = (await other.mutate("saveChat", given, "messages { id }")).data["saveChat"]

    assert payload == {"messages": [], "userErrors": []}
    kept = await me.ask("{ chatHistory { nodes { isSaved } } }")
    assert kept.data["chatHistory"]["nodes"] == [{"isSaved": False}] * 2


async def test_what_is_the_callers_begins_empty(gateway: Gateway) -> None:
    lists = [
        "listings",
        "pendingApprovals",
        "notifications",
        "socialAccounts",
        "aiAgents",
        "teams",
        "tasks",
        "characters",
        "contentLibrary",
        "posts",
        "scheduledPosts",
        "automationRules",
        "engagementActions",
        "sessions",
        "files",
    ]
    answer = await Somebody(gateway).ask("{ " + " ".join(f"{name} {{ totalCount }}" for name in lists) + " }")
    assert answer.data == {name: {"totalCount": 0} for name in lists}
