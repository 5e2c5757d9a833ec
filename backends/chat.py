"""Chat: questions about the active file, answered from its content, and what is remembered of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from enum import StrEnum
from typing import Annotated, Final

from fastapi import Depends
from fastapi import Query as QueryParameter
from pydantic import BaseModel, Field
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from backends.answering import answer, complete_lines
from backends.authentication import AuthenticatedCaller, Caller
from backends.description import Page, parameters
from backends.document import Answered, Body, Document, new_id
from backends.problem import ProblemError
from backends.reading import answer_read
from backends.selection import Reads, among, select
from backends.service import Service, routes, service_of
from backends.storage import Table

MAX_READ_BYTES: Final = 8_000_000
MAX_QUESTION_LENGTH: Final = 2000
STREAM_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
HISTORY: Final = ("session_id", "file_id", "role", "limit", "offset", "order")

Question = Annotated[str, QueryParameter(min_length=1, max_length=MAX_QUESTION_LENGTH)]


class Role(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"


class ChatMessage(Document):
    """`is_complete` is false for an answer that nobody heard to its end."""

    session_id: str
    file_id: str
    role: Role
    content: str
    is_complete: bool = True
    is_saved: bool = False


class SavedMessages(Answered):
    saved: list[ChatMessage]


class ActiveSession(BaseModel):
    """What is read of the session that a question belongs to."""

    id: str


class ActiveFile(BaseModel):
    """What is read of the file that a question is about."""

    id: str
    session_id: str
    file_name: str
    size_bytes: int
    summary: str | None


class FoundFiles(BaseModel):
    items: list[ActiveFile]


class Conversation(Body):
    """Which conversation: that about the active file, unless another is named."""

    session_id: Annotated[str, Field(max_length=100)] | None = None
    file_id: Annotated[str, Field(max_length=100)] | None = None


class Chat:
    """The assistant's part of the agents service. What is not saved is forgotten when the service starts again."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.messages = Table(
            service.database,
            "messages",
            ChatMessage,
            {
                "session_id": "TEXT $.session_id",
                "file_id": "TEXT $.file_id",
                "role": "TEXT $.role",
                "is_saved": "INTEGER $.is_saved",
            },
            indexed=["session_id", "file_id"],
        )
        self.reads = Reads(
            self.messages,
            noun="message",
            filters={"session_id": among("session_id"), "file_id": among("file_id"), "role": among("role", Role)},
            groups=["session_id", "file_id"],
        )
        service.database.execute("DELETE FROM messages WHERE NOT is_saved")
        service.expose("/chat/messages", self.reads)

    async def active_file(self, owner_id: str) -> ActiveFile:
        """The active file of the active session; raises 409 when there is none."""
        peers = self._service.peers
        try:
            session = await peers.get("sessions", "/sessions/active", ActiveSession, on_behalf_of=owner_id)
        except ProblemError as error:
            if error.status != 404:
                raise
            raise ProblemError(409, "No session is active: activate one.", code="NO_ACTIVE_SESSION") from error
        path = f"/files?session_id={session.id}&active=true&limit=1"
        found = await peers.get("files", path, FoundFiles, on_behalf_of=owner_id)
        if not found.items:
            raise ProblemError(409, "No file of the session is active: activate one.", code="NO_ACTIVE_FILE")
        return found.items[0]

    async def sentences(self, question: str, file: ActiveFile, owner_id: str) -> Iterator[str]:
        """The answer, of which nothing is computed yet."""
        path = f"/files/{file.id}/content"
        peers = self._service.peers
        content = await peers.read("files", path, MAX_READ_BYTES, on_behalf_of=owner_id) if file.size_bytes else b""
        content = complete_lines(content, len(content) == file.size_bytes)
        suffix = file.file_name.rpartition(".")[2].lower()
        return answer(question, file.file_name, suffix, content, file.summary)

    async def said(
        self, question: str, file: ActiveFile, owner_id: str, sentences: Iterator[str]
    ) -> AsyncIterator[bytes]:
        """The answer as server-sent events, sentence by sentence; ends with the listener's going."""
        self.remember(ChatMessage(**self.facts(file, owner_id), role=Role.USER, content=question))
        spoken: list[str] = []
        is_complete = False
        try:
            sentence = await asyncio.to_thread(next, sentences, None)
            while sentence is not None:
                after = await asyncio.to_thread(next, sentences, None)
                spoken.append(sentence)
                is_complete = after is None
                yield event(sentence if is_complete else f"{sentence} ", "last" if is_complete else "chunk")
                await self._service.pause()
                sentence = after
        finally:
            facts = self.facts(file, owner_id)
            content = " ".join(spoken)
            self.remember(ChatMessage(**facts, role=Role.ASSISTANT, content=content, is_complete=is_complete))

    def facts(self, file: ActiveFile, owner_id: str) -> dict[str, str]:
        return {"id": new_id("msg"), "owner_id": owner_id, "session_id": file.session_id, "file_id": file.id}

    def remember(self, message: ChatMessage) -> None:
        with self._service.database.transaction():
            self.messages.put(message)
            self._service.outbox.tell("chat.message", "message", message)

    async def named(self, conversation: Conversation, caller: Caller) -> dict[str, str]:
        """The conversation by its ids: that about the active file when none is named."""
        named = conversation.model_dump(exclude_none=True)
        if not named:
            file = await self.active_file(caller.require_user())
            named = {"session_id": file.session_id, "file_id": file.id}
        return named

    def save(self, owner_id: str, named: dict[str, str]) -> list[ChatMessage]:
        """Keeps for good what is remembered of a conversation; what was not kept before."""
        condition = " AND ".join(["owner_id = ? AND NOT is_saved", *(f"{name} = ?" for name in named)])
        unsaved = self.messages.where(condition, (owner_id, *named.values()))
        with self._service.database.transaction():
            for message in unsaved:
                message.is_saved = True
                self.messages.put(message)
        return unsaved

    def clear(self, session_id: str) -> int:
        """Forgets all that was said in a session."""
        sql = "DELETE FROM messages WHERE session_id = ?"
        return self._service.database.execute(sql, (session_id,)).rowcount


def event(text: str, kind: str) -> bytes:
    """A server-sent event; its data may have lines (WHATWG HTML, section 9.2.6)."""
    data = "".join(f"data: {line}\n" for line in text.split("\n"))
    return f"event: {kind}\n{data}\n".encode()


async def chat_of(request: Request) -> Chat:
    chat: Chat = (await service_of(request)).chat
    return chat


ServingChat = Annotated[Chat, Depends(chat_of)]

router = routes()


@router.get("/chat/stream")
async def stream_answer(question: Question, caller: AuthenticatedCaller, chat: ServingChat) -> Response:
    owner_id = caller.require_user()
    file = await chat.active_file(owner_id)
    sentences = await chat.sentences(question, file, owner_id)
    answered = chat.said(question, file, owner_id, sentences)
    return StreamingResponse(answered, media_type="text/event-stream", headers=STREAM_HEADERS)


@router.get("/chat/history", response_model=Page[ChatMessage], openapi_extra=parameters(HISTORY))
async def read_history(request: Request, caller: AuthenticatedCaller, chat: ServingChat) -> Response:
    query = dict(request.query_params)
    asked = Conversation(session_id=query.get("session_id"), file_id=query.get("file_id"))
    query |= await chat.named(asked, caller)
    return answer_read(request, select(chat.reads, caller, QueryParams(query)).json())


@router.post("/chat/save", response_model=SavedMessages)
async def save_chat(caller: AuthenticatedCaller, chat: ServingChat, conversation: Conversation) -> Response:
    saved = chat.save(caller.require_user(), await chat.named(conversation, caller))
    return Response(SavedMessages(saved=saved).model_dump_json(), media_type="application/json")


@router.delete("/sessions/{session_id}/chat")
async def clear_session(session_id: str, caller: AuthenticatedCaller, chat: ServingChat) -> Response:
    """For the sessions service, when a session is deleted."""
    caller.require_service()
    return JSONResponse({"removed": chat.clear(session_id)})
