"""The agents backend: the platform's AI agents and the tasks they run."""

from datetime import datetime
from typing import ClassVar

import msgspec

from app.rest import CollectionClient, Service


class TaskStepRecord(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    title: str
    status: str
    detail: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


class TaskRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`progress` is in percent; `revision` grows with every change."""

    id: str
    owner_id: str
    agent_id: str | None = None
    kind: str
    status: str
    progress: int
    listing_id: str | None = None
    content_ids: list[str]
    steps: list[TaskStepRecord]
    error: str | None = None
    revision: int
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    updated_at: datetime


class TaskClient(CollectionClient[TaskRecord]):
    service: ClassVar[Service] = Service("agents", port=8005)
    route: ClassVar[str] = "/tasks"
    record: ClassVar[type[TaskRecord]] = TaskRecord

    async def by_id(self, id: str) -> TaskRecord:
        """One task; the problem NOT_FOUND when it is not there or not the caller's."""
        return await self.get("/tasks/{id}", TaskRecord, params={"id": id})
