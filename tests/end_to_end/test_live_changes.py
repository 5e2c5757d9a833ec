"""Changes of content and new notifications, as they reach those they belong to and nobody else."""

from datetime import datetime
from typing import Any

import pytest

from tests.end_to_end.people import Agent
from tests.end_to_end.sockets import Stream, subscribed
from tests.gateway import Gateway

CONTENT_CHANGED = """
subscription ($after: String) {
  contentChanged(after: $after) {
    cursor
    time
    content { databaseId status revision listing { address agent { name } } }
  }
}
"""
NOTIFICATION_RECEIVED = """
subscription ($after: String) {
  notificationReceived(after: $after) {
    cursor
    time
    notification { databaseId type isRead subject { __typename ... on Task { databaseId status } } }
  }
}
"""


async def written(agent: Agent, content_type: str = "EMAIL") -> str:
    """A task of theirs that writes one piece of content."""
    return await agent.have_written(await agent.list_property(), [content_type])


async def approved(agent: Agent, content_id: str) -> None:
    payload = await agent.mutate("approveContent", {"id": content_id}, "content { databaseId }")
    assert payload["userErrors"] == []


async def content_events(stream: Stream, count: int) -> list[dict[str, Any]]:
    return [await stream.event() for _ in range(count)]


def states(events: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(event["content"]["status"], event["content"]["revision"]) for event in events]


async def test_content_is_followed_from_its_draft_to_its_posting(gateway: Gateway, robin: Agent) -> None:
    async with subscribed(gateway, robin.token, CONTENT_CHANGED) as stream:
        assert await stream.is_quiet()
        await written(robin)
        drafted = await stream.event()
        await approved(robin, drafted["content"]["databaseId"])
        events = [drafted, *await content_events(stream, 2)]
        assert await stream.is_quiet()

    assert states(events) == [("PENDING_APPROVAL_AGENT", 1), ("APPROVED", 2), ("POSTED", 3)]
    assert len({event["content"]["databaseId"] for event in events}) == 1
    assert len({event["cursor"] for event in events}) == 3
    times = [datetime.fromisoformat(event["time"]) for event in events]
    assert times == sorted(times)


async def test_who_comes_back_with_any_cursor_gets_exactly_the_rest(gateway: Gateway, robin: Agent) -> None:
    async with subscribed(gateway, robin.token, CONTENT_CHANGED) as stream:
        assert await stream.is_quiet()
        await written(robin)
        events = [await stream.event()]
        await approved(robin, events[0]["content"]["databaseId"])
        events += await content_events(stream, 2)

    for position, event in enumerate(events):
        rest = events[position + 1 :]
        async with subscribed(gateway, robin.token, CONTENT_CHANGED, {"after": event["cursor"]}) as stream:
            assert await content_events(stream, len(rest)) == rest
            assert await stream.is_quiet()


async def test_another_agent_sees_their_own_content_only(gateway: Gateway, robin: Agent, sam: Agent) -> None:
    async with (
        subscribed(gateway, robin.token, CONTENT_CHANGED) as of_robin,
        subscribed(gateway, sam.token, CONTENT_CHANGED) as of_sam,
    ):
        assert await of_robin.is_quiet()
        assert await of_sam.is_quiet()
        await written(robin)
        owned = await of_robin.event()
        await written(sam)
        seen_by_sam = await of_sam.event()
        assert await of_robin.is_quiet()

    mine = await sam.content(seen_by_sam["content"]["databaseId"])
    assert mine["databaseId"] != owned["content"]["databaseId"]


async def test_a_cursor_opens_nobody_elses_events(gateway: Gateway, robin: Agent, sam: Agent) -> None:
    async with subscribed(gateway, robin.token, CONTENT_CHANGED) as stream:
        assert await stream.is_quiet()
        await written(robin)
        first = await stream.event()
        await approved(robin, first["content"]["databaseId"])
        await content_events(stream, 2)

    async with subscribed(gateway, sam.token, CONTENT_CHANGED, {"after": first["cursor"]}) as stream:
        assert await stream.is_quiet()
        await written(sam)
        seen = await stream.event()

    assert seen["content"]["databaseId"] != first["content"]["databaseId"]


async def test_an_admin_sees_the_content_of_all(gateway: Gateway, robin: Agent, sam: Agent) -> None:
    async with subscribed(gateway, gateway.token("admin@example.com"), CONTENT_CHANGED) as of_admin:
        assert await of_admin.is_quiet()
        expected = set()
        for agent in (robin, sam):
            async with subscribed(gateway, agent.token, CONTENT_CHANGED) as stream:
                assert await stream.is_quiet()
                await written(agent)
                expected.add((await stream.event())["content"]["databaseId"])
        seen: set[str] = set()
        while not expected <= seen:
            seen.add((await of_admin.event())["content"]["databaseId"])


async def test_what_hangs_on_an_event_is_read_anew_for_each_event(gateway: Gateway, robin: Agent) -> None:
    async with subscribed(gateway, robin.token, CONTENT_CHANGED) as stream:
        assert await stream.is_quiet()
        names = []
        for name in ("Ada First", "Ada Second"):
            payload = await robin.mutate("updateAgent", {"name": name}, "agent { name }")
            assert payload == {"agent": {"name": name}, "userErrors": []}
            await written(robin)
            event = await stream.event()
            names.append((event["content"]["listing"]["address"], event["content"]["listing"]["agent"]["name"]))

    assert names == [("12 Quiet Lane", "Ada First"), ("12 Quiet Lane", "Ada Second")]


async def test_a_notification_comes_when_the_task_has_ended_and_to_its_owner_alone(
    gateway: Gateway, robin: Agent, sam: Agent
) -> None:
    async with (
        subscribed(gateway, robin.token, NOTIFICATION_RECEIVED) as of_robin,
        subscribed(gateway, sam.token, NOTIFICATION_RECEIVED) as of_sam,
        subscribed(gateway, gateway.token("admin@example.com"), NOTIFICATION_RECEIVED) as of_admin,
    ):
        for stream in (of_robin, of_sam, of_admin):
            await stream.begun()
        sams = await written(sam)
        seen_by_sam = await notifications_until(of_sam, sams)
        robins = await written(robin)
        seen_by_robin = await notifications_until(of_robin, robins)
        seen_by_admin = await notifications_until(of_admin, robins)

    assert (seen_by_sam[-1]["type"], seen_by_sam[-1]["isRead"]) == ("content_ready", False)
    assert sams not in map(task_of, seen_by_robin)
    assert seen_by_sam[-1] in seen_by_admin


async def notifications_until(stream: Stream, task: str) -> list[dict[str, Any]]:
    """The notifications that come, up to that of a task; those of earlier tests may be among them."""
    seen = [(await stream.event())["notification"]]
    while task_of(seen[-1]) != task:
        seen.append((await stream.event())["notification"])
    return seen


def task_of(notification: dict[str, Any]) -> str | None:
    subject = notification["subject"]
    return subject["databaseId"] if subject["__typename"] == "Task" else None


@pytest.mark.parametrize("document", [CONTENT_CHANGED, NOTIFICATION_RECEIVED], ids=["content", "notification"])
@pytest.mark.parametrize(
    ("after", "code"),
    [
        ("", "BAD_USER_INPUT"),
        ("x", "BAD_USER_INPUT"),
        ("0123456789ab", "BAD_USER_INPUT"),
        ("0123456789ab-", "BAD_USER_INPUT"),
        ("0123456789ab--1", "BAD_USER_INPUT"),
        ("0123456789ab-" + "9" * 5000, "BAD_USER_INPUT"),
        ("0123456789ab-1\n", "BAD_USER_INPUT"),
        ("0123456789ab-1", "CURSOR_EXPIRED"),
    ],
)
async def test_a_cursor_of_no_use_is_refused(gateway: Gateway, document: str, after: str, code: str) -> None:
    async with subscribed(gateway, gateway.token(), document, {"after": after}) as stream:
        assert await stream.refusal_code() == code


async def test_a_cursor_of_the_future_has_expired(gateway: Gateway, robin: Agent) -> None:
    async with subscribed(gateway, robin.token, CONTENT_CHANGED) as stream:
        assert await stream.is_quiet()
        await written(robin)
        epoch = (await stream.event())["cursor"].partition("-")[0]

    async with subscribed(gateway, robin.token, CONTENT_CHANGED, {"after": f"{epoch}-999999999"}) as stream:
        assert await stream.refusal_code() == "CURSOR_EXPIRED"
