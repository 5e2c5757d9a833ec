"""The gateway as it is put together."""

import httpx

from tests.gateway import Gateway


async def test_metrics_count_operations_and_calls(gateway: Gateway) -> None:
    async def read() -> dict[str, float]:
        async with httpx.AsyncClient() as client:
            lines = (await client.get(f"{gateway.url}/metrics")).text.splitlines()
        return {name: float(count) for name, _, count in (line.rpartition(" ") for line in lines) if name[0] != "#"}

    before = await read()
    await gateway.query("{ listings(first: 1) { nodes { id } } }")
    after = await read()

    grown = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
    assert grown == {
        'atrium_operations_executed_total{executor="plan"}': 1,
        'atrium_backend_calls_total{service="listings"}': 1,
        'atrium_backend_sent_total{service="listings"}': 1,
        'atrium_backend_misses_total{service="listings"}': 1,
        "atrium_cache_bytes": grown["atrium_cache_bytes"],
    }
