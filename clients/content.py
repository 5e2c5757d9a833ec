"""The content backend: pieces of content and their way through approval."""

from datetime import datetime
from typing import ClassVar

import msgspec

from app.rest import CollectionClient, Service


class ContentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`revision` grows with every change; `available_actions` are those the status allows."""

    id: str
    owner_id: str
    agent_id: str | None = None
    listing_id: str | None = None
    character_id: str | None = None
    task_id: str | None = None
    content_type: str
    title: str
    text: str
    hashtags: list[str]
    status: str
    feedback: str | None = None
    marketing_response: str | None = None
    revision: int
    available_actions: list[str]
    posted_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


class TaskReference(msgspec.Struct, frozen=True):
    """The task belongs to the agents backend; here only its id counts."""

    id: str


class StartedTask(msgspec.Struct, frozen=True):
    task: TaskReference


class ContentClient(CollectionClient[ContentRecord]):
    service: ClassVar[Service] = Service("content", port=8006)
    route: ClassVar[str] = "/content"
    record: ClassVar[type[ContentRecord]] = ContentRecord

    async def act(self, id: str, action: str, feedback: str | None = None) -> ContentRecord:
        """Take an action of the approval; the problem INVALID_TRANSITION when the status does not allow it."""
        body = {"action": action, "feedback": feedback}
        return await self.write("POST", "/content/{id}/action", ContentRecord, params={"id": id}, body=body)

    async def create_for_listing(self, listing_id: str, content_types: list[str]) -> str:
        """Have content written for a listing; the id of the task that writes it."""
        body = {"listing_id": listing_id, "content_types": content_types}
        started = await self.write("POST", "/content/create-for-listing", StartedTask, body=body)
        return started.task.id
