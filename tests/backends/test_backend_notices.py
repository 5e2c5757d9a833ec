"""Notifications and social accounts."""

import pytest

from tests.backends.backend_world import Json, User, World, paths, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOTIFICATIONS = "/notifications/notifications"
CONNECT = "/social/accounts/connect"


async def told(world: World, owner_id: str, **changes: object) -> Json:
    body = {"owner_id": owner_id, "type": "system", "title": "Hello", "message": "Something has happened."}
    answer = await world.service.post(NOTIFICATIONS, body | changes)
    assert answer.status_code in (200, 201), answer.text
    notification: Json = answer.json()
    return notification


async def test_a_notice_becomes_a_notification_of_its_owner(world: World) -> None:
    owner = world.agent()
    notification = await told(world, owner.id, related_entity_type="task", related_entity_id="tsk_1")
    assert (notification["is_read"], notification["read_at"]) == (False, None)
    assert (await owner.get(NOTIFICATIONS)).json() == {"items": [notification], "total": 1}
    assert (await world.agent().get(NOTIFICATIONS)).json()["total"] == 0
    data = await world.webhook.first("notification.created", notification["id"], lambda data: True)
    assert data == {"notification": notification}


async def test_what_an_agent_does_not_want_to_hear_is_skipped(world: World) -> None:
    body = {"email": "quiet@example.com", "password": "correct horse", "agent_name": "Quiet"}
    tokens = (await User(world.http, {}).post("/accounts/auth/register", body)).json()
    me = world.bearer(tokens["access_token"])
    await me.put("/accounts/agents/me/notification-preferences", {"preferences": {"listing_update": False}})
    assert await told(world, tokens["user"]["id"], type="listing_update") == {"skipped": True}
    assert (await told(world, tokens["user"]["id"], type="task_failed"))["type"] == "task_failed"
    assert (await me.get(NOTIFICATIONS)).json()["total"] == 1


async def test_reading_marks_a_notification_once(world: World) -> None:
    owner = world.agent()
    notification = await told(world, owner.id)
    path = f"{NOTIFICATIONS}/{notification['id']}/read"
    read = (await owner.put(path)).json()
    assert read["is_read"]
    assert read["read_at"] is not None
    assert (await owner.put(path)).json() == read
    assert problem(await world.agent().put(path)) == (404, "NOT_FOUND")
    await told(world, owner.id)
    await world.webhook.first("notification.read", notification["id"], lambda data: True)
    assert world.webhook.about("notification.read", notification["id"]) == [{"notification": read}]


async def test_reading_all_counts_what_was_unread(world: World) -> None:
    owner, other = world.agent(), world.agent()
    for _ in range(3):
        await told(world, owner.id)
    await told(world, other.id)
    assert (await owner.put(f"{NOTIFICATIONS}/read-all")).json() == {"updated": 3}
    assert (await owner.put(f"{NOTIFICATIONS}/read-all")).json() == {"updated": 0}
    assert (await owner.get(NOTIFICATIONS, is_read="false")).json()["total"] == 0
    assert (await other.get(NOTIFICATIONS, is_read="false")).json()["total"] == 1


async def test_notifications_are_filtered_by_type_and_whether_they_are_read(world: World) -> None:
    owner = world.agent()
    first = await told(world, owner.id, type="task_failed")
    await told(world, owner.id)
    await owner.put(f"{NOTIFICATIONS}/{first['id']}/read")
    assert (await owner.get(NOTIFICATIONS, type="task_failed,content_ready")).json()["total"] == 1
    assert (await owner.get(NOTIFICATIONS, is_read="true")).json()["items"][0]["id"] == first["id"]
    assert problem(await owner.get(NOTIFICATIONS, is_read="yes")) == (422, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    "auth",
    [
        {"type": "oauth", "code": "a-code"},
        {"type": "api_key", "api_key": "a-key"},
        {"type": "browser_session", "username": "jo", "password": "a password"},
    ],
)
async def test_an_account_is_connected_by_any_kind_of_credentials(world: World, auth: Json) -> None:
    owner = world.agent()
    answer = await owner.post(CONNECT, {"platform": "instagram", "auth": auth})
    account = answer.json()
    assert answer.status_code == 201, answer.text
    assert (account["owner_id"], account["agent_id"]) == (owner.id, owner.agent_id)
    assert (account["connection_status"], account["is_active"]) == ("connected", True)
    assert (await owner.get("/social/accounts")).json() == {"items": [account], "total": 1}
    data = await world.webhook.first("account.connected", account["id"], lambda data: True)
    assert data == {"account": account}
    await world.webhook.until(
        lambda: any(
            event["type"] == "notification.created" and event["owner"] == owner.id for event in world.webhook.events
        )
    )


async def test_connecting_the_same_account_again_renews_it(world: World) -> None:
    owner = world.agent()
    body = {"platform": "facebook", "auth": {"type": "oauth", "code": "first"}}
    first = await owner.post(CONNECT, body)
    again = await owner.post(CONNECT, body | {"auth": {"type": "oauth", "code": "second"}})
    other = await owner.post(CONNECT, body | {"platform": "tiktok"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 201)
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["connected_at"] > first.json()["connected_at"]
    assert (await owner.get("/social/accounts", platform="facebook")).json()["total"] == 1


@pytest.mark.parametrize(
    ("auth", "field"),
    [
        ({"type": "oauth", "code": "expired-1"}, "code"),
        ({"type": "api_key", "api_key": "invalid"}, "api_key"),
        ({"type": "browser_session", "username": "jo", "password": "invalid-password"}, "password"),
    ],
)
async def test_credentials_that_the_platform_refuses_are_named(world: World, auth: Json, field: str) -> None:
    owner = world.agent()
    answer = await owner.post(CONNECT, {"platform": "linkedin", "auth": auth})
    assert problem(answer) == (422, "PLATFORM_CONNECTION_FAILED")
    assert paths(answer) == [["auth", field]]
    assert (await owner.get("/social/accounts")).json()["total"] == 0


@pytest.mark.parametrize(
    ("auth", "path"),
    [
        ({"type": "oauth"}, ["auth", "code"]),
        ({"type": "oauth", "code": ""}, ["auth", "code"]),
        ({"type": "telepathy"}, ["auth"]),
        ({"type": "oauth", "code": "c", "api_key": "k"}, ["auth", "api_key"]),
    ],
)
async def test_credentials_of_the_wrong_form_are_named(world: World, auth: Json, path: list[str]) -> None:
    answer = await world.agent().post(CONNECT, {"platform": "twitter", "auth": auth})
    assert problem(answer) == (422, "BAD_USER_INPUT")
    assert paths(answer) == [path]
