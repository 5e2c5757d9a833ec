"""Tasks: what is asked of writers and AI agents, the steps it takes, and what has become of each."""

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from backends.ai_agents import AIAgentKind
from backends.copywriting import ContentType, ContentTypes
from backends.document import Answered, Body, Document, Timestamp, now


class TaskKind(StrEnum):
    CREATE_CONTENT = "create_content"
    REVISE_CONTENT = "revise_content"
    RUN_AGENT = "run_agent"
    RUN_TEAM = "run_team"


ASSIGNED: Final = (TaskKind.RUN_AGENT, TaskKind.RUN_TEAM)


class TaskPriority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class TaskStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StepStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"


READ_LISTING: Final = "read_listing"
REVIEW: Final = "review"
PUBLISH: Final = "publish"


def draft_step(kind: ContentType) -> str:
    return f"draft_{kind}"


class TaskRequest(Body):
    """A revision also says which content is to be written again, why, and as which edition."""

    kind: Literal[TaskKind.CREATE_CONTENT, TaskKind.REVISE_CONTENT] = TaskKind.CREATE_CONTENT
    listing_id: Annotated[str, Field(min_length=1, max_length=100)]
    content_types: ContentTypes
    content_id: str | None = None
    feedback: str | None = None
    edition: int = 0


class Step(Answered):
    name: str
    title: str
    status: StepStatus = StepStatus.PENDING
    detail: str | None = None
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None


class Worker(BaseModel):
    """An AI agent as it was when the task was given to it."""

    ai_agent_id: str
    name: str
    kind: AIAgentKind
    instructions: str


class Task(Document):
    """A task and its steps. Its methods change it in memory; the service stores it."""

    agent_id: str | None = None
    kind: TaskKind
    status: TaskStatus = TaskStatus.QUEUED
    progress: int = 0
    listing_id: str | None = None
    ai_agent_id: str | None = None
    team_id: str | None = None
    title: str | None = None
    input: str | None = None
    result: str | None = None
    priority: TaskPriority = TaskPriority.NORMAL
    workers: list[Worker] = Field(default_factory=list)
    content_types: list[ContentType] = Field(default_factory=list)
    content_ids: list[str] = Field(default_factory=list)
    feedback: str | None = None
    edition: int = 0
    steps: list[Step]
    error: str | None = None
    revision: int = 0
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None

    @property
    def is_finished(self) -> bool:
        return self.status not in (TaskStatus.QUEUED, TaskStatus.RUNNING)

    @property
    def current_step(self) -> Step | None:
        """The first step that is not done; one that was running when the process ended is done again."""
        return next((step for step in self.steps if step.status in (StepStatus.PENDING, StepStatus.RUNNING)), None)

    def begin_step(self) -> None:
        self.status, self.started_at = TaskStatus.RUNNING, self.started_at or now()
        if self.current_step is not None:
            self.current_step.status, self.current_step.started_at = StepStatus.RUNNING, now()

    def complete_step(self, detail: str) -> None:
        self._end_step(StepStatus.COMPLETED, detail)
        done = sum(step.status is StepStatus.COMPLETED for step in self.steps)
        self.progress = 100 * done // len(self.steps)
        if self.current_step is None:
            self._end(TaskStatus.COMPLETED)

    def fail(self, error: str) -> None:
        self._end_step(StepStatus.FAILED, error)
        self.error = error
        self._end(TaskStatus.FAILED)

    def cancel(self) -> None:
        self._end(TaskStatus.CANCELLED)

    def _end_step(self, status: StepStatus, detail: str) -> None:
        step = self.current_step
        if step is not None:
            step.status, step.detail, step.finished_at = status, detail, now()

    def _end(self, status: TaskStatus) -> None:
        while (step := self.current_step) is not None:
            step.status, step.finished_at = StepStatus.SKIPPED, now()
        self.status, self.finished_at = status, now()


def planned_steps(content_types: list[ContentType]) -> list[Step]:
    drafts = (Step(name=draft_step(kind), title=f"Write the {kind.replace('_', ' ')}") for kind in content_types)
    return [
        Step(name=READ_LISTING, title="Read the listing"),
        *drafts,
        Step(name=REVIEW, title="Check length, facts and repetition"),
        Step(name=PUBLISH, title="Hand the drafts over for approval"),
    ]
