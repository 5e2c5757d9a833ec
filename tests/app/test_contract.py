"""`gateway check`, and the same at start: what the gateway asks of its backends is held against their OpenAPI."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.cli import main
from app.graph.contract import known_values, operations_of_loaders
from app.rest import Groups, Page
from app.rest.contract.operation import Operation
from app.schema import SUBGRAPHS, create_schema
from clients.content import ContentRecord
from clients.listing import ListingRecord
from tests.app.server.serving import serving as serving_app
from tests.gateway import Gateway, serving

DRIFT = "GET /listings items.price.amount: boolean, the record has Decimal (and in 1 more)"

LOST = "GET /listings: there is no parameter min_price"


@asynccontextmanager
async def drifting(gateway: Gateway) -> AsyncIterator[str]:
    """The URL of a listings service whose prices are no numbers any more, and no filter."""
    async with httpx.AsyncClient() as client:
        document = (await client.get(f"{gateway.service_urls['listings']}/openapi.json")).json()
    query = document["paths"]["/listings"]["get"]["parameters"]
    query.remove(next(parameter for parameter in query if parameter["name"] == "min_price"))
    document["components"]["schemas"]["Money-Output"]["properties"]["amount"] = {"type": "boolean"}

    async def describe(_request: Request) -> JSONResponse:
        return JSONResponse(document)

    async with serving_app(Starlette(routes=[Route("/openapi.json", describe)])) as server:
        yield f"http://127.0.0.1:{server.port}"


def test_the_reference_backends_are_as_the_clients_expect(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert "listings: 6 calls fit" in lines
    assert all(line.endswith(" calls fit") for line in lines)


async def test_drift_is_said_and_is_the_exit_status(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with drifting(gateway) as url:
        monkeypatch.setenv("LISTINGS_URL", url)
        monkeypatch.setenv("CONTENT_URL", "http://127.0.0.1:1")
        assert await asyncio.to_thread(main, ["check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.endswith(" calls fit")] == [
        "content: not checked: The content service cannot be reached (GET /openapi.json): connection refused.",
        f"listings {DRIFT}",
        f"listings {LOST}",
    ]


async def test_drift_is_a_warning_at_start_and_keeps_nobody_waiting(gateway: Gateway, tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logged:
        async with drifting(gateway) as url:
            places = {"listings": url, "content": "http://127.0.0.1:1"}
            checked = serving(tmp_path, service_urls=places, check_contract=True)
            async with checked as checking, asyncio.timeout(20), httpx.AsyncClient() as client:
                while len(found := [line for line in logged if line["event"].startswith("contract.")]) < 3:
                    assert (await client.get(f"{checking.url}/health")).status_code == 200
    assert sorted(found, key=lambda line: str(line["service"])) == [
        {
            "event": "contract.unchecked",
            "log_level": "info",
            "service": "content",
            "reason": "The content service cannot be reached (GET /openapi.json): connection refused.",
        },
        {"event": "contract.drift", "log_level": "warning", "service": "listings", "drift": DRIFT},
        {"event": "contract.drift", "log_level": "warning", "service": "listings", "drift": LOST},
    ]


def test_the_graph_adds_the_parameters_of_its_lists() -> None:
    asked = operations_of_loaders(SUBGRAPHS)
    window = {"limit", "offset", "order"}
    filters = {"city", "max_price", "min_bedrooms", "min_price", "property_type", "search", "status"}
    assert [operation for operation in asked if operation.service == "listings"] == [
        Operation("listings", "GET", "/listings", Page[ListingRecord], frozenset(window | filters)),
        Operation("listings", "GET", "/listings", Groups[ListingRecord], frozenset(window | {"group_by", "agent_id"})),
    ]
    (posts,) = [operation for operation in asked if operation.route == "/posts" and "platform" in operation.query]
    assert {"from", "to", "social_account_id"} < posts.query


def test_the_graph_says_which_values_it_knows() -> None:
    known = known_values(SUBGRAPHS, create_schema().graphql_schema)
    assert known[ListingRecord, "status"] == {"processing", "active", "pending", "sold", "withdrawn"}
    assert "approve_and_post" in known[ContentRecord, "available_actions"]
