"""A 422 of a backend becomes user errors at the fields of the input, in whichever shape the backend writes it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.chaos.world import chaos
from tests.end_to_end.stand_in import Asked, Misbehaviour, StandIn, standing_in
from tests.gateway import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")

CREATE = """
mutation {
  createListing(input: { address: "1 Odd Lane", squareFeet: 1, keyFeatures: ["a", "b"] }) {
    listing { id }
    userErrors { field message code }
  }
}
"""

SHAPES: dict[str, dict[str, object]] = {
    "paths": {
        "errors": [{"path": ["square_feet"], "message": "too small"}, {"path": ["key_features", 1], "message": "no"}]
    },
    "RFC 9457": {
        "type": "about:blank",
        "errors": [
            {"detail": "too small", "pointer": "#/square_feet"},
            {"detail": "no", "pointer": "#/key_features/1"},
        ],
    },
    "dotted fields": {
        "errors": [{"field": "square_feet", "detail": "too small"}, {"field": "key_features[1]", "detail": "no"}]
    },
    "FastAPI": {
        "detail": [
            {"type": "greater_than", "loc": ["body", "square_feet"], "msg": "too small", "input": 1},
            {"type": "value_error", "loc": ["body", "key_features", 1], "msg": "no"},
        ]
    },
    "a mapping": {"errors": {"square_feet": ["too small"], "key_features.1": ["no"]}},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def listings() -> AsyncIterator[StandIn]:
    async with standing_in() as stand_in:
        yield stand_in


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(listings: StandIn, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    async with chaos(tmp_path_factory.mktemp("problems"), listings) as gateway:
        yield gateway


def refusing(status: str, document: dict[str, Any], **headers: str) -> Misbehaviour:
    async def refuse(_stand_in: StandIn, asked: Asked) -> None:
        body = json.dumps(document).encode()
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = (
            f"HTTP/1.1 {status}\r\ncontent-type: application/problem+json\r\n{lines}content-length: {len(body)}\r\n\r\n"
        )
        asked.writer.write(head.encode() + body)
        await asked.writer.drain()

    return refuse


@pytest.mark.parametrize("shape", SHAPES)
async def test_what_the_user_can_mend_is_at_its_field(gateway: Gateway, listings: StandIn, shape: str) -> None:
    async with listings.misbehaving(refusing("422 Unprocessable Content", SHAPES[shape])):
        answer = await gateway.query(CREATE)

    assert answer.data["createListing"] == {
        "listing": None,
        "userErrors": [
            {"field": ["squareFeet"], "message": "too small", "code": "BAD_USER_INPUT"},
            {"field": ["keyFeatures", "1"], "message": "no", "code": "BAD_USER_INPUT"},
        ],
    }


async def test_what_the_user_cannot_mend_is_an_error_that_says_whose_it_is_and_when_to_come_back(
    gateway: Gateway, listings: StandIn
) -> None:
    async with listings.misbehaving(refusing("429 Too Many Requests", {"detail": "Not so fast."}, retry_after="30")):
        answer = await gateway.query(CREATE)

    assert answer.body["data"] is None
    (error,) = answer.body["errors"]
    assert (error["message"], error["path"]) == ("Not so fast.", ["createListing"])
    assert error["extensions"] == {
        "code": "RATE_LIMITED",
        "service": "listings",
        "http": {"status": 429},
        "retryAfter": 30.0,
        "requestId": answer.headers["x-request-id"],
    }
