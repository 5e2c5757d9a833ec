"""Chat: questions to the assistant about files, its answers, and what was said before."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.errors import BadUserInputError
from app.graph import (
    ALL,
    ID,
    BackendCall,
    ById,
    Found,
    Info,
    Key,
    Node,
    PageLoader,
    PagesBy,
    Parent,
    Payload,
    Query,
    Subgraph,
    database_id,
    described,
    value,
)
from app.rest import Page
from clients.chat import AnswerChunkRecord, ChatClient, ChatMessageRecord
from clients.file import FileRecord
from clients.session import SessionRecord
from resolvers.file import File, FileById
from resolvers.session import Session, SessionById

MAX_QUESTION_LENGTH = 2000
OLDEST_FIRST = "created_at"

chat = Subgraph(
    "chat",
    user_error_codes={"NO_ACTIVE_FILE": "The active session has no active file: activate one."},
)


class ChatMessageById(ById[ChatMessageRecord]):
    collection = ChatClient


class ChatMessagesBySession(PagesBy[ChatMessageRecord]):
    collection = ChatClient
    parent = "session_id"


class ChatMessagesByFile(PagesBy[ChatMessageRecord]):
    collection = ChatClient
    parent = "file_id"


class Conversation(PageLoader[str, ChatMessageRecord]):
    """A page of one conversation, which the filter names; the key is `ALL`."""

    async def fetch(self, keys: list[str]) -> Found[str, Page[ChatMessageRecord]]:
        return dict.fromkeys(keys, await self.client(ChatClient).history(self.query))

    @classmethod
    def backend_call(cls) -> BackendCall:
        return BackendCall(ChatClient.service.name, "GET /chat/history?limit=&offset=", None)


@strawberry.enum(description="Who said something.")
class ChatRole(Enum):
    USER = value("user", "Who asks.")
    ASSISTANT = value("assistant", "Who answers.")


@chat.type(ChatMessageRecord, by_id=ChatMessageById)
class ChatMessage(Node):
    """A question to the assistant, or its answer."""

    role: ChatRole = described("Who said it.")
    content: str = described("What was said.")
    is_complete: bool = described("False for an answer that was broken off: whoever asked had gone.")
    is_saved: bool = described("Whether it is kept for good; what is not may be forgotten.")
    created_at: datetime = described("When it was said.")


@chat.type(AnswerChunkRecord)
class AnswerChunk:
    """A piece of the assistant's answer. Put together in order, the pieces are the answer."""

    index: int = described("Its place in the answer, from 0.")
    text: str = described("The piece.")
    is_last: bool = described("Whether the answer ends with it.")


ConversationSession = Annotated[ID | None, strawberry.argument(description="In this session; an id of either kind.")]
ConversationFile = Annotated[ID | None, strawberry.argument(description="About this file; an id of either kind.")]


def _named(session_id: str | None, file_id: str | None) -> dict[str, str]:
    named = {}
    if session_id is not None:
        named["session_id"] = database_id(session_id, Session, "sessionId")
    if file_id is not None:
        named["file_id"] = database_id(file_id, File, "fileId")
    return named


def _key(parent: str, named: dict[str, str]) -> Key[str]:
    return Key(parent, {"filter": tuple(named.items()), "order": OLDEST_FIRST})


@chat.connection(Query, Conversation, returns=ChatMessage)
def chat_history(session_id: ConversationSession = None, file_id: ConversationFile = None) -> Key[str]:
    """What was said, oldest first: about the active file of the active session, unless another is named."""
    return _key(ALL, _named(session_id, file_id))


@chat.connection(Session, ChatMessagesBySession, returns=ChatMessage, name="chat_history")
def chat_history_of_session(session: Parent[SessionRecord], file_id: ConversationFile = None) -> Key[str]:
    """What was said in the session, oldest first."""
    return _key(session.id, _named(None, file_id))


@chat.connection(File, ChatMessagesByFile, returns=ChatMessage, name="chat_history")
def chat_history_of_file(file: Parent[FileRecord]) -> Key[str]:
    """What was said about the file, oldest first."""
    return _key(file.id, {})


@chat.edge(ChatMessage, SessionById, returns=Session, name="session")
def session_of_message(message: Parent[ChatMessageRecord]) -> str:
    """The session it was said in."""
    return message.session_id


@chat.edge(ChatMessage, FileById, returns=File, name="file")
def file_of_message(message: Parent[ChatMessageRecord]) -> str:
    """The file it is about."""
    return message.file_id


@strawberry.pydantic.input(
    description="The conversation to save: that about the active file of the active session, unless another is named."
)
class SaveChatInput(BaseModel):
    session_id: ID | None = Field(None, description="In this session; an id of either kind.")
    file_id: ID | None = Field(None, description="About this file; an id of either kind.")


@strawberry.type(description="What `saveChat` answers.")
class SaveChatPayload(Payload):
    messages: list[ChatMessage] | None = described("What is kept now and was not before.", default=None)


@chat.mutation(SaveChatPayload)
async def save_chat(info: Info, input: SaveChatInput) -> SaveChatPayload:
    """Keep a conversation for good. What is not saved is forgotten when the assistant starts again."""
    saved = await info.context.client(ChatClient).save(_named(input.session_id, input.file_id))
    return SaveChatPayload(messages=saved)  # type: ignore[arg-type]  # ChatMessage is a view of the records


Question = Annotated[str, strawberry.argument(description="What to ask, in at most 2000 characters.")]


@chat.subscription(AnswerChunk, is_event=True)
async def ask_assistant(info: Info, question: Question) -> AsyncGenerator[AnswerChunkRecord, None]:
    """Ask about the active file of the active session; the answer comes piece by piece, and ends when it is said.

    Whoever stops listening stops the assistant.
    """
    if not 0 < len(question.strip()) <= MAX_QUESTION_LENGTH:
        raise BadUserInputError(f"A question has 1 to {MAX_QUESTION_LENGTH} characters.", field=["question"])
    async with aclosing(info.context.client(ChatClient).ask(question.strip())) as chunks:
        async for chunk in chunks:
            yield chunk
