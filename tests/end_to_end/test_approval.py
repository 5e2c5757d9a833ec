"""The way of content to publication, as the graph shows it: what may be done in which state, and what may not."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
import pytest_asyncio

from backends.sample.people import PEOPLE
from tests.end_to_end.people import CONTENT, Agent
from tests.end_to_end.sockets import subscribed
from tests.gateway import SERVICE_KEY, Gateway, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACTIONS: dict[str, tuple[str, Mapping[str, str]]] = {
    "APPROVE": ("approveContent", {}),
    "REJECT": ("rejectContent", {"feedback": "It is sold."}),
    "REQUEST_REVISIONS": ("requestContentRevisions", {"feedback": "Shorter."}),
    "SEND_TO_MARKETING": ("sendContentToMarketing", {"note": "Please look."}),
    "RECORD_MARKETING_RESPONSE": ("recordMarketingResponse", {"response": "Fine."}),
}
"""The mutation of each action, and what it takes beside the id."""

TRANSITIONS = {
    ("PENDING_APPROVAL_AGENT", "APPROVE"): "APPROVED",
    ("PENDING_APPROVAL_AGENT", "REJECT"): "REJECTED",
    ("PENDING_APPROVAL_AGENT", "REQUEST_REVISIONS"): "REVISIONS_REQUESTED",
    ("PENDING_APPROVAL_AGENT", "SEND_TO_MARKETING"): "SENT_TO_MARKETING",
    ("SENT_TO_MARKETING", "RECORD_MARKETING_RESPONSE"): "MARKETING_RESPONDED",
}

WAYS = {
    "PENDING_APPROVAL_AGENT": [],
    "APPROVED": ["APPROVE"],
    "REJECTED": ["REJECT"],
    "REVISIONS_REQUESTED": ["REQUEST_REVISIONS"],
    "SENT_TO_MARKETING": ["SEND_TO_MARKETING"],
    "MARKETING_RESPONDED": ["SEND_TO_MARKETING", "RECORD_MARKETING_RESPONSE"],
}
"""The actions that lead to each state that a gateway with slow backends can be kept in."""

ALLOWED = {
    "PENDING_APPROVAL_AGENT": ["APPROVE", "REJECT", "REQUEST_REVISIONS", "SEND_TO_MARKETING"],
    "SENT_TO_MARKETING": ["RECORD_MARKETING_RESPONSE"],
}

STATES = ["GENERATING", "POSTED", *WAYS]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def slow(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """A gateway on backends that take no step by themselves: content stays in the state that somebody gave it."""
    async with serving(tmp_path_factory.mktemp("slow"), step_seconds=3600.0) as gateway:
        yield gateway


class Desk:
    """An agent of the sample data, and the content that waits for their decision."""

    def __init__(self, gateway: Gateway, email: str) -> None:
        person = next(person for person in PEOPLE if person.email == email)
        self.agent = Agent(gateway, email, gateway.token(email), "", person.user_id, person.agent_id or "")

    async def draft(self) -> str:
        """A draft that waits for a decision, handed in as the agents service hands them in."""
        draft = {
            "owner_id": self.agent.user_id,
            "title": "A house",
            "text": "It has oak floors.",
            "content_type": "email",
        }
        async with httpx.AsyncClient(verify=False) as client:  # noqa: S501 -- there is no TLS, and its setup is slow
            url = f"{self.agent.gateway.service_urls['content']}/content"
            response = await client.post(url, json=draft, headers={"X-Service-Key": SERVICE_KEY})
        return str(response.raise_for_status().json()["id"])

    async def take(self, action: str, id: str) -> Any:
        """The payload of an action's mutation."""
        mutation, given = ACTIONS[action]
        return await self.agent.mutate(mutation, {"id": id, **given}, f"content {{ {CONTENT} }}")

    async def in_state(self, state: str) -> str:
        """A piece of content in that state, brought there by mutations where that can be done."""
        if state not in WAYS:
            document = "query ($s: ContentStatus!) { contentLibrary(filter: {status: [$s]}) { nodes { databaseId } } }"
            found = (await self.agent.run(document, s=state)).data["contentLibrary"]["nodes"]
            return str(found[0]["databaseId"])
        id = await self.draft()
        for action in WAYS[state]:
            assert (await self.take(action, id))["userErrors"] == []
        return id


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(slow: Gateway) -> Desk:
    return Desk(slow, "chris@example.com")


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", STATES)
async def test_every_action_in_every_state(desk: Desk, state: str, action: str) -> None:
    id = await desk.in_state(state)
    before = await desk.agent.content(id)
    assert before["status"] == state

    payload = await desk.take(action, id)

    after = await desk.agent.content(id)
    target = TRANSITIONS.get((state, action))
    if target is None:
        (error,) = payload["userErrors"]
        assert (error["field"], error["code"], payload["content"]) == ([], "INVALID_TRANSITION", None)
        assert after == before
    else:
        assert (payload["userErrors"], payload["content"]) == ([], after)
        assert (after["status"], after["revision"]) == (target, before["revision"] + 1)


@pytest.mark.parametrize("state", STATES)
async def test_available_actions_are_those_that_work(desk: Desk, state: str) -> None:
    content = await desk.agent.content(await desk.in_state(state))

    assert content["availableActions"] == ALLOWED.get(state, [])


@pytest.mark.parametrize(
    ("action", "member", "text"),
    [
        ("REJECT", "feedback", "It is sold."),
        ("REQUEST_REVISIONS", "feedback", "Shorter."),
        ("SEND_TO_MARKETING", "feedback", "Please look."),
    ],
)
async def test_the_reason_is_kept_with_the_content(desk: Desk, action: str, member: str, text: str) -> None:
    id = await desk.in_state("PENDING_APPROVAL_AGENT")

    payload = await desk.take(action, id)

    assert payload["content"][member] == text


async def test_the_response_of_marketing_is_kept_with_the_content(desk: Desk) -> None:
    id = await desk.in_state("SENT_TO_MARKETING")

    payload = await desk.take("RECORD_MARKETING_RESPONSE", id)

    assert payload["content"]["marketingResponse"] == "Fine."


@pytest.mark.parametrize("action", ["APPROVE", "REJECT", "REQUEST_REVISIONS", "SEND_TO_MARKETING"])
async def test_of_the_same_decision_sent_twice_at_once_one_counts(desk: Desk, action: str) -> None:
    id = await desk.in_state("PENDING_APPROVAL_AGENT")
    before = await desk.agent.content(id)

    payloads = await asyncio.gather(*(desk.take(action, id) for _ in range(2)))

    after = await desk.agent.content(id)
    assert after["revision"] == before["revision"] + 1
    assert [payload["content"] for payload in payloads if payload["content"]] == [after]
    assert sorted([error["code"] for error in payload["userErrors"]] for payload in payloads) == [
        [],
        ["INVALID_TRANSITION"],
    ]


async def test_of_opposite_decisions_sent_at_once_one_counts(desk: Desk) -> None:
    id = await desk.in_state("PENDING_APPROVAL_AGENT")

    payloads = await asyncio.gather(*(desk.take(action, id) for action in ("APPROVE", "REJECT") * 5))

    taken = [payload["content"] for payload in payloads if not payload["userErrors"]]
    assert taken == [await desk.agent.content(id)]
    assert len([payload for payload in payloads if payload["userErrors"]]) == 9


async def test_the_same_mutation_twice_in_one_document_runs_one_after_the_other(desk: Desk) -> None:
    id = await desk.in_state("PENDING_APPROVAL_AGENT")

    answer = await desk.agent.run(
        """mutation ($input: ApproveContentInput!) {
            first: approveContent(input: $input) { content { status } userErrors { code } }
            second: approveContent(input: $input) { content { status } userErrors { code } }
        }""",
        input={"id": id},
    )

    assert answer.data == {
        "first": {"content": {"status": "APPROVED"}, "userErrors": []},
        "second": {"content": None, "userErrors": [{"code": "INVALID_TRANSITION"}]},
    }


@pytest.mark.parametrize("action", ACTIONS)
async def test_the_content_of_somebody_else_is_not_found(desk: Desk, slow: Gateway, action: str) -> None:
    id = await desk.in_state("PENDING_APPROVAL_AGENT" if action != "RECORD_MARKETING_RESPONSE" else "SENT_TO_MARKETING")
    before = await desk.agent.content(id)

    payload = await Desk(slow, "maria@example.com").take(action, id)

    (error,) = payload["userErrors"]
    assert (error["field"], error["code"], payload["content"]) == ([], "NOT_FOUND", None)
    assert await desk.agent.content(id) == before


@pytest.mark.parametrize(
    ("mutation", "given", "field"),
    [
        ("rejectContent", {"feedback": "x" * 5001}, "feedback"),
        ("rejectContent", {"feedback": "x" * 2001}, "feedback"),
        ("requestContentRevisions", {"feedback": ""}, "feedback"),
        ("requestContentRevisions", {"feedback": "  \n "}, "feedback"),
        ("requestContentRevisions", {"feedback": "x" * 2001}, "feedback"),
        ("sendContentToMarketing", {"note": "x" * 2001}, "note"),
    ],
)
async def test_a_reason_that_cannot_be_used_names_its_field(
    desk: Desk, mutation: str, given: Mapping[str, str], field: str
) -> None:
    id = await desk.in_state("PENDING_APPROVAL_AGENT")
    before = await desk.agent.content(id)

    payload = await desk.agent.mutate(mutation, {"id": id, **given}, "content { status }")

    assert payload["content"] is None
    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [([field], "BAD_USER_INPUT")]
    assert await desk.agent.content(id) == before


@pytest.mark.parametrize("response", ["", " ", "x" * 2001])
async def test_a_response_that_cannot_be_used_names_its_field(desk: Desk, response: str) -> None:
    id = await desk.in_state("SENT_TO_MARKETING")
    before = await desk.agent.content(id)

    payload = await desk.agent.mutate("recordMarketingResponse", {"id": id, "response": response}, "content { status }")

    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [(["response"], "BAD_USER_INPUT")]
    assert await desk.agent.content(id) == before


async def test_content_is_written_again_as_asked_and_waits_once_more(gateway: Gateway, robin: Agent) -> None:
    document = f"subscription {{ contentChanged {{ content {{ {CONTENT} }} }} }}"
    async with subscribed(gateway, robin.token, document) as stream:
        await stream.begun()
        await robin.have_written(await robin.list_property(), ["EMAIL"])
        drafted = (await stream.event())["content"]
        given = {"id": drafted["id"], "feedback": "Please mention the covered back porch first."}
        assert (await robin.mutate("requestContentRevisions", given, ""))["userErrors"] == []
        later = [(await stream.event())["content"] for _ in range(3)]

    assert [content["status"] for content in later] == ["REVISIONS_REQUESTED", "GENERATING", "PENDING_APPROVAL_AGENT"]
    assert [content["availableActions"] for content in later] == [[], [], ALLOWED["PENDING_APPROVAL_AGENT"]]
    assert later[-1]["text"] != drafted["text"]


async def test_content_comes_back_from_marketing_and_is_posted(gateway: Gateway, robin: Agent) -> None:
    document = f"subscription {{ contentChanged {{ content {{ {CONTENT} }} }} }}"
    async with subscribed(gateway, robin.token, document) as stream:
        await stream.begun()
        await robin.have_written(await robin.list_property(), ["FLYER_TEXT"])
        seen = [(await stream.event())["content"]]
        id = seen[0]["databaseId"]
        await robin.mutate("sendContentToMarketing", {"id": id}, "")
        seen.append((await stream.event())["content"])
        await robin.mutate("recordMarketingResponse", {"id": id, "response": "Go."}, "")
        seen += [(await stream.event())["content"] for _ in range(2)]
        await robin.mutate("approveContent", {"id": id}, "")
        seen += [(await stream.event())["content"] for _ in range(2)]

    assert [(content["status"], content["revision"]) for content in seen] == [
        ("PENDING_APPROVAL_AGENT", 1),
        ("SENT_TO_MARKETING", 2),
        ("MARKETING_RESPONDED", 3),
        ("PENDING_APPROVAL_AGENT", 4),
        ("APPROVED", 5),
        ("POSTED", 6),
    ]
    assert [content["postedAt"] is None for content in seen] == [True] * 5 + [False]
    assert {content["databaseId"] for content in seen} == {id}
