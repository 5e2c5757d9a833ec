"""The assistant of the agents backend: questions about files, and what was said."""

import math
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

import msgspec

from app.errors import BackendInvalidResponseError
from app.rest import CollectionClient, Deadline, EventStreamError, Page, Query, Record, Service, server_events

LAST: Final = "last"


class ChatMessageRecord(Record, frozen=True, kw_only=True):
    """`is_complete` is false for an answer that was broken off; what is not `is_saved` may be forgotten."""

    id: str
    owner_id: str
    session_id: str
    file_id: str
    role: str
    content: str
    is_complete: bool
    is_saved: bool
    created_at: datetime


class SavedMessages(Record, frozen=True):
    saved: list[ChatMessageRecord]


@dataclass(frozen=True, slots=True)
class AnswerChunkRecord:
    """A piece of an answer; `index` counts from 0."""

    index: int
    text: str
    is_last: bool


class ChatClient(CollectionClient[ChatMessageRecord]):
    service: ClassVar[Service] = Service("agents", port=8005)
    route: ClassVar[str] = "/chat/messages"
    record: ClassVar[type[ChatMessageRecord]] = ChatMessageRecord

    async def history(self, query: Query) -> Page[ChatMessageRecord]:
        """A page of one conversation: that about the active file of the active session unless the query names another.

        The problems NO_ACTIVE_SESSION and NO_ACTIVE_FILE say that there is none.
        """
        return await self.get("/chat/history", Page[ChatMessageRecord], query)

    async def save(self, conversation: Mapping[str, str]) -> list[ChatMessageRecord]:
        """Keep a conversation for good; the messages that were not kept before."""
        answer = await self.write("POST", "/chat/save", SavedMessages, body=conversation)
        return answer.saved

    async def ask(self, question: str) -> AsyncGenerator[AnswerChunkRecord, None]:
        """The answer to a question about the active file, as it is said; closing it stops the backend's work.

        It may take as long as it wants, as long as it goes on: the service's timeout is for each piece.
        """
        caller = msgspec.structs.replace(self.caller, deadline=Deadline.after(math.inf))
        async with self.rest.stream(caller, "GET", "/chat/stream", (("question", question),)) as chunks:
            index = 0
            try:
                async with aclosing(server_events(chunks)) as events:
                    async for event in events:
                        yield AnswerChunkRecord(index, event.data, event.type == LAST)
                        if event.type == LAST:
                            return
                        index += 1
            except EventStreamError as error:
                raise self._invalid(f"it sent no stream of events: {error}") from error
            raise self._invalid("its answer broke off")

    def _invalid(self, reason: str) -> BackendInvalidResponseError:
        message = f"The {self.service.name} service cannot be understood: {reason}."
        return BackendInvalidResponseError(message, service=self.service.name)
