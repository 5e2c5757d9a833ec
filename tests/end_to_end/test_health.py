"""The health routes of the gateway that serves, with the backends that it has."""

import httpx
import pytest

from tests.gateway import Gateway


async def get(gateway: Gateway, path: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=20, verify=False) as client:  # noqa: S501 -- there is no TLS
        return await client.get(f"{gateway.url}{path}")


async def test_the_gateway_is_alive(gateway: Gateway) -> None:
    answer = await get(gateway, "/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_the_gateway_is_ready_with_every_backend(gateway: Gateway) -> None:
    answer = await get(gateway, "/health/ready")
    said = answer.json()
    assert (answer.status_code, said["status"]) == (200, "ready")
    assert {name: service["status"] for name, service in said["services"].items()} == dict.fromkeys(
        gateway.service_urls, "up"
    )


@pytest.mark.parametrize("path", ["/health", "/health/ready"])
async def test_health_is_only_read(gateway: Gateway, path: str) -> None:
    async with httpx.AsyncClient(timeout=20, verify=False) as client:  # noqa: S501 -- there is no TLS
        answer = await client.post(f"{gateway.url}{path}")
    assert answer.status_code == 405
