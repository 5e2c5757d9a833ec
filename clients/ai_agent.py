"""The agents backend: the platform's AI agents, their teams and the tasks they run."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from app.rest import CollectionClient, Record, Service

AGENTS = Service("agents", port=8005)


class AIAgentRecord(Record, frozen=True, kw_only=True):
    """`revision` grows with every change."""

    id: str
    owner_id: str
    customer_id: str | None = None
    name: str
    description: str | None = None
    kind: str
    model: str
    instructions: str
    status: str
    capabilities: list[str]
    team_ids: list[str]
    tasks_completed: int
    last_active_at: datetime | None = None
    revision: int
    created_at: datetime
    updated_at: datetime


class TeamRecord(Record, frozen=True, kw_only=True):
    id: str
    owner_id: str
    customer_id: str | None = None
    name: str
    description: str | None = None
    ai_agent_ids: list[str]
    lead_ai_agent_id: str | None = None
    created_at: datetime
    updated_at: datetime


class TaskStepRecord(Record, frozen=True, kw_only=True):
    name: str
    title: str
    status: str
    detail: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


class TaskRecord(Record, frozen=True, kw_only=True):
    """`progress` is in percent; `revision` grows with every change."""

    id: str
    owner_id: str
    agent_id: str | None = None
    kind: str
    status: str
    progress: int
    listing_id: str | None = None
    ai_agent_id: str | None = None
    team_id: str | None = None
    title: str | None = None
    input: str | None = None
    result: str | None = None
    priority: str = "normal"
    content_ids: list[str]
    steps: list[TaskStepRecord]
    error: str | None = None
    revision: int
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    updated_at: datetime


class AIAgentClient(CollectionClient[AIAgentRecord]):
    service: ClassVar[Service] = AGENTS
    route: ClassVar[str] = "/ai-agents"
    record: ClassVar[type[AIAgentRecord]] = AIAgentRecord

    async def by_id(self, id: str) -> AIAgentRecord:
        """One AI agent; the problem NOT_FOUND when it is not there or not the caller's."""
        return await self.get("/ai-agents/{id}", AIAgentRecord, params={"id": id})

    async def create(self, agent: Mapping[str, object]) -> AIAgentRecord:
        """Add an AI agent of the caller's, which is stopped."""
        return await self.write("POST", "/ai-agents", AIAgentRecord, body=agent)

    async def update(self, id: str, changes: Mapping[str, object]) -> AIAgentRecord:
        """Change what is given; what is left out stays."""
        return await self.write("PATCH", "/ai-agents/{id}", AIAgentRecord, params={"id": id}, body=changes)

    async def delete(self, id: str) -> AIAgentRecord:
        """Delete an AI agent at rest; the problem INVALID_TRANSITION for any other."""
        return await self.write("DELETE", "/ai-agents/{id}", AIAgentRecord, params={"id": id})

    async def start(self, id: str) -> AIAgentRecord:
        """Start one at rest; the problem INVALID_TRANSITION for any other."""
        return await self.write("POST", "/ai-agents/{id}/start", AIAgentRecord, params={"id": id})

    async def stop(self, id: str) -> AIAgentRecord:
        """Stop one that runs or is about to; the problem INVALID_TRANSITION for any other."""
        return await self.write("POST", "/ai-agents/{id}/stop", AIAgentRecord, params={"id": id})


class TeamClient(CollectionClient[TeamRecord]):
    service: ClassVar[Service] = AGENTS
    route: ClassVar[str] = "/teams"
    record: ClassVar[type[TeamRecord]] = TeamRecord

    async def create(self, team: Mapping[str, object]) -> TeamRecord:
        return await self.write("POST", "/teams", TeamRecord, body=team)

    async def update(self, id: str, changes: Mapping[str, object]) -> TeamRecord:
        """Change what is given; what is left out stays."""
        return await self.write("PATCH", "/teams/{id}", TeamRecord, params={"id": id}, body=changes)

    async def delete(self, id: str) -> TeamRecord:
        """Dissolve a team; what it was."""
        return await self.write("DELETE", "/teams/{id}", TeamRecord, params={"id": id})


class TaskClient(CollectionClient[TaskRecord]):
    service: ClassVar[Service] = AGENTS
    route: ClassVar[str] = "/tasks"
    record: ClassVar[type[TaskRecord]] = TaskRecord

    async def by_id(self, id: str) -> TaskRecord:
        """One task; the problem NOT_FOUND when it is not there or not the caller's."""
        return await self.get("/tasks/{id}", TaskRecord, params={"id": id})

    async def submit(self, task: Mapping[str, object]) -> TaskRecord:
        """Give a task to an AI agent or a team; the problem AGENT_NOT_RUNNING when one of them is at rest."""
        return await self.write("POST", "/tasks", TaskRecord, body=task)

    async def cancel(self, id: str) -> TaskRecord:
        """Stop a task; the problem INVALID_TRANSITION when it has ended."""
        return await self.write("DELETE", "/tasks/{id}", TaskRecord, params={"id": id})
