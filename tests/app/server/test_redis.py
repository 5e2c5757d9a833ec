"""What processes share through Redis, and how they serve on without it."""

from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from app.server.persisted import hash_of
from tests.app.server.redis import needs_redis, running_redis
from tests.app.server.test_idempotency import create
from tests.gateway import Gateway, serving

QUERY = "{ viewer { roles } }"
HASHED = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_of(QUERY)}}}


async def ask(gateway: Gateway, body: object) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        headers = {"Authorization": f"Bearer {gateway.token()}"}
        return await client.post(f"{gateway.url}/graphql", json=body, headers=headers)


@needs_redis
async def test_two_processes_know_what_either_was_told(tmp_path: Path, unused_tcp_port: int) -> None:
    (tmp_path / "1").mkdir()
    async with running_redis(unused_tcp_port) as url:
        redis = SecretStr(url)
        async with (
            serving(tmp_path, redis_url=redis, ip_rate_limit=5) as one,
            serving(tmp_path / "1", redis_url=redis, ip_rate_limit=5, service_urls=one.service_urls) as other,
        ):
            await ask(one, {"query": QUERY, **HASHED})
            found = await ask(other, HASHED)
            first = await create(one, "shared")
            again = await create(other, "shared")
            conflict = await create(other, "shared", "2 Main St")
            exhausted = await ask(other, {"query": QUERY})
    assert found.json() == {"data": {"viewer": {"roles": ["agent"]}}}
    assert (again.body, again.calls) == (first.body, [])
    assert again.headers["idempotency-replayed"] == "true"
    assert conflict.code == "IDEMPOTENCY_KEY_REUSED"
    assert exhausted.status_code == 429


@pytest.mark.filterwarnings("default")
async def test_without_redis_each_process_knows_its_own(tmp_path: Path, unused_tcp_port: int) -> None:
    redis = SecretStr(f"redis://127.0.0.1:{unused_tcp_port}/0")
    async with serving(tmp_path, redis_url=redis, ip_rate_limit=4, rate_limits=True) as gateway:
        sent = await ask(gateway, {"query": QUERY, **HASHED})
        found = await ask(gateway, HASHED)
        first = await create(gateway, "alone")
        again = await create(gateway, "alone")
        exhausted = await ask(gateway, {"query": QUERY})
    assert sent.json() == found.json() == {"data": {"viewer": {"roles": ["agent"]}}}
    assert again.body == first.body
    assert exhausted.status_code == 429
