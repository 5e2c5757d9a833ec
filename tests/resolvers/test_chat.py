"""The assistant through the gateway. Each row has what works, a refusal and a bad input."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from backends.embedded import bound, listening
from backends.sample.workspace import NOTES
from tests.end_to_end.sockets import SECONDS, socket, subscribed
from tests.gateway import Gateway, serving
from tests.resolvers.workspace import mutate, opened, somebody, uploaded

SALES = b"date,product,revenue\n2025-03-01,Consulting,1200\n2025-03-02,Staging,800\n"
ASK = "subscription ($question: String!) { askAssistant(question: $question) { index text isLast } }"
TOTAL = {"question": "What is the total revenue?"}
FIRST = "sales.csv has 2 rows and 3 columns: date, product, revenue."
SECOND = "Of revenue, the sum is 2,000, the average 1,000, the lowest 800 and the highest 1,200."


async def asking(gateway: Gateway) -> tuple[str, Any, Any]:
    """Somebody with an active file: their token, the session and the file."""
    token = somebody(gateway)
    session = await opened(gateway, token)
    file = await uploaded(gateway, token, SALES)
    await mutate(gateway, "activateFile", {"id": file["id"]}, "file { id }", token=token)
    return token, session, file


async def asked(gateway: Gateway, token: str) -> list[dict[str, Any]]:
    async with subscribed(gateway, token, ASK, TOTAL) as stream:
        return await stream.rest()


# D14


async def test_an_answer_comes_from_the_active_file(gateway: Gateway) -> None:
    token, _, _ = await asking(gateway)
    assert await asked(gateway, token) == [
        {"index": 0, "text": f"{FIRST} ", "isLast": False},
        {"index": 1, "text": SECOND, "isLast": True},
    ]


async def test_a_question_needs_an_active_session_and_file(gateway: Gateway) -> None:
    token = somebody(gateway)
    async with subscribed(gateway, token, ASK, TOTAL) as stream:
        assert await stream.refusal_code() == "NO_ACTIVE_SESSION"
    await opened(gateway, token)
    async with subscribed(gateway, token, ASK, TOTAL) as stream:
        assert await stream.refusal_code() == "NO_ACTIVE_FILE"


async def test_a_question_needs_a_token(gateway: Gateway) -> None:
    async with subscribed(gateway, None, ASK, TOTAL) as stream:
        assert await stream.refusal_code() == "UNAUTHENTICATED"


@pytest.mark.parametrize("question", ["", "   ", "x" * 2001])
async def test_a_question_has_words(gateway: Gateway, question: str) -> None:
    async with subscribed(gateway, gateway.token(), ASK, {"question": question}) as stream:
        assert await stream.refusal_code() == "BAD_USER_INPUT"


@dataclass
class Assistant:
    """An agents backend that says one piece of its answer each time that it may."""

    may_go_on: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    pieces: tuple[bytes, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = [(b"content-type", b"text/event-stream")]
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": head})
        speaking = asyncio.create_task(self.speak(send))
        gone = asyncio.ensure_future(receive())
        await asyncio.wait([speaking, gone], return_when=asyncio.FIRST_COMPLETED)
        if not speaking.done():
            speaking.cancel()
            self.stopped.set()
        gone.cancel()

    async def speak(self, send: Send) -> None:
        for piece in self.pieces:
            await self.may_go_on.acquire()
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def speaking(data_dir: Path, *pieces: bytes) -> AsyncIterator[tuple[Gateway, Assistant]]:
    assistant = Assistant(pieces=pieces)
    with bound() as (listener, url):
        async with listening(assistant, listener), serving(data_dir, service_urls={"agents": url}) as gateway:
            yield gateway, assistant


async def test_each_piece_is_passed_on_before_the_next_is_there(tmp_path: Path) -> None:
    pieces = (b"data: One,\n\n", b"data: two\ndata: lines,\n\n", b": ping\n\nevent: last\nda", b"ta: three.\r\n\r\n")
    async with (
        speaking(tmp_path, *pieces) as (gateway, assistant),
        subscribed(gateway, gateway.token(), ASK, TOTAL) as stream,
    ):
        assistant.may_go_on.release()
        assert await stream.event() == {"index": 0, "text": "One,", "isLast": False}
        assert await stream.is_quiet()
        assistant.may_go_on.release()
        assert await stream.event() == {"index": 1, "text": "two\nlines,", "isLast": False}
        assistant.may_go_on.release()
        assert await stream.is_quiet()
        assistant.may_go_on.release()
        assert await stream.rest() == [{"index": 2, "text": "three.", "isLast": True}]


@pytest.mark.parametrize("leaves_by", ["closing the socket", "completing the subscription"])
async def test_the_backend_stops_when_the_client_leaves(tmp_path: Path, leaves_by: str) -> None:
    async with (
        speaking(tmp_path, b"data: One,\n\n", b"data: two.\n\n") as (gateway, assistant),
        socket(gateway, gateway.token()) as stream,
    ):
        await stream.subscribe(ASK, TOTAL)
        assistant.may_go_on.release()
        assert (await stream.event())["text"] == "One,"
        assert not assistant.stopped.is_set()

        if leaves_by == "closing the socket":
            await stream.connection.close()
        else:
            await stream.send({"id": "1", "type": "complete"})

        async with asyncio.timeout(SECONDS):
            await assistant.stopped.wait()


async def test_an_answer_that_breaks_off_is_an_error(tmp_path: Path) -> None:
    async with (
        speaking(tmp_path, b"data: One,\n\n") as (gateway, assistant),
        subscribed(gateway, gateway.token(), ASK, TOTAL) as stream,
    ):
        assistant.may_go_on.release()
        assert (await stream.event())["text"] == "One,"
        assert await stream.refusal_code() == "BACKEND_INVALID_RESPONSE"


# D15


async def test_the_history_is_that_of_the_active_file_oldest_first(gateway: Gateway) -> None:
    token, session, file = await asking(gateway)
    await asked(gateway, token)

    answer = await gateway.query(
        """{ chatHistory { totalCount nodes { role content isComplete isSaved session { id } file { id } } }
             activeSession { chatHistory(last: 1) { nodes { role } } activeFile { chatHistory { totalCount } } } }""",
        token=token,
    )

    about = {"isComplete": True, "isSaved": False, "session": {"id": session["id"]}, "file": {"id": file["id"]}}
    assert answer.data == {
        "chatHistory": {
            "totalCount": 2,
            "nodes": [
                {"role": "USER", "content": TOTAL["question"], **about},
                {"role": "ASSISTANT", "content": f"{FIRST} {SECOND}", **about},
            ],
        },
        "activeSession": {
            "chatHistory": {"nodes": [{"role": "ASSISTANT"}]},
            "activeFile": {"chatHistory": {"totalCount": 2}},
        },
    }


async def test_the_sample_has_a_saved_chat(gateway: Gateway) -> None:
    document = "query ($file: ID!) { chatHistory(fileId: $file) { nodes { role content isSaved } } }"
    answer = await gateway.query(document, {"file": NOTES})
    question, said = answer.data["chatHistory"]["nodes"]
    assert question == {"role": "USER", "content": "What do buyers say about the garden?", "isSaved": True}
    assert "A garden matters more to them than a garage." in said["content"]
    theirs = await gateway.query(document, {"file": NOTES}, token=somebody(gateway))
    assert theirs.data["chatHistory"]["nodes"] == []


async def test_a_history_needs_a_token_a_session_and_the_right_ids(gateway: Gateway) -> None:
    assert (await gateway.query("{ chatHistory { totalCount } }", email=None)).code == "UNAUTHENTICATED"
    assert (await gateway.query("{ chatHistory { totalCount } }", token=somebody(gateway))).code == "NO_ACTIVE_SESSION"
    wrong = await gateway.query('{ chatHistory(fileId: "U2Vzc2lvbjpzZXNfMQ") { totalCount } }')
    assert wrong.code == "BAD_USER_INPUT"


# D16


async def test_a_conversation_is_saved(gateway: Gateway) -> None:
    token, session, file = await asking(gateway)
    await asked(gateway, token)
    selection = "messages { role isSaved }"

    answer = await mutate(gateway, "saveChat", {}, selection, token=token)

    messages = [{"role": "USER", "isSaved": True}, {"role": "ASSISTANT", "isSaved": True}]
    assert answer.data["saveChat"] == {"messages": messages, "userErrors": []}
    again = await mutate(
        gateway, "saveChat", {"sessionId": session["id"], "fileId": file["id"]}, selection, token=token
    )
    assert again.data["saveChat"] == {"messages": [], "userErrors": []}


async def test_saving_needs_a_token_a_session_and_the_right_ids(gateway: Gateway) -> None:
    assert (await mutate(gateway, "saveChat", {}, "messages { id }", email=None)).code == "UNAUTHENTICATED"
    for given, code in (({}, "NO_ACTIVE_SESSION"), ({"fileId": "U2Vzc2lvbjpzZXNfMQ"}, "BAD_USER_INPUT")):
        answer = await mutate(gateway, "saveChat", given, "messages { id }", token=somebody(gateway))
        payload = answer.data["saveChat"]
        assert (payload["messages"], [error["code"] for error in payload["userErrors"]]) == (None, [code])
