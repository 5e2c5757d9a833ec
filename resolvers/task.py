"""Tasks: work that takes a while, step by step."""

from collections.abc import AsyncGenerator
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
    After,
    AnyId,
    ById,
    Change,
    Info,
    Key,
    Node,
    Pages,
    PagesBy,
    Parent,
    Query,
    Subgraph,
    database_id,
    described,
    filter_query,
    following,
    value,
)
from clients.ai_agent import AIAgentRecord, TaskClient, TaskRecord, TeamRecord
from clients.listing import ListingRecord
from resolvers.account import Viewer
from resolvers.ai_agent import AIAgent, AIAgentById
from resolvers.listing import Listing, ListingById
from resolvers.team import Team, TeamById

task = Subgraph(
    "task",
    user_error_codes={"AGENT_NOT_RUNNING": "An AI agent that is to work on it does not run: start it first."},
)


class TaskById(ById[TaskRecord]):
    collection = TaskClient


class Tasks(Pages[TaskRecord]):
    collection = TaskClient


class TasksByListing(PagesBy[TaskRecord]):
    collection = TaskClient
    parent = "listing_id"


class TasksByAIAgent(PagesBy[TaskRecord]):
    collection = TaskClient
    parent = "ai_agent_id"


class TasksByTeam(PagesBy[TaskRecord]):
    collection = TaskClient
    parent = "team_id"


@strawberry.enum(description="Where a task stands.")
class TaskStatus(Enum):
    QUEUED = value("queued", "Waiting to begin.")
    RUNNING = value("running", "At work.")
    COMPLETED = value("completed", "Done.")
    FAILED = value("failed", "Ended by an error; see `error`.")
    CANCELLED = value("cancelled", "Stopped by somebody.")


ENDED = frozenset(status.value for status in (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED))


@strawberry.enum(description="What a task does.")
class TaskKind(Enum):
    CREATE_CONTENT = value("create_content", "Write content for a listing.")
    REVISE_CONTENT = value("revise_content", "Write a piece of content again, as asked.")
    RUN_AGENT = value("run_agent", "Have an AI agent work on a text.")
    RUN_TEAM = value("run_team", "Have every member of a team work on a text.")


@strawberry.enum(description="How much a task matters.")
class TaskPriority(Enum):
    LOW = value("low", "It can wait.")
    NORMAL = value("normal", "As any other.")
    HIGH = value("high", "It matters most.")


@strawberry.enum(description="Where a step of a task stands.")
class TaskStepStatus(Enum):
    PENDING = value("pending", "Not begun.")
    RUNNING = value("running", "At work.")
    COMPLETED = value("completed", "Done.")
    FAILED = value("failed", "Ended by an error.")
    SKIPPED = value("skipped", "Passed over, as the task ended before it.")


@strawberry.type(description="One step of a task.")
class TaskStep:
    name: str = described("The step's name within its task.")
    title: str = described("What the step does, to be shown.")
    status: TaskStepStatus = described("Where it stands.")
    detail: str | None = described("What came of it, to be shown.")
    started_at: datetime | None = described("When it began.")
    finished_at: datetime | None = described("When it ended.")


@task.type(TaskRecord, by_id=TaskById)
class Task(Node):
    """Work that takes a while."""

    kind: TaskKind = described("What it does.")
    title: str | None = described("What it is called, if AI agents run it.")
    input: str | None = described("What the AI agents were given.")
    result: str | None = described("What the AI agents made of it, as Markdown; null until it is completed.")
    priority: TaskPriority = described("How much it matters.")
    status: TaskStatus = described("Where it stands.")
    progress: int = described("How much is done, in percent.")
    steps: list[TaskStep] = described("Its steps in order.")
    error: str | None = described("Why it failed.")
    revision: int = described("Grows with every change.")
    created_at: datetime = described("When it was submitted.")
    started_at: datetime | None = described("When it began.")
    finished_at: datetime | None = described("When it ended.")
    updated_at: datetime = described("When it was last changed.")


@strawberry.pydantic.input(description="Which tasks; conditions add up.")
class TaskFilter(BaseModel):
    status: list[TaskStatus] | None = Field(None, description="In one of these states.")
    kind: list[TaskKind] | None = Field(None, description="Of one of these kinds.")
    priority: list[TaskPriority] | None = Field(None, description="Of one of these priorities.")


TaskFilterArgument = Annotated[TaskFilter | None, strawberry.argument(description="Which tasks.")]


@task.edge(Query, TaskById, returns=Task, must_exist=True, name="task")
def task_by_id(id: AnyId) -> str:
    """One of the caller's tasks."""
    return database_id(id, Task)


@task.connection(Query, Tasks, returns=Task)
def tasks(filter: TaskFilterArgument = None) -> Key[str]:
    """The caller's tasks, newest first; all tasks for an admin."""
    return Key(ALL, {"filter": filter_query(filter)})


@task.edge(Task, ListingById, returns=Listing)
def listing(task: Parent[TaskRecord]) -> str | None:
    """The listing it works for."""
    return task.listing_id


@task.connection(Listing, TasksByListing, returns=Task, name="tasks")
def tasks_of_listing(listing: Parent[ListingRecord], filter: TaskFilterArgument = None) -> Key[str]:
    """The tasks that worked for this listing, newest first."""
    return Key(listing.id, {"filter": filter_query(filter)})


@task.connection(Viewer, Tasks, returns=Task, name="tasks")
def tasks_of_viewer(filter: TaskFilterArgument = None) -> Key[str]:
    """The caller's tasks, newest first; all tasks for an admin."""
    return Key(ALL, {"filter": filter_query(filter)})


@task.edge(Task, AIAgentById, returns=AIAgent, name="ai_agent")
def ai_agent_of_task(task: Parent[TaskRecord]) -> str | None:
    """The AI agent that runs it, if one does."""
    return task.ai_agent_id


@task.edge(Task, TeamById, returns=Team, name="team")
def team_of_task(task: Parent[TaskRecord]) -> str | None:
    """The team that runs it, if one does."""
    return task.team_id


@task.connection(AIAgent, TasksByAIAgent, returns=Task, name="tasks")
def tasks_of_ai_agent(ai_agent: Parent[AIAgentRecord], filter: TaskFilterArgument = None) -> Key[str]:
    """The tasks it was given, newest first; those of its teams are theirs."""
    return Key(ai_agent.id, {"filter": filter_query(filter)})


@task.connection(Team, TasksByTeam, returns=Task, name="tasks")
def tasks_of_team(team: Parent[TeamRecord], filter: TaskFilterArgument = None) -> Key[str]:
    """The tasks it was given, newest first."""
    return Key(team.id, {"filter": filter_query(filter)})


@strawberry.pydantic.input(description="What is to be done, and by whom: one of `aiAgentId` and `teamId`.")
class SubmitTaskInput(BaseModel):
    ai_agent_id: ID | None = Field(None, description="The AI agent that is to run it, by an id of either kind.")
    team_id: ID | None = Field(None, description="The team that is to run it, by an id of either kind.")
    input: str = Field(min_length=1, max_length=20_000, description="The text to work on.")
    title: str | None = Field(
        None, min_length=1, max_length=200, description="What to call it; unless said, as it begins."
    )
    priority: TaskPriority = Field(TaskPriority.NORMAL, description="How much it matters.")


@strawberry.pydantic.input(description="The task to cancel.")
class CancelTaskInput(BaseModel):
    id: ID = Field(description="The task's id, of either kind.")


@task.mutation(Task)
async def submit_task(info: Info, input: SubmitTaskInput) -> TaskRecord:
    """Give a task to an AI agent or to a team, all of whom must run. `taskProgress` follows it."""
    return await info.context.client(TaskClient).submit(
        input.model_dump(mode="json", exclude_none=True) | _assignee(input.ai_agent_id, input.team_id)
    )


@task.mutation(Task)
async def cancel_task(info: Info, input: CancelTaskInput) -> TaskRecord:
    """Stop a task that has not ended."""
    return await info.context.client(TaskClient).cancel(database_id(input.id, Task))


def _assignee(ai_agent_id: ID | None, team_id: ID | None) -> dict[str, object]:
    """Who runs a task, as the backend writes it."""
    match ai_agent_id, team_id:
        case str(), None:
            return {"kind": "run_agent", "ai_agent_id": database_id(ai_agent_id, AIAgent, "aiAgentId")}
        case None, str():
            return {"kind": "run_team", "team_id": database_id(team_id, Team, "teamId")}
    raise BadUserInputError("Say either who is to run it, or which team.", field=["aiAgentId"])


TaskIdArgument = Annotated[strawberry.ID, strawberry.argument(description="The task's id, of either kind.")]


@task.subscription(Task)
def task_progress(info: Info, task_id: TaskIdArgument, after: After = None) -> AsyncGenerator[Change[TaskRecord], None]:
    """A task as it stands now and every change of it from there, or from after a cursor; ends when the task ends."""
    return following(
        info.context,
        "task.progressed",
        TaskRecord,
        "task",
        database_id(task_id, Task, "taskId"),
        after=after,
        read=info.context.client(TaskClient).by_id,
        is_last=lambda task: task.status in ENDED,
    )
