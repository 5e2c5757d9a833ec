"""Accounts: registering, signing in and out, refreshing, profiles and preferences."""

import asyncio

import pytest

from backends.document import new_id
from tests.backends.backend_world import Json, User, Webhook, World, paths, problem, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVERY_PREFERENCE = {
    "content_ready": True,
    "content_decision": True,
    "listing_update": True,
    "social_account": True,
    "task_failed": True,
    "system": True,
}


async def registered(world: World, **changes: object) -> Json:
    nobody = User(world.http, {})
    body = {"email": f"{new_id('person')}@example.com", "password": "correct horse", "agent_name": "Jo Field"}
    answer = await nobody.post("/accounts/auth/register", body | changes)
    assert answer.status_code == 201, answer.text
    tokens: Json = answer.json()
    return tokens


async def post_auth(world: World, action: str, body: Json) -> tuple[int, Json]:
    answer = await User(world.http, {}).post(f"/accounts/auth/{action}", body)
    if answer.is_error:
        problem(answer)
    return answer.status_code, answer.json()


async def refreshed(world: World, refresh_token: str) -> tuple[int, Json]:
    return await post_auth(world, "refresh", {"refresh_token": refresh_token})


async def test_registering_makes_a_user_an_agent_and_tokens(world: World) -> None:
    tokens = await registered(world, email="Jo.Field@Example.com", phone="+1 512 555 0100")
    user, agent = tokens["user"], tokens["agent"]
    assert (user["email"], user["roles"], user["agent_id"]) == ("jo.field@example.com", ["agent"], agent["id"])
    assert (agent["name"], agent["phone"], agent["user_id"]) == ("Jo Field", "+1 512 555 0100", user["id"])
    assert agent["notification_preferences"] == EVERY_PREFERENCE
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 3600)
    me = world.bearer(tokens["access_token"])
    assert (await me.get("/accounts/users/me")).json() == user
    assert (await me.get("/accounts/agents/me")).json() == agent
    assert (await me.get("/listings/listings")).status_code == 200


async def test_an_email_address_registers_once_whatever_its_case(world: World) -> None:
    tokens = await registered(world)
    body = {"email": tokens["user"]["email"].upper(), "password": "correct horse", "agent_name": "Somebody"}
    answer = await User(world.http, {}).post("/accounts/auth/register", body)
    assert problem(answer) == (409, "EMAIL_TAKEN")
    assert paths(answer) == [["email"]]


async def test_of_two_registrations_at_once_one_succeeds(world: World) -> None:
    body = {"email": f"{new_id('person')}@example.com", "password": "correct horse", "agent_name": "Jo Field"}
    answers = await asyncio.gather(*(post_auth(world, "register", body) for _ in range(2)))
    assert sorted(status for status, _ in answers) == [201, 409]


async def test_a_registration_names_what_cannot_be_used(world: World) -> None:
    body = {"email": "nobody", "password": "short", "agent_name": ""}
    answer = await User(world.http, {}).post("/accounts/auth/register", body)
    assert problem(answer) == (422, "BAD_USER_INPUT")
    assert paths(answer) == [["email"], ["password"], ["agent_name"]]


async def test_signing_in_needs_the_password(world: World) -> None:
    email = (await registered(world))["user"]["email"]
    status, tokens = await post_auth(world, "login", {"email": email.upper(), "password": "correct horse"})
    assert (status, tokens["user"]["email"]) == (200, email)
    wrong = await post_auth(world, "login", {"email": email, "password": "wrong horse"})
    unknown = await post_auth(world, "login", {"email": "nobody@example.com", "password": "wrong horse"})
    assert wrong == unknown
    assert (wrong[0], wrong[1]["code"]) == (401, "INVALID_CREDENTIALS")


async def test_refreshing_rotates_the_refresh_token(world: World) -> None:
    tokens = await registered(world)
    status, second = await refreshed(world, tokens["refresh_token"])
    assert (status, second["user"]) == (200, tokens["user"])
    assert second["refresh_token"] != tokens["refresh_token"]
    assert (await world.bearer(second["access_token"]).get("/accounts/users/me")).status_code == 200


async def test_reusing_a_refresh_token_ends_its_whole_family(world: World) -> None:
    first = await registered(world)
    _, second = await refreshed(world, first["refresh_token"])
    _, third = await refreshed(world, second["refresh_token"])
    status, refusal = await refreshed(world, first["refresh_token"])
    assert (status, refusal["code"]) == (401, "REFRESH_TOKEN_REUSED")
    status, refusal = await refreshed(world, third["refresh_token"])
    assert (status, refusal["code"]) == (401, "INVALID_REFRESH_TOKEN")


async def test_a_reuse_leaves_other_sessions_alone(world: World) -> None:
    first = await registered(world)
    _, other = await post_auth(world, "login", {"email": first["user"]["email"], "password": "correct horse"})
    await refreshed(world, first["refresh_token"])
    await refreshed(world, first["refresh_token"])
    assert (await refreshed(world, other["refresh_token"]))[0] == 200


async def test_a_repeated_refresh_with_the_same_key_gets_the_same_tokens(world: World) -> None:
    body = {"refresh_token": (await registered(world))["refresh_token"]}
    nobody = User(world.http, {})
    first = await nobody.post("/accounts/auth/refresh", body, key="retry")
    again = await nobody.post("/accounts/auth/refresh", body, key="retry")
    assert (again.status_code, again.json()) == (200, first.json())


async def test_an_unknown_refresh_token_is_refused(world: World) -> None:
    status, refusal = await refreshed(world, "rft_unknown")
    assert (status, refusal["code"]) == (401, "INVALID_REFRESH_TOKEN")


async def test_signing_out_ends_the_access_token_and_the_refresh_tokens(world: World) -> None:
    tokens = await registered(world)
    me = world.bearer(tokens["access_token"])
    assert (await me.post("/accounts/auth/logout")).status_code == 204
    assert problem(await me.get("/accounts/users/me")) == (401, "UNAUTHENTICATED")
    status, refusal = await refreshed(world, tokens["refresh_token"])
    assert (status, refusal["code"]) == (401, "INVALID_REFRESH_TOKEN")
    await world.webhook.until(lambda: any(event["type"] == "token.revoked" for event in world.webhook.events))
    event = next(event for event in world.webhook.events if event["owner"] == tokens["user"]["id"])
    assert event["type"] == "token.revoked"
    assert event["data"].keys() == {"token_id", "expires_at"}
    assert isinstance(event["data"]["expires_at"], int)


async def test_signing_out_ends_the_session_of_a_given_refresh_token_of_ones_own_only(world: World) -> None:
    first, stranger = await registered(world), await registered(world)
    _, other = await post_auth(world, "login", {"email": first["user"]["email"], "password": "correct horse"})
    await world.bearer(stranger["access_token"]).post(
        "/accounts/auth/logout", {"refresh_token": first["refresh_token"]}
    )
    _, second = await refreshed(world, first["refresh_token"])
    await world.bearer(other["access_token"]).post("/accounts/auth/logout", {"refresh_token": second["refresh_token"]})
    assert (await refreshed(world, second["refresh_token"]))[1]["code"] == "INVALID_REFRESH_TOKEN"


async def test_a_profile_changes_only_in_what_is_sent(world: World) -> None:
    tokens = await registered(world, phone="+1 512 555 0100")
    me = world.bearer(tokens["access_token"])
    changed = (await me.send("PATCH", "/accounts/agents/me", {"name": "Jo Meadow"})).json()
    assert changed == tokens["agent"] | {"name": "Jo Meadow", "updated_at": changed["updated_at"]}
    changed = (await me.send("PATCH", "/accounts/agents/me", {"phone": None})).json()
    assert (changed["name"], changed["phone"]) == ("Jo Meadow", None)


@pytest.mark.parametrize("body", [{"name": None}, {"email": None}, {"email": "nobody"}, {"name": ""}, {"roles": []}])
async def test_a_profile_change_that_cannot_be_used_is_refused(world: World, body: Json) -> None:
    me = world.bearer((await registered(world))["access_token"]) if body == {"name": ""} else world.agent()
    answer = await me.send("PATCH", "/accounts/agents/me", body)
    assert problem(answer) == (422, "BAD_USER_INPUT")
    assert paths(answer) == [list(body)]


async def test_preferences_are_merged_and_unknown_ones_refused(world: World) -> None:
    me = world.bearer((await registered(world))["access_token"])
    path = "/accounts/agents/me/notification-preferences"
    changed = await me.put(path, {"preferences": {"system": False, "content_ready": False}})
    expected = EVERY_PREFERENCE | {"system": False, "content_ready": False}
    assert changed.json()["notification_preferences"] == expected
    assert problem(await me.put(path, {"preferences": {"weather": True}})) == (422, "BAD_USER_INPUT")
    assert (await me.get("/accounts/agents/me")).json()["notification_preferences"] == expected


async def test_profiles_are_public_and_preferences_are_not(world: World) -> None:
    tokens = await registered(world)
    path = f"/accounts/agents/{tokens['agent']['id']}"
    hidden = tokens["agent"] | {"notification_preferences": None}
    stranger = world.agent()
    assert (await stranger.get(path)).json() == hidden
    assert (await stranger.get("/accounts/agents", user_id=tokens["user"]["id"])).json()["items"] == [hidden]
    for insider in (world.bearer(tokens["access_token"]), world.admin(), world.service):
        assert (await insider.get(path)).json() == tokens["agent"]


async def test_users_see_themselves_and_admins_see_everyone(world: World) -> None:
    tokens = await registered(world)
    path = f"/accounts/users/{tokens['user']['id']}"
    assert problem(await world.agent().get(path)) == (404, "NOT_FOUND")
    assert (await world.admin().get(path)).json() == tokens["user"]


async def test_refresh_tokens_expire(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with running(tmp_path_factory.mktemp("expiring"), Webhook(), refresh_expiration_days=1e-12) as world:
        tokens = await registered(world)
        status, refusal = await refreshed(world, tokens["refresh_token"])
        assert (status, refusal["code"]) == (401, "INVALID_REFRESH_TOKEN")


async def test_passwords_and_refresh_tokens_are_nowhere_in_clear(world: World) -> None:
    tokens = await registered(world, password="a very secret sentence")
    stored = b"".join(path.read_bytes() for path in world.settings.data_dir.glob("accounts.sqlite3*"))
    assert b"a very secret sentence" not in stored
    assert tokens["refresh_token"].encode() not in stored
