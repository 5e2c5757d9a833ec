"""The assistant: what it answers of a file's content, what it remembers, and that it stops when nobody listens."""

from pathlib import Path

import pytest

from backends.answering import answer
from tests.backends.backend_world import Json, User, Webhook, World, ids, problem, receiving, running
from tests.backends.test_backend_files import FILES, SALES, at_work, uploaded
from tests.backends.test_backend_sessions import opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHAT = "/agents/chat"
DEALS = b"""region,source,price
North,Referral,100
North,Website,300
South,Referral,250.5
South,Website,
"""
NOTES = b"""The Okafors want a garden. They can wait.

Priya asks about the internet. Gardens are not important to her.
"""


def answered(question: str, content: bytes, name: str = "deals.csv") -> list[str]:
    return list(answer(question, name, name.rpartition(".")[2], content, "A PDF document of 2 pages"))


async def test_sums_are_those_of_the_column_that_is_asked_for() -> None:
    assert answered("What is the average price?", DEALS) == [
        "deals.csv has 4 rows and 3 columns: region, source, price.",
        "Of price, the sum is 650.50, the average 216.83, the lowest 100 and the highest 300.",
    ]


async def test_a_value_that_is_named_narrows_the_rows() -> None:
    assert answered("How many came by referral?", DEALS)[1:] == [
        "2 rows of them have source Referral.",
        "Of price, the sum is 350.50, the average 175.25, the lowest 100 and the highest 250.50.",
    ]


async def test_groups_are_ranked() -> None:
    assert answered("Which region has the top prices?", DEALS)[2:] == [
        "By the sum of price, the top of region: North (400), South (250.50)."
    ]


async def test_a_json_list_of_objects_is_a_table() -> None:
    assert answered("Anything?", b'[{"name": "a", "size": 2}, {"name": "b", "size": 4}]', "list.json") == [
        "list.json has 2 rows and 2 columns: name, size.",
        "Of size, the sum is 6, the average 3, the lowest 2 and the highest 4.",
    ]


async def test_passages_of_a_text_are_found_whatever_the_ending() -> None:
    assert answered("What do they say about gardens?", NOTES, "notes.txt") == [
        "notes.txt says this about it:",
        "“The Okafors want a garden.”",
        "“Gardens are not important to her.”",
    ]
    assert answered("Is there a pool?", NOTES, "notes.txt") == ["notes.txt says nothing of that. It has 19 words."]


@pytest.mark.parametrize("content", [b"", b"\n", b"a"])
async def test_an_empty_table_is_no_trouble(content: bytes) -> None:
    assert answered("What is the average?", content)[0].startswith("deals.csv has 0 rows and ")


async def test_of_other_files_the_summary_is_told() -> None:
    assert answered("What is it?", b"%PDF-", "some.pdf") == [
        "some.pdf holds this, as far as it can be told without its text: A PDF document of 2 pages."
    ]


async def asking(world: World, content: bytes = SALES) -> tuple[User, Json]:
    """Somebody with an active file."""
    owner, _ = await at_work(world)
    file = await uploaded(owner, content)
    await owner.post(f"{FILES}/{file['id']}/activate")
    return owner, file


async def test_an_answer_is_streamed_and_remembered(world: World) -> None:
    owner, file = await asking(world)

    stream = await owner.get(f"{CHAT}/stream", question="What is the total revenue?")

    assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
    first = "sales.csv has 2 rows and 3 columns: date, product, revenue."
    second = "Of revenue, the sum is 2,000, the average 1,000, the lowest 800 and the highest 1,200."
    assert stream.text == f"event: chunk\ndata: {first} \n\nevent: last\ndata: {second}\n\n"
    history = (await owner.get(f"{CHAT}/history", order="created_at")).json()
    assert [(item["role"], item["content"], item["is_complete"], item["is_saved"]) for item in history["items"]] == [
        ("user", "What is the total revenue?", True, False),
        ("assistant", f"{first} {second}", True, False),
    ]
    assert {item["file_id"] for item in history["items"]} == {file["id"]}


async def test_a_question_needs_a_session_and_a_file(world: World) -> None:
    owner = world.agent()
    for path in ("stream", "history"):
        assert problem(await owner.get(f"{CHAT}/{path}", question="?")) == (409, "NO_ACTIVE_SESSION")
    assert problem(await owner.post(f"{CHAT}/save", {})) == (409, "NO_ACTIVE_SESSION")
    await opened(owner)
    await uploaded(owner)
    assert problem(await owner.get(f"{CHAT}/stream", question="?")) == (409, "NO_ACTIVE_FILE")


async def test_a_question_is_needed(world: World) -> None:
    owner, _ = await asking(world)
    for query in ({}, {"question": ""}, {"question": "x" * 2001}):
        assert problem(await owner.get(f"{CHAT}/stream", **query)) == (422, "BAD_USER_INPUT")


async def test_an_empty_file_is_answered_of(world: World) -> None:
    owner, _ = await asking(world, b"")
    stream = await owner.get(f"{CHAT}/stream", question="What is in it?")
    assert stream.text == "event: last\ndata: sales.csv has 0 rows and 0 columns: .\n\n"


async def test_the_history_of_somebody_else_is_empty(world: World) -> None:
    owner, file = await asking(world)
    await owner.get(f"{CHAT}/stream", question="What is in it?")
    assert ids(await world.agent().get(f"{CHAT}/history", file_id=file["id"])) == []
    assert len(ids(await owner.get(f"{CHAT}/history", file_id=file["id"]))) == 2


async def test_what_is_saved_outlives_the_service(tmp_path: Path) -> None:
    async with receiving() as webhook:
        async with running(tmp_path, webhook) as world:
            owner, file = await asking(world)
            await owner.get(f"{CHAT}/stream", question="The first")
            saved = (await owner.post(f"{CHAT}/save", {})).json()["saved"]
            assert [message["is_saved"] for message in saved] == [True, True]
            assert (await owner.post(f"{CHAT}/save", {"file_id": file["id"]})).json() == {"saved": []}
            await owner.get(f"{CHAT}/stream", question="The second")
        async with running(tmp_path, webhook) as world:
            again = User(world.http, owner.headers)
            kept = (await again.get(f"{CHAT}/history", order="created_at")).json()
            assert [message["id"] for message in kept["items"]] == [message["id"] for message in saved]


async def test_the_assistant_stops_when_nobody_listens(tmp_path: Path) -> None:
    async with receiving() as webhook, running(tmp_path, webhook, step_seconds=3600.0) as world:
        owner, _ = await asking(world)
        query = {"question": "What is the total revenue?"}
        async with owner.http.stream("GET", f"{CHAT}/stream", params=query, headers=owner.headers) as stream:
            assert await anext(stream.aiter_text()) == (
                "event: chunk\ndata: sales.csv has 2 rows and 3 columns: date, product, revenue. \n\n"
            )
        await webhook.until(lambda: len(messages(webhook)) == 2)
        question, said = messages(webhook)
        assert (question["content"], said["role"], said["is_complete"]) == (query["question"], "assistant", False)
        assert said["content"] == "sales.csv has 2 rows and 3 columns: date, product, revenue."


async def test_what_was_said_goes_with_its_session(world: World) -> None:
    owner, file = await asking(world)
    await owner.get(f"{CHAT}/stream", question="What is in it?")
    path = f"/agents/sessions/{file['session_id']}/chat"
    assert problem(await owner.send("DELETE", path)) == (403, "FORBIDDEN")
    assert (await world.service.send("DELETE", path)).json() == {"removed": 2}
    assert ids(await owner.get(f"{CHAT}/history", file_id=file["id"])) == []


def messages(webhook: Webhook) -> list[Json]:
    return [event["data"]["message"] for event in webhook.events if event["type"] == "chat.message"]
