"""Live work over server-sent events: what a browser does when its connection breaks, and a gateway that stops."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import httpx
import pytest

from tests.app.server.event_stream import EVENTS, streamed
from tests.end_to_end.people import Agent, new_agent
from tests.gateway import Gateway, serving

PROGRESS = """subscription ($task: ID!, $after: String) {
  taskProgress(taskId: $task, after: $after) { cursor task { status progress } }
}"""


async def followed(gateway: Gateway, agent: Agent, task: str, after: str | None = None, **headers: str) -> list[Any]:
    """The events of a task up to its end."""
    async with (
        httpx.AsyncClient(base_url=gateway.url, timeout=10) as client,
        streamed(
            client, PROGRESS, {"task": task, "after": after}, authorization=f"Bearer {agent.token}", **headers
        ) as stream,
    ):
        return await stream.rest()


async def test_last_event_id_goes_on_where_a_stream_broke_off(tmp_path: Path) -> None:
    async with serving(tmp_path, step_seconds=0.03) as paced:
        agent = await new_agent(paced)
        task = await agent.have_written(await agent.list_property(), ["EMAIL", "FLYER_TEXT"])

        seen = await followed(paced, agent, task)
        events = [event["data"]["data"]["taskProgress"] for event in seen[:-1]]
        assert events[-1]["task"] == {"status": "COMPLETED", "progress": 100}
        assert len(events) > 3
        assert [event["id"] for event in seen[:-1]] == [event["cursor"] for event in events]

        first, third = seen[0]["id"], seen[2]["id"]
        assert await followed(paced, agent, task, last_event_id=third) == seen[3:]
        assert await followed(paced, agent, task, after=first, last_event_id=third) == seen[3:]


async def test_a_last_event_id_that_is_no_cursor_is_refused(gateway: Gateway, robin: Agent) -> None:
    task = await robin.have_written(await robin.list_property(), ["EMAIL"])
    refused, complete = await followed(gateway, robin, task, last_event_id="nonsense")
    (error,) = refused["data"]["errors"]
    assert (error["message"], error["extensions"]["code"]) == (
        "This is not a cursor of this subscription.",
        "BAD_USER_INPUT",
    )
    assert complete == {"event": "complete", "data": None}


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple["Popen[str]", str, str]]:
    """A gateway in a process of its own, its address and a token."""
    environment = {**os.environ, "PORT": "0", "DATA_DIR": str(tmp_path), "LOG_LEVEL": "ERROR"}
    with Popen([sys.executable, "-m", "app", "dev"], env=environment, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line.strip())
            if line.startswith("Bearer "):
                break
        url = next(line.split()[-1] for line in said if line.startswith("GraphiQL and GraphQL"))
        yield process, url, said[-1]
        process.kill()


async def test_a_gateway_that_stops_breaks_streams_off_at_once(process: tuple["Popen[str]", str, str]) -> None:
    gateway, url, authorization = process
    body = {"query": "subscription { updates { __typename } }"}
    headers = {"accept": EVENTS, "authorization": authorization}
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("POST", url, json=body, headers=headers) as response,
    ):
        chunks = response.aiter_text()
        assert await anext(chunks) == ":\n\n"
        gateway.send_signal(signal.SIGTERM)
        assert [chunk async for chunk in chunks] == []
    assert gateway.wait(timeout=5) == 0
