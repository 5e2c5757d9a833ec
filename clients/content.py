"""The content backend: pieces of content, their way through approval, and what generates them."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from app.rest import CollectionClient, Record, Service

CONTENT = Service("content", port=8006)


class GenerationSettingsRecord(Record, frozen=True, kw_only=True):
    """Sides are in pixels."""

    steps: int
    cfg_scale: float
    width: int
    height: int
    seed: int | None = None


class ContentRecord(Record, frozen=True, kw_only=True):
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
    generation_id: str | None = None
    generation_settings: GenerationSettingsRecord | None = None
    prompt: str | None = None
    category: str | None = None
    is_nsfw: bool = False
    is_approved: bool = False
    file_url: str | None = None
    thumbnail_url: str | None = None
    width: int | None = None
    height: int | None = None
    file_size: int | None = None
    quality_score: float | None = None
    times_used: int = 0
    created_at: datetime
    updated_at: datetime


class GenerationRecord(Record, frozen=True, kw_only=True):
    """`success_count` and `failure_count` are of pieces; `error` and `error_code` say why it failed."""

    id: str
    owner_id: str
    character_id: str
    content_type: str
    prompt: str
    negative_prompt: str | None = None
    settings: GenerationSettingsRecord
    category: str
    is_nsfw: bool
    status: str
    content_ids: list[str]
    success_count: int
    failure_count: int
    started_at: datetime | None = None
    completed_at: datetime | None = None
    duration_seconds: float | None = None
    estimated_completion: datetime | None = None
    error: str | None = None
    error_code: str | None = None
    created_at: datetime
    updated_at: datetime


class TaskReference(Record, frozen=True):
    """The task belongs to the agents backend; here only its id counts."""

    id: str


class StartedTask(Record, frozen=True):
    task: TaskReference


class ContentClient(CollectionClient[ContentRecord]):
    service: ClassVar[Service] = CONTENT
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

    async def delete(self, id: str) -> ContentRecord:
        """Take a piece of content away for good; what it was."""
        return await self.write("DELETE", "/content/{id}", ContentRecord, params={"id": id})


class GenerationClient(CollectionClient[GenerationRecord]):
    service: ClassVar[Service] = CONTENT
    route: ClassVar[str] = "/generations"
    record: ClassVar[type[GenerationRecord]] = GenerationRecord

    async def begin(self, generation: Mapping[str, object]) -> GenerationRecord:
        """Have something made for a character; the problem CHARACTER_NOT_FOUND when it is not the caller's."""
        return await self.write("POST", "/generations", GenerationRecord, body=generation)
