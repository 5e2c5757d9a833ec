"""The tasks that the AI agents of the sample data have run."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from backends.assignments import assignment_steps, report, step_detail
from backends.sample.ai_agents import CHRIS, MARIA, TEAMS, Worker, team_id, workers_of
from backends.sample.seed import moment, sample_id
from backends.tasks import Step, StepStatus, Task, TaskKind, TaskPriority, TaskStatus
from backends.tasks import Worker as Assignee

P: Final = TaskPriority
S: Final = TaskStatus

ZILKER: Final = (
    "Zilker is ten minutes from downtown. The park is the reason people come, and the springs are the reason they "
    "stay. Bungalows of the thirties stand next to new houses of glass. Schools are good, parking is not. Prices "
    "have risen for six years and rest now."
)
OPEN_HOUSE: Final = (
    "The open house on Saturday begins at ten. Please write to everybody who saw the house in March. Mention the new "
    "roof, the garden and the price. The garden matters most: the roses are out."
)
COAST: Final = (
    "Three homes on the cliff came to the market this week. Two of them have a view of the water, one has a garden. "
    "Tell the buyers on the list about the view first. The fees of the association went up in May."
)
GIVEN: Final = (
    (CHRIS, "Ada", "What Zilker is known for", ZILKER, P.NORMAL, S.COMPLETED),
    (CHRIS, "Bo", "Outline for the open house", OPEN_HOUSE, P.HIGH, S.COMPLETED),
    (CHRIS, "Listing launch", "Zilker, from facts to draft", ZILKER, P.HIGH, S.COMPLETED),
    (CHRIS, "Echo", "Spring letter", OPEN_HOUSE, P.NORMAL, S.CANCELLED),
    (MARIA, "Hugo", "Check the cliff homes", COAST, P.LOW, S.COMPLETED),
    (MARIA, "Coast desk", "The week on the coast", COAST, P.NORMAL, S.COMPLETED),
)


def sample_assignments() -> Iterator[Task]:
    for number, (email, assignee, title, text, priority, status) in enumerate(GIVEN):
        team = next((names for owner, name, _, names, _ in TEAMS if (owner, name) == (email, assignee)), None)
        workers = workers_of(email, team or (assignee,))
        started_at = moment(days=45 - 3 * number)
        task = Task(
            id=sample_id("tsk", f"{email} {title}"),
            owner_id=sample_id("usr", email),
            kind=TaskKind.RUN_TEAM if team else TaskKind.RUN_AGENT,
            ai_agent_id=None if team else workers[0].id,
            team_id=team_id(email, assignee) if team else None,
            title=title,
            input=text,
            priority=priority,
            workers=[assignee_of(worker) for worker in workers],
            steps=[],
            started_at=started_at,
            created_at=started_at,
            updated_at=started_at,
        )
        task.steps = assignment_steps(task.workers)
        yield ended(task, status, started_at)


def assignee_of(worker: Worker) -> Assignee:
    return Assignee(ai_agent_id=worker.id, name=worker.name, kind=worker.kind, instructions=worker.instructions)


def ended(task: Task, status: TaskStatus, started_at: datetime) -> Task:
    """The task with every step taken, or none when it was cancelled."""
    is_completed = status is S.COMPLETED
    for number, step in enumerate(task.steps):
        take(step, step_detail(task, step.name) if is_completed else None, started_at + timedelta(seconds=20 * number))
    task.status, task.progress = status, 100 if is_completed else 0
    task.result = report(task) if is_completed else None
    task.revision = 2 * len(task.steps) + 1 if is_completed else 2
    task.finished_at = task.updated_at = started_at + timedelta(seconds=20 * len(task.steps))
    return task


def take(step: Step, detail: str | None, started_at: datetime) -> None:
    step.status = StepStatus.SKIPPED if detail is None else StepStatus.COMPLETED
    step.detail, step.finished_at = detail, started_at + timedelta(seconds=18)
    step.started_at = None if detail is None else started_at
