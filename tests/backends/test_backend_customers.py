"""Customers, the platform's admin, broadcasts and statistics."""

import pytest

from backends.sample.people import PEOPLE
from tests.backends.backend_world import Json, User, World, ids, paths, problem
from tests.backends.test_backend_ai_agents import AGENTS, agent_when, made, running_agent, team_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

CUSTOMERS = "/accounts/customers"
NOTIFICATIONS = "/notifications/notifications"
STATS = "/analytics/platform/stats"
BENNETT = {"company_name": "Bennett Homes", "contact_name": "Chris Bennett", "email": "office@example.com"}


async def become_customer(user: User, **facts: object) -> Json:
    answer = await user.post(CUSTOMERS, BENNETT | facts)
    assert answer.status_code == 201, answer.text
    customer: Json = answer.json()
    return customer


async def test_a_user_becomes_a_customer_once(world: World) -> None:
    user = world.agent()
    customer = await become_customer(user, phone="+1 512 555 0134")
    assert customer == BENNETT | {
        "id": customer["id"],
        "owner_id": user.id,
        "user_id": user.id,
        "phone": "+1 512 555 0134",
        "plan": "free",
        "status": "active",
        "created_at": customer["created_at"],
        "updated_at": customer["updated_at"],
    }
    assert problem(await user.post(CUSTOMERS, BENNETT)) == (409, "CUSTOMER_EXISTS")
    assert (await user.get(f"{CUSTOMERS}/me")).json() == customer
    assert (await world.service.get(CUSTOMERS, user_id=f"{user.id},usr_none", limit=100)).json()["items"] == [customer]


async def test_a_customer_changes_what_it_names(world: World) -> None:
    user = world.agent()
    assert problem(await user.send("PATCH", f"{CUSTOMERS}/me", {})) == (404, "NOT_FOUND")
    customer = await become_customer(user, phone="12345")
    change = {"plan": "business", "phone": None}
    changed = (await user.send("PATCH", f"{CUSTOMERS}/me", change)).json()
    assert changed == customer | change | {"updated_at": changed["updated_at"]}


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"company_name": " "}, ["company_name"]),
        ({"email": "nobody"}, ["email"]),
        ({"plan": "golden"}, ["plan"]),
        ({"status": "suspended"}, ["status"]),
    ],
)
async def test_facts_that_cannot_be_used_are_named(world: World, facts: Json, path: list[str]) -> None:
    user = world.agent()
    refused = await user.post(CUSTOMERS, BENNETT | facts)
    await become_customer(user)
    for answer in (refused, await user.send("PATCH", f"{CUSTOMERS}/me", facts)):
        assert (problem(answer), paths(answer)) == ((422, "BAD_USER_INPUT"), [path])


async def test_what_a_user_had_before_is_the_customers_and_stops_with_it(world: World) -> None:
    user = world.agent()
    early = await running_agent(world, user)
    team = await team_of(user, early)
    customer = await become_customer(user)
    late = await made(user, name="Bo")
    assert late["customer_id"] == customer["id"]

    closed = (await user.send("DELETE", f"{CUSTOMERS}/me")).json()

    assert closed["status"] == "deleted"
    assert (await agent_when(world, early, "stopped"))["customer_id"] == customer["id"]
    assert ids(await user.get("/agents/teams", customer_id=customer["id"])) == [team["id"]]
    for caller in (user, world.admin(), world.service):
        assert problem(await caller.get(f"{CUSTOMERS}/{customer['id']}")) == (404, "NOT_FOUND")
    assert problem(await user.send("DELETE", f"{CUSTOMERS}/me")) == (404, "NOT_FOUND")
    assert (await made(user, name="Cleo"))["customer_id"] is None
    assert (await become_customer(user))["id"] != customer["id"]


async def test_the_customer_of_somebody_else_is_not_there(world: World) -> None:
    customer = await become_customer(world.agent())
    stranger = world.agent()
    assert problem(await stranger.get(f"{CUSTOMERS}/{customer['id']}")) == (404, "NOT_FOUND")
    assert ids(await stranger.get(CUSTOMERS, user_id=customer["user_id"])) == []


async def test_the_admin_key_gives_tokens_of_an_admin(world: World) -> None:
    nobody = User(world.http, {})
    for _ in range(2):
        answer = await nobody.post("/accounts/auth/admin", {"api_key": "development-admin-key"})
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        grant = answer.json()
        assert (grant["user"]["id"], grant["user"]["roles"], grant["agent"]) == ("usr_platform_admin", ["admin"], None)
    admin = world.bearer(grant["access_token"])
    assert (await admin.get("/accounts/users/me")).json() == grant["user"]
    renewed = await nobody.post("/accounts/auth/refresh", {"refresh_token": grant["refresh_token"]})
    assert renewed.json()["user"] == grant["user"]


@pytest.mark.parametrize("key", ["", "development-admin-kex", "schlüssel"])
async def test_another_key_is_refused(world: World, key: str) -> None:
    answer = await User(world.http, {}).post("/accounts/auth/admin", {"api_key": key})
    assert problem(answer) == (401, "INVALID_API_KEY")
    login = {"email": "platform-admin@example.com", "password": "development-admin-key"}
    assert problem(await User(world.http, {}).post("/accounts/auth/login", login)) == (401, "INVALID_CREDENTIALS")


@pytest.mark.parametrize(("audience", "sent"), [("all", 5), ("agents", 4), ("admins", 1)])
async def test_a_broadcast_reaches_each_of_its_audience_once(sampled: World, audience: str, sent: int) -> None:
    body = {"title": f"To {audience}", "message": "We are back.", "audience": audience}
    answer = await sampled.admin().post(f"{NOTIFICATIONS}/broadcast", body)
    assert answer.json() == {"sent": sent}
    notifications = (await sampled.admin().get(NOTIFICATIONS, type="system", limit=100)).json()["items"]
    told = [one for one in notifications if one["title"] == f"To {audience}"]
    everybody = {person.user_id: person.role for person in PEOPLE}
    role = {"all": "", "agents": "agent", "admins": "admin"}[audience]
    assert sorted(one["owner_id"] for one in told) == sorted(
        user for user, has in everybody.items() if role in ("", has)
    )
    for one in told:
        await sampled.webhook.first("notification.created", one["id"], lambda data: True)


async def test_only_admins_broadcast_and_only_what_says_something(world: World) -> None:
    body = {"title": "Hello", "message": "We are back."}
    assert problem(await world.agent().post(f"{NOTIFICATIONS}/broadcast", body)) == (403, "FORBIDDEN")
    for wrong, path in (
        ({"title": ""}, ["title"]),
        ({"message": " "}, ["message"]),
        ({"audience": "cats"}, ["audience"]),
    ):
        answer = await world.admin().post(f"{NOTIFICATIONS}/broadcast", body | wrong)
        assert (problem(answer), paths(answer)) == ((422, "BAD_USER_INPUT"), [path])


async def test_the_platforms_statistics_are_the_totals_of_the_services(sampled: World) -> None:
    stats = (await sampled.admin().get(STATS)).json()
    assert stats.keys() == {
        *("users", "customers", "ai_agents", "teams", "tasks"),
        *("listings", "characters", "contents", "posts", "social_accounts"),
    }
    assert (stats["users"], stats["listings"], stats["teams"]) == (5, 120, 3)
    running = (await sampled.admin().get(AGENTS, status="running", limit=0)).json()["total"]
    assert stats["ai_agents"] == {"total": 10, "running": running}
    assert stats["tasks"]["total"] == sum(part["count"] for part in stats["tasks"]["by_status"])
    assert [part["status"] for part in stats["tasks"]["by_status"]] == [
        "queued",
        "running",
        "completed",
        "failed",
        "cancelled",
    ]


async def test_statistics_are_for_admins_alone(world: World) -> None:
    assert problem(await world.agent().get(STATS)) == (403, "FORBIDDEN")
    assert problem(await User(world.http, {}).get(STATS)) == (401, "UNAUTHENTICATED")
