"""What the services refuse: tokens that do not hold, bodies that cannot be used, routes that are not there."""

import time
from collections.abc import Callable

import jwt
import pytest

from tests.backends.backend_world import SERVICE_KEY, Json, User, World, active_listing, paths, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICES = {
    "accounts": "/accounts/users",
    "agents": "/agents/tasks",
    "characters": "/characters/characters",
    "content": "/content/content",
    "listings": "/listings/listings",
    "notifications": "/notifications/notifications",
    "social": "/social/accounts",
}


def good_claims(**changes: object) -> Json:
    now = int(time.time())
    claims = {"iss": "atrium", "aud": "atrium", "sub": "usr_1", "jti": "1", "iat": now, "exp": now + 60}
    return {name: value for name, value in (claims | changes).items() if value is not None}


BAD_TOKENS: dict[str, Callable[[World], str]] = {
    "forged": lambda world: world.sign(good_claims(), secret="another-secret-of-at-least-32-bytes"),
    "unsigned": lambda world: world.sign(good_claims(roles=["admin"]), secret="", algorithm="none"),
    "another algorithm": lambda world: jwt.encode(good_claims(), "s" * 64, algorithm="HS512"),
    "expired": lambda world: world.sign(good_claims(exp=int(time.time()) - 1)),
    "without expiry": lambda world: world.sign(good_claims(exp=None)),
    "without id": lambda world: world.sign(good_claims(jti=None)),
    "another issuer": lambda world: world.sign(good_claims(iss="somebody")),
    "another audience": lambda world: world.sign(good_claims(aud="something")),
    "no token at all": lambda world: "nonsense",
}


@pytest.mark.parametrize("kind", BAD_TOKENS)
async def test_a_token_that_does_not_hold_is_refused(world: World, kind: str) -> None:
    answer = await world.bearer(BAD_TOKENS[kind](world)).get("/listings/listings")
    assert problem(answer) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_changed_token_is_refused_even_when_the_true_one_was_seen(world: World) -> None:
    token = world.sign(good_claims())
    assert (await world.bearer(token).get("/listings/listings")).status_code == 200
    head, _, signature = token.split(".")
    body = world.sign(good_claims(sub="usr_2")).split(".")[1]
    assert problem(await world.bearer(f"{head}.{body}.{signature}").get("/listings/listings"))[0] == 401


async def test_only_the_admin_role_itself_makes_an_admin(sampled: World) -> None:
    for roles, total in ((["admin"], 120), ("not-admin", 0), (["administrator"], 0), (None, 0)):
        user = sampled.bearer(sampled.sign(good_claims(roles=roles)))
        assert (await user.get("/listings/listings", limit=0)).json()["total"] == total


@pytest.mark.parametrize("path", SERVICES.values(), ids=SERVICES)
async def test_every_service_needs_a_caller(world: World, path: str) -> None:
    nobody = User(world.http, {})
    assert problem(await nobody.get(path)) == (401, "UNAUTHENTICATED")
    assert problem(await nobody.get(f"{path}/some_id")) == (401, "UNAUTHENTICATED")
    assert problem(await User(world.http, {"X-Service-Key": SERVICE_KEY + "x"}).get(path)) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("name", SERVICES)
async def test_health_is_for_everyone(world: World, name: str) -> None:
    answer = await User(world.http, {}).get(f"/{name}/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "service": name})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/content/content"),
        ("PUT", "/content/content/cnt_1/draft"),
        ("DELETE", "/content/content/cnt_1/draft"),
        ("POST", "/notifications/notifications"),
    ],
)
async def test_service_routes_are_not_for_users_and_not_even_for_admins(world: World, method: str, path: str) -> None:
    draft = {"title": "t", "text": "t"}
    content = {"owner_id": "usr_1", "content_type": "email", **draft}
    notice = {"owner_id": "usr_1", "type": "system", "title": "t", "message": "m"}
    bodies = {"/content/content": content, "/notifications/notifications": notice}
    body = None if method == "DELETE" else bodies.get(path, draft)
    assert problem(await world.admin().send(method, path, body)) == (403, "FORBIDDEN")


async def test_paths_and_methods_that_are_not_there_are_problems_too(world: World) -> None:
    agent = world.agent()
    assert problem(await agent.get("/nowhere")) == (404, "NOT_FOUND")
    assert problem(await agent.get("/listings/nowhere")) == (404, "NOT_FOUND")
    refused = await agent.send("DELETE", "/listings/listings")
    assert problem(refused) == (405, "METHOD_NOT_ALLOWED")
    assert "allow" in refused.headers


async def test_a_body_that_is_not_json_is_refused(world: World) -> None:
    headers = world.agent().headers
    form = await world.http.post("/listings/listings", data={"address": "1 Main St"}, headers=headers)
    json_type = {"Content-Type": "application/json"}
    broken = await world.http.post("/listings/listings", content=b'{"address":', headers=headers | json_type)
    assert problem(form) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert problem(broken) == (400, "BAD_REQUEST")


async def test_a_body_that_is_too_long_is_refused(world: World) -> None:
    answer = await world.agent().post("/listings/listings", {"address": "x" * 2_000_000})
    assert problem(answer) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("body", [None, 1, "text", [], True])
async def test_a_body_that_is_no_object_is_refused(world: World, body: object) -> None:
    assert problem(await world.agent().post("/listings/listings", body))[0] == 422


async def test_each_field_that_cannot_be_used_is_named(world: World) -> None:
    body = {
        "address": " ",
        "price": {"amount": "-1", "currency": "dollars"},
        "bedrooms": "three",
        "image_urls": ["https://images.example.com/1.jpg", "not a url"],
        "colour": "blue",
    }
    answer = await world.agent().post("/listings/listings", body)
    assert problem(answer) == (422, "BAD_USER_INPUT")
    assert sorted(paths(answer)) == [
        ["address"],
        ["bedrooms"],
        ["colour"],
        ["image_urls", "1"],
        ["price", "amount"],
        ["price", "currency"],
    ]


async def test_a_refused_write_changes_nothing(world: World) -> None:
    owner = world.agent()
    await owner.post("/listings/listings", {"address": ""})
    assert (await owner.get("/listings/listings")).json() == {"items": [], "total": 0}


async def test_the_service_goes_on_after_refusals(world: World) -> None:
    owner = world.agent()
    await owner.post("/listings/listings", {"address": "x" * 2_000_000})
    assert (await active_listing(world, owner))["status"] == "active"
