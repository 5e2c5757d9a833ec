"""What the gateway keeps by itself: how often one may post and engage; and what it says of a backend that is down."""

from pathlib import Path
from typing import Any

import pytest

from tests.gateway import Gateway, serving
from tests.resolvers.publishing import Somebody


@pytest.mark.parametrize(
    ("mutation", "limit", "more"),
    [
        ("createPost", 5, {"caption": "Hi"}),
        ("schedulePost", 5, {"caption": "Hi", "scheduledAt": "2040-01-01T00:00:00Z"}),
        ("followUser", 20, {"targetId": "missing"}),
    ],
)
async def test_a_character_posts_and_engages_so_often_a_minute(
    tmp_path: Path, mutation: str, limit: int, more: dict[str, str]
) -> None:
    async with serving(tmp_path, rate_limits=True) as gateway:
        me = Somebody(gateway)
        character, other = await me.character(), await me.character()
        account = await me.account(character_id=character["id"])
        given = {"socialAccountId": account["id"], "characterId": character["id"], **more}
        errors = [(await me.mutate(mutation, given, "userErrors { message }")).errors for _ in range(limit)]
        assert errors == [[]] * limit
        assert (await me.mutate(mutation, given, "userErrors { message }")).code == "RATE_LIMIT_EXCEEDED"
        given["characterId"] = other["id"]
        assert (await me.mutate(mutation, given, "userErrors { message }")).errors == []


async def test_a_gateway_whose_backend_is_down_is_degraded(tmp_path: Path, unused_tcp_port: int) -> None:
    down = {"publishing": f"http://127.0.0.1:{unused_tcp_port}"}
    async with serving(tmp_path, service_urls=down) as gateway:
        health = await _health(gateway)
    assert health["status"] == "DEGRADED"
    found = {service["name"]: service for service in health["services"]}
    assert found.pop("publishing") == {"name": "publishing", "status": "DOWN", "error": "BACKEND_UNAVAILABLE"}
    assert {service["status"] for service in found.values()} == {"UP"}


async def _health(gateway: Gateway) -> Any:
    answer = await gateway.query("{ systemHealth { status services { name status error } } }")
    return answer.data["systemHealth"]
