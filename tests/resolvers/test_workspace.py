"""The workspace through the gateway: who asks, and sessions. Each row has what works, a refusal and a bad input."""

import uuid
from typing import Any

import pytest

from tests.gateway import Gateway
from tests.resolvers.workspace import mutate, opened, somebody

SESSION = "session { id title isActive }"


async def test_rows_of_the_workspace_need_a_token(gateway: Gateway) -> None:
    for field in (
        "viewer { roles }",
        "sessions { totalCount }",
        "activeSession { id }",
    ):
        answer = await gateway.query(f"{{ {field} }}", email=None)
        assert answer.code == "UNAUTHENTICATED", field


# D01 to D03


async def test_somebody_registers_logs_in_and_sees_who_they_are(gateway: Gateway) -> None:
    email = f"{uuid.uuid4().hex}@example.com"
    given = {"email": email, "password": "long enough 1", "agentName": "Robin Reed"}
    registered = await mutate(gateway, "register", given, "accessToken", email=None)
    assert registered.data["register"]["userErrors"] == []
    again = await mutate(gateway, "register", given, "accessToken", email=None)
    assert [error["code"] for error in again.data["register"]["userErrors"]] == ["EMAIL_TAKEN"]

    given = {"email": email, "password": "long enough 1"}
    answer = await mutate(gateway, "login", given, "accessToken expiresIn", email=None)

    token = answer.data["login"]["accessToken"]
    me = await gateway.query("{ viewer { user { email } } }", token=token)
    assert me.data == {"viewer": {"user": {"email": email}}}
    refused = await mutate(gateway, "login", given | {"password": "long enough 2"}, "accessToken", email=None)
    assert [error["code"] for error in refused.data["login"]["userErrors"]] == ["INVALID_CREDENTIALS"]
    short = await mutate(gateway, "register", given | {"agentName": "R", "password": "short"}, "accessToken")
    assert [error["field"] for error in short.data["register"]["userErrors"]] == [["password"]]


# D04


async def test_sessions_are_listed_by_title(gateway: Gateway) -> None:
    token = somebody(gateway)
    for title in ("Beta", "Alpha"):
        await opened(gateway, token, title)

    answer = await gateway.query(
        "{ sessions(orderBy: {field: TITLE, direction: ASC}) { totalCount nodes { title isActive } } }", token=token
    )

    assert answer.data["sessions"] == {
        "totalCount": 2,
        "nodes": [{"title": "Alpha", "isActive": True}, {"title": "Beta", "isActive": False}],
    }
    found = await gateway.query('{ viewer { sessions(filter: {search: "bet"}) { nodes { title } } } }', token=token)
    assert found.data["viewer"]["sessions"]["nodes"] == [{"title": "Beta"}]
    assert (await gateway.query("{ sessions(first: 101) { totalCount } }", token=token)).code == "BAD_USER_INPUT"


# D05


async def test_the_active_session_is_null_until_one_is_opened(gateway: Gateway) -> None:
    token = somebody(gateway)
    assert (await gateway.query("{ activeSession { title } }", token=token)).data == {"activeSession": None}
    session = await opened(gateway, token)

    answer = await gateway.query("{ activeSession { id } viewer { activeSession { id } } }", token=token)

    assert answer.data == {"activeSession": {"id": session["id"]}, "viewer": {"activeSession": {"id": session["id"]}}}


# D06


async def test_a_session_is_opened_and_active(gateway: Gateway) -> None:
    token = somebody(gateway)
    first = await opened(gateway, token, "First")
    second = await opened(gateway, token, "Second")
    assert (first["isActive"], second["isActive"]) == (True, True)
    answer = await gateway.query("query ($id: ID!) { session(id: $id) { isActive } }", first, token=token)
    assert answer.data == {"session": {"isActive": False}}


async def test_no_two_sessions_are_called_the_same(gateway: Gateway) -> None:
    token = somebody(gateway)
    await opened(gateway, token, "First")

    answer = await mutate(gateway, "createSession", {"title": "First"}, SESSION, token=token)

    message = "There is a session called First already."
    assert answer.data["createSession"] == {
        "session": None,
        "userErrors": [{"field": ["title"], "message": message, "code": "SESSION_EXISTS"}],
    }


async def test_a_session_needs_a_title(gateway: Gateway) -> None:
    answer = await mutate(gateway, "createSession", {"title": ""}, SESSION)
    (error,) = answer.data["createSession"]["userErrors"]
    assert (error["field"], error["code"]) == (["title"], "BAD_USER_INPUT")


# D07


async def test_a_session_is_activated_by_title_or_id(gateway: Gateway) -> None:
    token = somebody(gateway)
    first, _ = await opened(gateway, token, "First"), await opened(gateway, token, "Second")
    for given in ({"title": "Second"}, {"id": first["id"]}):
        answer = await mutate(gateway, "activateSession", given, "session { id title }", token=token)
        assert answer.data["activateSession"]["userErrors"] == []
        active = await gateway.query("{ activeSession { id title } }", token=token)
        assert active.data["activeSession"] == answer.data["activateSession"]["session"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"title": "Nowhere"}, (["title"], "There is no session called Nowhere.", "NOT_FOUND")),
        ({"id": "ses_none"}, ([], "There is no session ses_none.", "NOT_FOUND")),
    ],
)
async def test_a_session_that_is_not_there_is_not_activated(gateway: Gateway, given: Any, error: Any) -> None:
    answer = await mutate(gateway, "activateSession", given, SESSION)
    assert answer.data["activateSession"] == {
        "session": None,
        "userErrors": [dict(zip(("field", "message", "code"), error, strict=True))],
    }


async def test_a_session_is_activated_by_one_of_the_two(gateway: Gateway) -> None:
    answer = await mutate(gateway, "activateSession", {"title": "First", "id": "ses_1"}, SESSION)
    assert (answer.status, answer.code) == (422, "BAD_USER_INPUT")


# D08


async def test_the_active_session_stays(gateway: Gateway) -> None:
    token = somebody(gateway)
    first, second = await opened(gateway, token, "First"), await opened(gateway, token, "Second")

    refused = await mutate(gateway, "deleteSession", {"id": second["id"]}, "session { id }", token=token)
    answer = await mutate(gateway, "deleteSession", {"id": first["id"]}, "session { id }", token=token)

    message = "The active session cannot be deleted: activate another."
    assert refused.data["deleteSession"]["userErrors"] == [{"field": [], "message": message, "code": "SESSION_ACTIVE"}]
    assert answer.data["deleteSession"] == {"session": {"id": first["id"]}, "userErrors": []}
    left = await gateway.query("{ sessions { nodes { id } } }", token=token)
    assert left.data["sessions"]["nodes"] == [{"id": second["id"]}]


async def test_the_session_of_somebody_else_is_not_there(gateway: Gateway) -> None:
    session = await opened(gateway, somebody(gateway))
    answer = await mutate(gateway, "deleteSession", {"id": session["id"]}, "session { id }")
    assert [error["code"] for error in answer.data["deleteSession"]["userErrors"]] == ["NOT_FOUND"]
    read = await gateway.query("query ($id: ID!) { session(id: $id) { title } }", {"id": session["id"]})
    assert read.code == "NOT_FOUND"


async def test_the_id_of_another_type_is_no_sessions(gateway: Gateway) -> None:
    id = "TGlzdGluZzpsc3RfOTA1YmEwZjJlYjhhODBkN2U4NjM"
    answer = await mutate(gateway, "deleteSession", {"id": id}, "session { id }")
    assert [error["code"] for error in answer.data["deleteSession"]["userErrors"]] == ["BAD_USER_INPUT"]
