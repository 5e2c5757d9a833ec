"""A task is followed live: from its snapshot to its end, and again from any cursor, with no gap and no double."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
import pytest_asyncio

from tests.end_to_end.people import Agent, new_agent
from tests.end_to_end.sockets import subscribed
from tests.gateway import Gateway, serving

PROGRESS = """
subscription ($task: ID!, $after: String) {
  taskProgress(taskId: $task, after: $after) {
    cursor
    time
    task { id databaseId status progress error steps { name status } contents { status contentType } }
  }
}
"""
STEPS = ["read_listing", "draft_email", "draft_flyer_text", "review", "publish"]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def paced(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """A gateway on backends whose steps take long enough to be seen one by one."""
    async with serving(tmp_path_factory.mktemp("paced"), step_seconds=0.03) as gateway:
        yield gateway


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(paced: Gateway) -> Agent:
    return await new_agent(paced)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ended_task(agent: Agent) -> str:
    """A task that has ended by itself."""
    task = await agent.have_written(await agent.list_property(), ["EMAIL", "FLYER_TEXT"])
    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": task}) as stream:
        await stream.rest()
    return task


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def start(agent: Agent, ended_task: str) -> str:
    """A place in the log before every task of the tests, of which no change has been seen."""
    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": ended_task}) as stream:
        (event,) = await stream.rest()
    return f"{event['cursor'].partition('~')[0]}~0"


async def test_a_task_is_seen_through_every_step_to_its_end(agent: Agent, start: str) -> None:
    task = await agent.have_written(await agent.list_property(), ["EMAIL", "FLYER_TEXT"])

    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": task, "after": start}) as stream:
        events = await stream.rest()

    seen = [event["task"] for event in events]
    assert {state["databaseId"] for state in seen} == {task}
    assert [[step["name"] for step in state["steps"]] for state in seen] == [STEPS] * len(seen)
    for position, name in enumerate(STEPS):
        statuses = [state["steps"][position]["status"] for state in seen]
        assert list(dict.fromkeys(statuses)) == ["PENDING", "RUNNING", "COMPLETED"], name
    assert [state["progress"] for state in seen] == [0, 0, 20, 20, 40, 40, 60, 60, 80, 80, 80, 80, 100]
    assert [state["status"] for state in seen] == ["QUEUED", *["RUNNING"] * 11, "COMPLETED"]
    assert seen[-1]["error"] is None
    assert seen[-1]["contents"] == [
        {"status": "PENDING_APPROVAL_AGENT", "contentType": "EMAIL"},
        {"status": "PENDING_APPROVAL_AGENT", "contentType": "FLYER_TEXT"},
    ]


async def test_without_a_cursor_it_is_the_task_as_it_stands_and_every_change_from_there(
    agent: Agent, start: str
) -> None:
    task = await agent.have_written(await agent.list_property(), ["EMAIL", "FLYER_TEXT"])

    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": task}) as stream:
        events = await stream.rest()

    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": task, "after": start}) as stream:
        every = await stream.rest()
    assert [event["task"]["steps"] for event in events] == [event["task"]["steps"] for event in every][-len(events) :]


async def test_every_event_has_a_cursor_of_its_own_and_its_time(agent: Agent, start: str) -> None:
    task = await agent.have_written(await agent.list_property(), ["EMAIL"])

    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": task, "after": start}) as stream:
        events = await stream.rest()

    assert len({event["cursor"] for event in events}) == len(events) == 10
    times = [datetime.fromisoformat(event["time"]) for event in events]
    assert times == sorted(times)


async def test_who_comes_back_with_any_cursor_gets_exactly_the_rest(agent: Agent, start: str) -> None:
    task = await agent.have_written(await agent.list_property(), ["EMAIL", "FLYER_TEXT"])
    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": task, "after": start}) as stream:
        events = await stream.rest()

    for position, event in enumerate(events):
        again = {"task": task, "after": event["cursor"]}
        async with subscribed(agent.gateway, agent.token, PROGRESS, again) as stream:
            rest = await stream.rest()
        assert [(one["cursor"], one["time"], one["task"]["steps"]) for one in rest] == [
            (one["cursor"], one["time"], one["task"]["steps"]) for one in events[position + 1 :]
        ]


async def test_who_drops_off_after_every_event_and_comes_back_misses_nothing(agent: Agent) -> None:
    task = await agent.have_written(await agent.list_property(), ["EMAIL"])
    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": task}) as steady:
        events = [await steady.event()]
        dropped = [events[0]]
        while dropped[-1]["task"]["status"] != "COMPLETED":
            again = {"task": task, "after": dropped[-1]["cursor"]}
            async with subscribed(agent.gateway, agent.token, PROGRESS, again) as stream:
                dropped.append(await stream.event())
        events += await steady.rest()

    assert [(event["cursor"], event["task"]["steps"]) for event in dropped] == [
        (event["cursor"], event["task"]["steps"]) for event in events
    ]


async def test_a_task_that_has_ended_is_its_snapshot_and_the_end(agent: Agent, ended_task: str) -> None:
    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": ended_task}) as stream:
        events = await stream.rest()

    assert [event["task"]["status"] for event in events] == ["COMPLETED"]


async def test_the_global_id_is_as_good_as_the_backends(agent: Agent, ended_task: str) -> None:
    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": ended_task}) as stream:
        (event,) = await stream.rest()

    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": event["task"]["id"]}) as stream:
        assert [one["task"] for one in await stream.rest()] == [event["task"]]


async def test_the_task_of_somebody_else_is_not_found(paced: Gateway, ended_task: str) -> None:
    stranger = paced.token("maria@example.com")

    async with subscribed(paced, stranger, PROGRESS, {"task": ended_task}) as stream:
        assert await stream.refusal_code() == "NOT_FOUND"


async def test_an_admin_may_follow_the_task_of_anybody(paced: Gateway, ended_task: str) -> None:
    async with subscribed(paced, paced.token("admin@example.com"), PROGRESS, {"task": ended_task}) as stream:
        assert [event["task"]["databaseId"] for event in await stream.rest()] == [ended_task]


@pytest.mark.parametrize("task", ["tsk_unknown", "TGlzdGluZw", "a,b", "?x=1", "x" * 256, "Aufgabe-äöü-任务"])
async def test_an_unknown_task_is_not_found(agent: Agent, task: str) -> None:
    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": task}) as stream:
        assert await stream.refusal_code() == "NOT_FOUND"


@pytest.mark.parametrize("task", ["", "../../x", "..", "a/b", "a\nb", "\x00", "x" * 10_000])
async def test_an_id_that_no_task_can_have_is_refused(agent: Agent, task: str) -> None:
    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": task}) as stream:
        assert await stream.refusal_code() == "BAD_USER_INPUT"


async def test_the_id_of_something_else_is_refused_by_name(agent: Agent) -> None:
    listing = await agent.run("query ($id: ID!) { listing(id: $id) { id } }", id=await agent.list_property())

    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": listing.data["listing"]["id"]}) as stream:
        error = await stream.refusal()

    assert error["message"] == "This is the id of a Listing, not of a Task."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "after", ["", "x", "~", "~5", "x~5", "-1~1", "9" * 5000, "a~" + "9" * 5000, "a~\u0661", "a\nb~1"]
)
async def test_a_malformed_cursor_is_refused(agent: Agent, ended_task: str, after: str) -> None:
    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": ended_task, "after": after}) as stream:
        assert await stream.refusal_code() == "BAD_USER_INPUT"


async def test_the_cursor_of_another_subscription_is_refused(agent: Agent, ended_task: str) -> None:
    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": ended_task}) as stream:
        cursor = (await stream.rest())[0]["cursor"].partition("~")[0]

    async with subscribed(agent.gateway, agent.token, PROGRESS, {"task": ended_task, "after": cursor}) as stream:
        assert await stream.refusal_code() == "BAD_USER_INPUT"


async def test_the_cursor_of_another_log_has_expired(agent: Agent, ended_task: str) -> None:
    foreign = {"task": ended_task, "after": "0123456789ab-1~1"}

    async with subscribed(agent.gateway, agent.token, PROGRESS, foreign) as stream:
        assert await stream.refusal_code() == "CURSOR_EXPIRED"
