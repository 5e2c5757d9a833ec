"""One backend that is down, slow or out of its mind costs its own fields and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.end_to_end import stand_in as misbehaviours
from tests.end_to_end.people import Agent
from tests.end_to_end.sockets import subscribed
from tests.end_to_end.stand_in import Misbehaviour, StandIn, standing_in
from tests.gateway import Gateway, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = """
{
  viewer { user { email } unreadNotificationCount }
  listings(first: 3) {
    nodes { databaseId agent { name } contents(first: 2) { nodes { databaseId } } tasks(first: 1) { totalCount } }
  }
  pendingApprovals { totalCount }
  notifications(first: 3) { nodes { databaseId } }
}
"""

BROKEN: dict[str, tuple[Misbehaviour, str]] = {
    "never answers": (misbehaviours.hang, "BACKEND_TIMEOUT"),
    "answers 500": (misbehaviours.fail, "BACKEND_ERROR"),
    "answers 503": (misbehaviours.be_overloaded, "BACKEND_UNAVAILABLE"),
    "answers with HTML": (misbehaviours.show_a_page, "BACKEND_INVALID_RESPONSE"),
    "breaks off its JSON": (misbehaviours.break_off_json, "BACKEND_INVALID_RESPONSE"),
    "has other rows": (misbehaviours.send_other_rows, "BACKEND_INVALID_RESPONSE"),
    "answers null": (misbehaviours.send_null, "BACKEND_INVALID_RESPONSE"),
    "closes in the middle": (misbehaviours.close_in_the_middle, "BACKEND_INVALID_RESPONSE"),
    "sends too much": (misbehaviours.send_too_much, "BACKEND_INVALID_RESPONSE"),
    "is no HTTP server": (misbehaviours.speak_nonsense, "BACKEND_INVALID_RESPONSE"),
    "resets connections": (misbehaviours.reset, "BACKEND_UNAVAILABLE"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def content() -> AsyncIterator[StandIn]:
    async with standing_in() as stand_in:
        yield stand_in


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def broken(content: StandIn, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """A gateway that asks the stand-in for content, waits half a second for it, and never gives it up."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CONTENT_TIMEOUT", "0.5")
        environment.setenv("CONTENT_MAX_RESPONSE_BYTES", "200000")
        environment.setenv("CONTENT_BREAKER", "false")
        async with serving(tmp_path_factory.mktemp("broken"), service_urls={"content": content.url}) as gateway:
            content.upstream = gateway.service_urls["listings"].removesuffix("listings") + "content"
            yield gateway


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole(broken: Gateway) -> dict[str, Any]:
    """The page when everything works."""
    page: dict[str, Any] = (await broken.query(PAGE)).data
    assert len(page["listings"]["nodes"]) == len(page["notifications"]["nodes"]) == 3
    assert all(listing["contents"]["nodes"] for listing in page["listings"]["nodes"])
    assert page["pendingApprovals"]["totalCount"] > 0
    return page


def without_content(page: dict[str, Any]) -> dict[str, Any]:
    """The page without what the content service owns."""
    listings = [{**listing, "contents": None} for listing in page["listings"]["nodes"]]
    return {**page, "pendingApprovals": None, "listings": {"nodes": listings}}


async def assert_only_content_is_missing(gateway: Gateway, whole: dict[str, Any], code: str) -> None:
    answer = await gateway.query(PAGE)

    assert answer.status == 294
    assert answer.body["data"] == without_content(whole)
    assert sorted((error["path"], error["code"]) for error in answer.errors) == [
        *((["listings", "nodes", index, "contents"], code) for index in range(3)),
        (["pendingApprovals"], code),
    ]
    for error in answer.body["errors"]:
        assert error["extensions"]["service"] == "content"
        assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
        assert "secret" not in error["message"]
        assert "127.0.0.1" not in error["message"]


async def assert_a_write_is_an_error(gateway: Gateway, code: str) -> None:
    answer = await gateway.query(
        'mutation { approveContent(input: {id: "cnt_1"}) { content { id } userErrors { code } } }'
    )

    assert answer.body["data"] is None
    assert [(error["path"], error["code"]) for error in answer.errors] == [(["approveContent"], code)]
    assert answer.body["errors"][0]["extensions"]["service"] == "content"


@pytest.mark.parametrize("name", BROKEN)
async def test_the_rest_of_the_page_is_there(
    broken: Gateway, content: StandIn, whole: dict[str, Any], name: str
) -> None:
    misbehaviour, code = BROKEN[name]

    async with content.misbehaving(misbehaviour):
        await assert_only_content_is_missing(broken, whole, code)

    assert (await broken.query(PAGE)).data == whole


@pytest.mark.parametrize("name", BROKEN)
async def test_a_write_that_the_backend_breaks_is_not_the_users_to_mend(
    broken: Gateway, content: StandIn, whole: dict[str, Any], name: str
) -> None:
    misbehaviour, code = BROKEN[name]

    async with content.misbehaving(misbehaviour):
        await assert_a_write_is_an_error(broken, code)

    assert (await broken.query(PAGE)).data == whole


async def test_a_backend_that_is_down_costs_its_own_fields_and_is_named_by_the_health_check(
    broken: Gateway, content: StandIn, whole: dict[str, Any]
) -> None:
    async with content.refusing():
        await assert_only_content_is_missing(broken, whole, "BACKEND_UNAVAILABLE")
        await assert_a_write_is_an_error(broken, "BACKEND_UNAVAILABLE")
        async with httpx.AsyncClient(verify=False) as client:  # noqa: S501 -- there is no TLS, and its setup is slow
            live = await client.get(f"{broken.url}/health")
            ready = await client.get(f"{broken.url}/health/ready")

    assert (live.status_code, live.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()["status"]) == (503, "not_ready")
    services = ready.json()["services"]
    assert services.pop("content") == {"status": "down", "error": "BACKEND_UNAVAILABLE"}
    assert {service["status"] for service in services.values()} == {"up"}
    assert (await broken.query(PAGE)).data == whole


async def test_a_backend_that_dies_during_a_query_costs_its_own_fields(
    broken: Gateway, content: StandIn, whole: dict[str, Any]
) -> None:
    async with content.misbehaving(misbehaviours.die):
        await assert_only_content_is_missing(broken, whole, "BACKEND_UNAVAILABLE")
    await content.start()

    assert (await broken.query(PAGE)).data == whole


async def test_many_who_wait_for_a_silent_backend_hold_up_nobody_else(
    broken: Gateway, content: StandIn, whole: dict[str, Any]
) -> None:
    async with content.misbehaving(misbehaviours.hang):
        waiting = [asyncio.create_task(broken.query("{ pendingApprovals { totalCount } }")) for _ in range(20)]
        others = await asyncio.gather(*(broken.query("{ listings { totalCount } }") for _ in range(3)))
        assert not any(task.done() for task in waiting)
        answers = await asyncio.gather(*waiting)

    assert {other.data["listings"]["totalCount"] for other in others} == {48}
    assert {answer.code for answer in answers} == {"BACKEND_TIMEOUT"}


async def test_a_write_that_may_have_been_done_is_not_sent_again(broken: Gateway, content: StandIn) -> None:
    async with content.misbehaving(misbehaviours.hang):
        await assert_a_write_is_an_error(broken, "BACKEND_TIMEOUT")
        assert content.requests == ["POST /content/cnt_1/action"]


async def test_a_read_is_tried_twice_more_on_a_failed_connection(broken: Gateway, content: StandIn) -> None:
    async with content.misbehaving(misbehaviours.reset):
        assert (await broken.query("{ pendingApprovals { totalCount } }")).code == "BACKEND_UNAVAILABLE"
        assert len(content.requests) == 3


async def test_what_hangs_on_a_live_event_is_missing_and_the_stream_goes_on(
    broken: Gateway, content: StandIn, whole: dict[str, Any]
) -> None:
    agent = Agent(broken, "", broken.token(), "", "", "")
    listing = whole["listings"]["nodes"][0]["databaseId"]
    task = await agent.have_written(listing, ["EMAIL"])
    document = "subscription ($task: ID!) { taskProgress(taskId: $task) { task { status contents { status } } } }"

    async with (
        content.misbehaving(misbehaviours.fail),
        subscribed(broken, agent.token, document, {"task": task}) as stream,
    ):
        results = [await stream.result()]
        while results[-1]["data"]["taskProgress"]["task"]["status"] != "COMPLETED":
            results.append(await stream.result())
        assert await stream.receive() == {"id": "1", "type": "complete"}

    last = results[-1]
    assert last["data"]["taskProgress"]["task"] == {"status": "COMPLETED", "contents": None}
    (error,) = last["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["taskProgress", "task", "contents"], "BACKEND_ERROR")


async def test_a_value_that_the_graph_does_not_know_is_the_backends_fault(broken: Gateway, content: StandIn) -> None:
    row = (
        b'{"id":"cnt_1","owner_id":"usr_1","content_type":"email","title":"A","text":"B","hashtags":[],"status":"lost",'
        b'"revision":1,"available_actions":[],"created_at":"2025-01-01T00:00:00Z","updated_at":"2025-01-01T00:00:00Z"}'
    )

    async def answer(_content: StandIn, asked: misbehaviours.Asked) -> None:
        await asked.answer(b'{"items": [%s], "total": 1}' % row)

    async with content.misbehaving(answer):
        known = await broken.query('{ content(id: "cnt_1") { title } }')
        unknown = await broken.query('{ content(id: "cnt_1") { title status } }')

    assert known.data == {"content": {"title": "A"}}
    assert unknown.body["data"] == {"content": None}
    assert [(error["path"], error["code"]) for error in unknown.errors] == [
        (["content", "status"], "BACKEND_INVALID_RESPONSE")
    ]
