"""Agents: AI agents, their teams, and tasks. What a task does is in `writing` and `assignments`."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Final, TypeAlias

import httpx
from fastapi import Body
from pydantic import Discriminator, Tag
from starlette.responses import Response

from backends import ai_agents, chat, teams
from backends.ai_agents import AIAgents
from backends.assignments import AgentAssignment, AssignmentError, Assignments, TeamAssignment, step_detail
from backends.authentication import AuthenticatedCaller, Caller
from backends.chat import Chat
from backends.copywriting import ListingFacts
from backends.document import new_id
from backends.jobs import Payload
from backends.notices import EntityType, Notice, NoticeType
from backends.problem import ProblemError, bad_input, not_found
from backends.reading import answer
from backends.selection import Reads, among
from backends.service import Service, Serving, routes
from backends.settings import BackendSettings
from backends.storage import Table
from backends.tasks import ASSIGNED, PUBLISH, Task, TaskKind, TaskPriority, TaskRequest, TaskStatus, planned_steps
from backends.teams import Teams
from backends.writing import Desk, WritingError

PARENTS: Final = ("listing_id", "ai_agent_id", "team_id")

WRITING: Final = "writing"


def kind_of(asked: object) -> str:
    """Which of the shapes of a request is meant; what names none is taken for a piece of writing."""
    kind = asked.get("kind") if isinstance(asked, dict) else getattr(asked, "kind", None)
    return kind if kind in ASSIGNED else WRITING


Asked: TypeAlias = Annotated[
    Annotated[TaskRequest, Tag(WRITING)]
    | Annotated[AgentAssignment, Tag(TaskKind.RUN_AGENT)]
    | Annotated[TeamAssignment, Tag(TaskKind.RUN_TEAM)],
    Discriminator(kind_of),
]

router = routes()


class AgentService(Service):
    name = "agents"
    routers = (router, ai_agents.router, chat.router, teams.router)

    def __init__(self, settings: BackendSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings, http)
        self.tasks = Table(
            self.database,
            "tasks",
            Task,
            {name: f"TEXT $.{name}" for name in ("status", "kind", "priority", *PARENTS)},
            indexed=PARENTS,
        )
        self.ai_agents = AIAgents(self)
        self.teams = Teams(self, self.ai_agents)
        self.chat = Chat(self)
        self.assignments = Assignments(self.ai_agents, self.teams)
        self.desk = Desk(self.database, self.peers)
        self.jobs.register("run", self.run)
        self.jobs.register("give_back", self.give_back)
        self.expose(
            "/tasks",
            Reads(
                self.tasks,
                noun="task",
                filters={
                    "status": among("status", TaskStatus),
                    "kind": among("kind", TaskKind),
                    "priority": among("priority", TaskPriority),
                    **{parent: among(parent) for parent in PARENTS},
                },
                orders=["created_at", "updated_at"],
                groups=PARENTS,
            ),
        )

    def store(self, task: Task) -> None:
        """Stores a change and tells of it; call it inside a transaction."""
        task.revision += 1
        self.tasks.put(task)
        self.outbox.tell("task.progressed", "task", task)

    async def create(self, asked: Asked, caller: Caller) -> Task:
        """Queues a task, if the caller may see what it is for."""
        match asked:
            case AgentAssignment():
                task = self.assignments.of_agent(asked, caller)
            case TeamAssignment():
                task = self.assignments.of_team(asked, caller)
            case TaskRequest():
                task = await self.writing(asked, caller)
        with self.database.transaction():
            self.store(task)
            self.jobs.add("run", {"task_id": task.id})
        return task

    async def writing(self, request: TaskRequest, caller: Caller) -> Task:
        """A task for the owner of the listing."""
        if request.kind is TaskKind.REVISE_CONTENT:
            caller.require_service()
        listing = await self.listing(request.listing_id, caller)
        return Task(
            id=new_id("tsk"),
            owner_id=listing.owner_id,
            agent_id=listing.agent_id,
            kind=request.kind,
            listing_id=listing.id,
            content_types=request.content_types,
            content_ids=[request.content_id] if request.content_id else [],
            feedback=request.feedback,
            edition=request.edition,
            steps=planned_steps(request.content_types),
        )

    async def listing(self, listing_id: str, caller: Caller) -> ListingFacts:
        try:
            return await self.desk.look_up(listing_id, caller.sees_only)
        except ProblemError as error:
            if error.status != 404:
                raise
            raise bad_input(["listing_id"], f"There is no listing {listing_id}.", "NOT_FOUND") from error

    async def run(self, _job: str, payload: Payload) -> None:
        """Takes step after step until the task is finished, whoever finishes it."""
        while (task := self.unfinished(payload["task_id"])) is not None:
            task.begin_step()
            self.commit(task)
            try:
                detail = await self.take_step(task)
            except (AssignmentError, WritingError, ProblemError) as error:
                self.change(task.id, partial(Task.fail, error=str(error)))
            else:
                await self.pause()
                self.change(task.id, partial(Task.complete_step, detail=detail))
        self.desk.clear(payload["task_id"])

    async def take_step(self, task: Task) -> str:
        step = task.current_step
        if step is not None and task.kind in ASSIGNED:
            return step_detail(task, step.name)
        if step is None or step.name == PUBLISH:
            return await self.publish(task)
        return await self.desk.work_on(task, step.name)

    async def publish(self, task: Task) -> str:
        for kind in task.content_types:
            if self.unfinished(task.id) is not None:
                self.record(task.id, await self.desk.hand_over(task, kind))
        return "The drafts wait for your approval"

    def record(self, task_id: str, content_id: str) -> None:
        """Content that was handed over is shown, even when the task was cancelled meanwhile."""
        task = self.tasks.find(task_id)
        if task is not None and content_id not in task.content_ids:
            task.content_ids.append(content_id)
            self.commit(task)

    def unfinished(self, task_id: str) -> Task | None:
        """The task as it is stored now: it may have been cancelled while a step was waiting."""
        task = self.tasks.find(task_id)
        return None if task is None or task.is_finished else task

    def change(self, task_id: str, change: Callable[[Task], None]) -> None:
        task = self.unfinished(task_id)
        if task is not None:
            change(task)
            self.finish(task) if task.is_finished else self.commit(task)

    def commit(self, task: Task) -> None:
        with self.database.transaction():
            self.store(task)

    def finish(self, task: Task) -> None:
        """Stores the end of a task, with what follows from it."""
        with self.database.transaction():
            if task.kind in ASSIGNED and task.status is TaskStatus.COMPLETED:
                self.assignments.complete(task)
            self.store(task)
            if task.kind is TaskKind.REVISE_CONTENT and task.status is not TaskStatus.COMPLETED:
                self.jobs.add("give_back", {"content_id": task.content_ids[0]})
            if task.status is not TaskStatus.CANCELLED:
                self.notify(outcome(task))

    async def give_back(self, job: str, payload: Payload) -> None:
        await self.desk.give_back(payload["content_id"], job)

    def cancel(self, task_id: str, caller: Caller) -> Task:
        task = self.tasks.find(task_id)
        if task is None or not caller.may_see(task.owner_id):
            raise not_found("task", task_id)
        if task.is_finished:
            raise ProblemError(409, f"The task is {task.status} already.", code="INVALID_TRANSITION")
        task.cancel()
        self.finish(task)
        return task


def outcome(task: Task) -> Notice:
    if task.status is TaskStatus.FAILED:
        return Notice(
            owner_id=task.owner_id,
            type=NoticeType.TASK_FAILED,
            title="A task has failed",
            message=task.error or "",
            related_entity_type=EntityType.TASK,
            related_entity_id=task.id,
        )
    if task.kind in ASSIGNED:
        return Notice(
            owner_id=task.owner_id,
            type=NoticeType.SYSTEM,
            title="A task is done",
            message=f"“{task.title}” has its result.",
            related_entity_type=EntityType.TASK,
            related_entity_id=task.id,
        )
    drafts = "A draft waits" if len(task.content_ids) == 1 else f"{len(task.content_ids)} drafts wait"
    return Notice(
        owner_id=task.owner_id,
        type=NoticeType.CONTENT_READY,
        title="Your content is ready",
        message=f"{drafts} for your approval.",
        related_entity_type=EntityType.TASK,
        related_entity_id=task.id,
    )


ServingAgents = Annotated[AgentService, Serving]


@router.post("/tasks", status_code=202, response_model=Task)
async def create_task(asked: Annotated[Asked, Body()], caller: AuthenticatedCaller, service: ServingAgents) -> Response:
    return answer(await service.create(asked, caller), 202)


@router.delete("/tasks/{task_id}", response_model=Task)
async def cancel_task(task_id: str, caller: AuthenticatedCaller, service: ServingAgents) -> Response:
    return answer(service.cancel(task_id, caller))
