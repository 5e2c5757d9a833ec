"""What the README shows is what happens."""

import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from websockets.asyncio.client import connect

from app.execution import Request
from app.graph import ComposedSchema, Subgraph
from app.main import create_executor
from app.schema import EXAMPLES, SUBGRAPHS, create_schema
from tests.gateway import Gateway

README = (Path(__file__).parent.parent / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


QUERY, MUTATION, SUBSCRIPTION = blocks("graphql")


def test_graphiql_opens_with_the_documents_of_the_readme() -> None:
    shown = [re.sub(r"^#.*\n", "", example, flags=re.MULTILINE) for example in EXAMPLES]
    assert shown[:3] == [QUERY, MUTATION, SUBSCRIPTION]


@pytest.mark.parametrize("example", EXAMPLES[3:])
async def test_the_other_documents_of_graphiql_have_answers(gateway: Gateway, example: str) -> None:
    if "subscription" in example:
        create_executor(gateway.settings, create_schema()).prepare(Request(example))
    else:
        found = (await gateway.query(example)).data
        assert all(connection["nodes"] for connection in found.values() if "nodes" in connection)


async def test_the_first_query_has_an_answer(gateway: Gateway) -> None:
    answer = await gateway.query(QUERY)

    assert answer.data["viewer"]["agent"] == {"name": "Chris Bennett"}
    assert answer.data["pendingApprovals"]["totalCount"] >= len(answer.data["pendingApprovals"]["nodes"]) == 5


async def test_the_first_subscription_follows_the_first_mutation(gateway: Gateway) -> None:
    url = f"{gateway.url.replace('http', 'ws')}/graphql"
    async with connect(url, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]  # a NewType

        async def received(kind: str) -> Any:
            while (message := json.loads(await socket.recv()))["type"] != kind:
                pass
            return message

        payload = {"authorization": f"Bearer {gateway.token()}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        await received("connection_ack")
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": SUBSCRIPTION}}))
        await socket.send(json.dumps({"type": "ping"}))
        await received("pong")

        started = (await gateway.query(MUTATION)).data["createContentForListing"]
        change = (await received("next"))["payload"]["data"]["contentChanged"]

    assert started["userErrors"] == []
    assert change["content"]["status"] == "PENDING_APPROVAL_AGENT"
    assert change["cursor"]


@pytest.mark.parametrize(("block", "field"), list(zip(blocks("python"), ["headline", "referringAgent"], strict=True)))
def test_a_field_is_added_by_one_function(monkeypatch: pytest.MonkeyPatch, block: str, field: str) -> None:
    module = ModuleType("readme_block")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(block, vars(module))  # noqa: S102 -- the README's own words
    (added,) = [value for value in vars(module).values() if isinstance(value, Subgraph)]

    sdl = ComposedSchema([*SUBGRAPHS, added]).as_str()

    listing = sdl[sdl.index("type Listing implements") :]
    assert f"\n  {field}:" in listing[: listing.index("\n}")]
