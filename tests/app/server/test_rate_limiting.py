"""Rate limits over HTTP: of an address, in the headers of answers, and behind proxies."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import websockets
from websockets.asyncio.client import connect

from tests.end_to_end.sockets import socket
from tests.gateway import Gateway, serving
from tests.resolvers.publishing import Somebody

VIEWER = {"query": "{ viewer { roles } }"}


@pytest.fixture
async def limited(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that takes three requests a minute from an address, and believes who is on this machine."""
    async with serving(tmp_path, ip_rate_limit=3, trusted_proxies=["127.0.0.1"]) as gateway:
        yield gateway


async def ask(gateway: Gateway, address: str) -> httpx.Response:
    headers = {"X-Forwarded-For": address, "Authorization": f"Bearer {gateway.token()}", "X-Request-ID": "r1"}
    async with httpx.AsyncClient() as client:
        return await client.post(f"{gateway.url}/graphql", json=VIEWER, headers=headers)


async def test_an_address_may_ask_so_often(limited: Gateway) -> None:
    answers = [await ask(limited, "198.51.100.1") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    refused = answers[-1]
    assert refused.json() == {
        "errors": [
            {
                "message": "At most 3 requests in 60 seconds.",
                "extensions": {"code": "RATE_LIMITED", "requestId": "r1"},
            }
        ]
    }
    assert refused.headers["x-ratelimit-limit"] == "3"
    assert 50 <= int(refused.headers["retry-after"]) <= 60
    assert 50 <= int(refused.headers["x-ratelimit-reset"]) - time.time() <= 61
    assert (await ask(limited, "198.51.100.2")).status_code == 200
    assert (await ask(limited, "198.51.100.1, 198.51.100.3")).status_code == 200


async def test_health_is_never_limited(limited: Gateway) -> None:
    async with httpx.AsyncClient() as client:
        answers = [await client.get(f"{limited.url}/health") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 5


async def test_a_handshake_counts_as_a_request(limited: Gateway) -> None:
    protocol = websockets.Subprotocol("graphql-transport-ws")
    for _ in range(3):
        async with socket(limited, limited.token()):
            pass
    with pytest.raises(websockets.InvalidStatus) as refused:
        await connect(f"ws://127.0.0.1:{limited.port}/graphql", subprotocols=[protocol])
    assert refused.value.response.status_code == 403


async def test_a_limited_mutation_says_how_one_stands(tmp_path: Path) -> None:
    document = "mutation ($input: FollowUserInput!) { followUser(input: $input) { userErrors { message } } }"
    async with serving(tmp_path, rate_limits=True) as gateway:
        me = Somebody(gateway)
        character = await me.character()
        account = await me.account(character_id=character["id"])
        given = {"socialAccountId": account["id"], "characterId": character["id"], "targetId": "missing"}
        answers = [await gateway.query(document, {"input": given}, token=me.token) for _ in range(21)]
        plain = await gateway.query("{ viewer { roles } }", token=me.token)
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers[:3]] == ["19", "18", "17"]
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"20"}
    assert answers[-1].code == "RATE_LIMIT_EXCEEDED"
    assert 50 <= int(answers[-1].headers["retry-after"]) <= 60
    assert "retry-after" not in answers[-2].headers
    assert "x-ratelimit-limit" not in plain.headers
