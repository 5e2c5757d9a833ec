"""Sessions: one is active, and that one stays."""

import pytest

from tests.backends.backend_world import Json, User, World, ids, paths, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

SESSIONS = "/sessions/sessions"


async def opened(owner: User, title: str = "Spring pipeline") -> Json:
    answer = await owner.post(SESSIONS, {"title": title})
    assert answer.status_code == 201, answer.text
    session: Json = answer.json()
    return session


async def test_a_new_session_is_the_active_one(world: World) -> None:
    owner = world.agent()
    first, second = await opened(owner, " First "), await opened(owner, "Second")
    assert (first["title"], first["active"], second["active"]) == ("First", True, True)
    assert ids(await owner.get(SESSIONS, active="true")) == [second["id"]]
    assert (await owner.get(f"{SESSIONS}/active")).json() == second
    told = await world.webhook.first("session.changed", first["id"], lambda data: not data["session"]["active"])
    assert told["session"]["title"] == "First"


async def test_somebody_without_sessions_has_no_active_one(world: World) -> None:
    assert problem(await world.agent().get(f"{SESSIONS}/active")) == (404, "NO_ACTIVE_SESSION")


async def test_a_title_is_taken_once_by_each_user(world: World) -> None:
    owner = world.agent()
    await opened(owner)
    answer = await owner.post(SESSIONS, {"title": "Spring pipeline"})
    assert (problem(answer), answer.json()["errors"]) == (
        (409, "CONFLICT"),
        [
            {
                "path": ["title"],
                "message": "There is a session called Spring pipeline already.",
                "code": "SESSION_EXISTS",
            }
        ],
    )
    await opened(world.agent())


async def test_a_session_is_activated_by_its_id_or_its_title(world: World) -> None:
    owner = world.agent()
    first, second = await opened(owner, "First"), await opened(owner, "Second")
    assert (await owner.post(f"{SESSIONS}/{first['id']}/activate")).json()["active"] is True
    assert ids(await owner.get(SESSIONS, active="true")) == [first["id"]]
    assert (await owner.post(f"{SESSIONS}/activate", {"title": "Second"})).json()["id"] == second["id"]
    assert ids(await owner.get(SESSIONS, active="true")) == [second["id"]]
    assert problem(await owner.post(f"{SESSIONS}/activate", {"title": "Third"})) == (404, "NOT_FOUND")


async def test_the_active_session_is_not_deleted(world: World) -> None:
    owner = world.agent()
    first, second = await opened(owner, "First"), await opened(owner, "Second")
    assert problem(await owner.send("DELETE", f"{SESSIONS}/{second['id']}")) == (409, "SESSION_ACTIVE")
    assert (await owner.send("DELETE", f"{SESSIONS}/{first['id']}")).json()["id"] == first["id"]
    assert ids(await owner.get(SESSIONS)) == [second["id"]]


@pytest.mark.parametrize(("method", "action"), [("POST", "/activate"), ("DELETE", ""), ("GET", "")])
async def test_nobody_touches_the_session_of_somebody_else(world: World, method: str, action: str) -> None:
    session = await opened(world.agent())
    answer = await world.agent().send(method, f"{SESSIONS}/{session['id']}{action}")
    assert problem(answer) == (404, "NOT_FOUND")


@pytest.mark.parametrize("body", [{}, {"title": "  "}, {"title": "x" * 121}])
async def test_a_session_needs_a_title(world: World, body: Json) -> None:
    answer = await world.agent().post(SESSIONS, body)
    assert (problem(answer), paths(answer)) == ((422, "BAD_USER_INPUT"), [["title"]])
