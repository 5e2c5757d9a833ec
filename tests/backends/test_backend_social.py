"""Social accounts of characters: connected, read anew and disconnected."""

import pytest

from tests.backends.backend_world import Json, User, World, ids, paths, problem
from tests.backends.test_backend_characters import made

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCOUNTS = "/social/accounts"
OAUTH = {"platform": "instagram", "auth": {"type": "oauth", "code": "abc"}}


async def connected(owner: User, **changes: object) -> Json:
    answer = await owner.post(f"{ACCOUNTS}/connect", OAUTH | changes)
    assert answer.status_code in (200, 201), answer.text
    account: Json = answer.json()
    return account


async def test_an_account_is_connected_for_a_character(world: World) -> None:
    owner = world.agent()
    character = await made(owner)
    account = await connected(owner, character_id=character["id"])
    assert (account["owner_id"], account["agent_id"], account["character_id"]) == (owner.id, None, character["id"])
    assert account["account_username"] == f"maya.{character['id'][-4:]}"
    told = await world.webhook.first("account.connected", account["id"], lambda data: True)
    assert told == {"account": account}
    own = await connected(owner)
    assert (own["agent_id"], own["character_id"]) == (owner.agent_id, None)
    assert ids(await owner.get(ACCOUNTS, character_id=character["id"])) == [account["id"]]


async def test_a_character_of_somebody_else_gets_no_account(world: World) -> None:
    character = await made(world.agent())
    answer = await world.agent().post(f"{ACCOUNTS}/connect", OAUTH | {"character_id": character["id"]})
    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [
            {
                "path": ["character_id"],
                "message": f"There is no character {character['id']}.",
                "code": "CHARACTER_NOT_FOUND",
            }
        ],
    )


async def test_accounts_are_grouped_by_their_characters(world: World) -> None:
    owner = world.agent()
    maya, theo = await made(owner), await made(owner, name="Theo")
    account = await connected(owner, character_id=maya["id"])
    keys = f"{maya['id']},{theo['id']}"
    groups = (await owner.get(ACCOUNTS, group_by="character_id", character_id=keys)).json()["groups"]
    assert groups == {maya["id"]: {"items": [account], "total": 1}, theo["id"]: {"items": [], "total": 0}}


async def test_a_disconnected_account_is_not_used_until_it_is_connected_again(world: World) -> None:
    owner = world.agent()
    account = await connected(owner)
    path = f"{ACCOUNTS}/{account['id']}"
    gone = (await owner.post(f"{path}/disconnect")).json()
    assert (gone["connection_status"], gone["is_active"]) == ("disconnected", False)
    told = await world.webhook.first("account.disconnected", account["id"], lambda data: True)
    assert told == {"account": gone}
    assert problem(await owner.post(f"{path}/disconnect")) == (409, "INVALID_TRANSITION")
    assert problem(await owner.post(f"{path}/sync")) == (409, "PLATFORM_CONNECTION_FAILED")
    assert ids(await owner.get(ACCOUNTS, is_connected="false")) == [account["id"]]
    assert (await connected(owner))["id"] == account["id"]
    assert ids(await owner.get(ACCOUNTS, is_connected="true")) == [account["id"]]


async def test_figures_are_read_anew(world: World) -> None:
    owner = world.agent()
    account = await connected(owner)
    synced = (await owner.post(f"{ACCOUNTS}/{account['id']}/sync")).json()
    assert 0 < synced["follower_count"] - account["follower_count"] <= 40
    assert synced["last_synced_at"] > account["last_synced_at"]


@pytest.mark.parametrize("action", ["disconnect", "sync"])
async def test_nobody_touches_the_account_of_somebody_else(world: World, action: str) -> None:
    account = await connected(world.agent())
    assert problem(await world.agent().post(f"{ACCOUNTS}/{account['id']}/{action}")) == (404, "NOT_FOUND")


async def test_whether_it_is_connected_is_true_or_false(world: World) -> None:
    answer = await world.agent().get(ACCOUNTS, is_connected="maybe")
    assert (problem(answer), paths(answer)) == ((422, "BAD_USER_INPUT"), [["is_connected"]])
