"""Assignments: the tasks that AI agents run, alone or in teams, and how they work on them."""

from typing import Annotated, Final, Literal

from pydantic import Field

from backends.ai_agents import AIAgent, AIAgentKind, AIAgents, AIAgentStatus
from backends.analysis import (
    WORDS_A_MINUTE,
    counted,
    key_terms,
    long_sentences,
    sentences_of,
    shortened,
    weightiest,
    words_of,
)
from backends.authentication import Caller
from backends.document import Body, new_id, now
from backends.problem import FieldError, ProblemError, bad_input
from backends.tasks import Step, Task, TaskKind, TaskPriority, Worker
from backends.teams import Teams

PLAN: Final = "plan"
REVIEW: Final = "review"
REPORT: Final = "report"
FEWEST_WORDS: Final = 3

Id = Annotated[str, Field(min_length=1, max_length=100)]


class AssignmentError(Exception):
    """The AI agents cannot do what they were asked to."""


class Assignment(Body):
    input: Annotated[str, Field(min_length=1, max_length=20_000)]
    title: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    priority: TaskPriority = TaskPriority.NORMAL


class AgentAssignment(Assignment):
    kind: Literal[TaskKind.RUN_AGENT]
    ai_agent_id: Id


class TeamAssignment(Assignment):
    kind: Literal[TaskKind.RUN_TEAM]
    team_id: Id


class Assignments:
    """Makes the tasks of AI agents, and gives them their ends."""

    def __init__(self, agents: AIAgents, teams: Teams) -> None:
        self._agents = agents
        self._teams = teams

    def of_agent(self, asked: AgentAssignment, caller: Caller) -> Task:
        try:
            agent = self._agents.visible(asked.ai_agent_id, caller)
        except ProblemError as error:
            raise bad_input(["ai_agent_id"], error.detail, "NOT_FOUND") from error
        require_running([agent], "ai_agent_id")
        return assigned(asked, [agent], agent.owner_id, ai_agent_id=agent.id)

    def of_team(self, asked: TeamAssignment, caller: Caller) -> Task:
        try:
            team = self._teams.visible(asked.team_id, caller)
        except ProblemError as error:
            raise bad_input(["team_id"], error.detail, "NOT_FOUND") from error
        members = self._teams.members(team)
        if not members:
            raise bad_input(["team_id"], "The team has no members.")
        require_running(members, "team_id")
        return assigned(asked, members, team.owner_id, team_id=team.id)

    def complete(self, task: Task) -> None:
        """Gives a completed task its result and its AI agents the credit; call it inside a transaction."""
        task.result = report(task)
        for agent in filter(None, (self._agents.table.find(worker.ai_agent_id) for worker in task.workers)):
            agent.tasks_completed, agent.last_active_at = agent.tasks_completed + 1, now()
            self._agents.store(agent)


def require_running(agents: list[AIAgent], field: str) -> None:
    idle = [agent.name for agent in agents if agent.status is not AIAgentStatus.RUNNING]
    if idle:
        detail = f"{' and '.join(idle)} must be started first."
        raise ProblemError(
            409, detail, code="AGENT_NOT_RUNNING", errors=[FieldError([field], detail, "AGENT_NOT_RUNNING")]
        )


def work_step(agent_id: str) -> str:
    return f"work_{agent_id}"


def assigned(
    asked: AgentAssignment | TeamAssignment,
    agents: list[AIAgent],
    owner_id: str,
    *,
    ai_agent_id: str | None = None,
    team_id: str | None = None,
) -> Task:
    workers = [
        Worker(ai_agent_id=agent.id, name=agent.name, kind=agent.kind, instructions=agent.instructions)
        for agent in agents
    ]
    return Task(
        id=new_id("tsk"),
        owner_id=owner_id,
        kind=asked.kind,
        ai_agent_id=ai_agent_id,
        team_id=team_id,
        title=asked.title or shortened(" ".join(asked.input.split()), 60),
        input=asked.input,
        priority=asked.priority,
        workers=workers,
        steps=assignment_steps(workers),
    )


def assignment_steps(workers: list[Worker]) -> list[Step]:
    return [
        Step(name=PLAN, title="Read the task and plan the work"),
        *(
            Step(name=work_step(worker.ai_agent_id), title=TITLES[worker.kind].format(worker.name))
            for worker in workers
        ),
        Step(name=REVIEW, title="Check that every part is there"),
        Step(name=REPORT, title="Put the report together"),
    ]


TITLES: Final = {
    AIAgentKind.CONTENT_WRITER: "{} writes an outline",
    AIAgentKind.REVIEWER: "{} reads critically",
    AIAgentKind.RESEARCHER: "{} looks for what matters",
    AIAgentKind.ASSISTANT: "{} sums up",
}


def step_detail(task: Task, step: str) -> str:
    """What is said of a step that is taken; raises `AssignmentError` when it cannot be."""
    if step == PLAN:
        return plan(task)
    if step == REVIEW:
        return review(task)
    if step == REPORT:
        return f"A report of {counted(len(words_of(report(task))), 'word')}"
    worker = next(worker for worker in task.workers if work_step(worker.ai_agent_id) == step)
    return contribution(worker, task.input or "")[0]


def plan(task: Task) -> str:
    text = task.input or ""
    words, sentences = words_of(text), sentences_of(text)
    if len(words) < FEWEST_WORDS:
        raise AssignmentError(f"There is too little to work on: the task says {counted(len(words), 'word')}.")
    names = ", ".join(worker.name for worker in task.workers)
    return f"{counted(len(words), 'word')} in {counted(len(sentences), 'sentence')} for {names}"


def review(task: Task) -> str:
    parts = [contribution(worker, task.input or "")[1] for worker in task.workers]
    return f"{len(parts)} of {len(parts)} parts are there, {counted(sum(map(len, parts)), 'line')} in all"


def report(task: Task) -> str:
    """What the task comes to: a part from each AI agent."""
    text = task.input or ""
    minutes = max(1, round(len(words_of(text)) / WORDS_A_MINUTE))
    head = [f"# {task.title}", "", f"{plan(task)}; {counted(minutes, 'minute')} to read."]
    for worker in task.workers:
        summary, lines = contribution(worker, text)
        head += ["", f"## {worker.name}: {summary}", "", *(f"- {line}" for line in lines)]
    return "\n".join(head)


def contribution(worker: Worker, text: str) -> tuple[str, list[str]]:
    """An AI agent's part: what it comes to, and its lines."""
    return CRAFTS[worker.kind](text, worker.instructions)


def outline(text: str, instructions: str) -> tuple[str, list[str]]:
    sentences, terms = sentences_of(text), key_terms(text, instructions, 4)
    lines = [f"{term.capitalize()}: {shortened(opening(term, sentences))}" for term, _ in terms]
    return f"an outline of {counted(len(lines), 'section')}", lines or [shortened(sentences[0])]


def opening(term: str, sentences: list[str]) -> str:
    """The first sentence that speaks of a term."""
    return next(sentence for sentence in sentences if term in sentence.lower())


def research(text: str, instructions: str) -> tuple[str, list[str]]:
    terms = key_terms(text, instructions)
    lines = [f"{term}: {counted(number, 'time')}" for term, number in terms]
    return counted(len(lines), "key term"), lines or ["No term stands out."]


def critique(text: str, _instructions: str) -> tuple[str, list[str]]:
    sentences = sentences_of(text)
    words, long = words_of(text), long_sentences(sentences)
    lines = [
        f"{len(words) / len(sentences):.1f} words a sentence",
        f"{counted(len({word.lower() for word in words}), 'different word')} of {len(words)}",
        *(f"Too long: {shortened(sentence)}" for sentence in long),
    ]
    return f"{counted(len(long), 'remark')}", lines


def summary(text: str, _instructions: str) -> tuple[str, list[str]]:
    sentences = sentences_of(text)
    chosen = weightiest(sentences, 3)
    return f"{len(chosen)} of {counted(len(sentences), 'sentence')}", [shortened(line, 240) for line in chosen]


CRAFTS: Final = {
    AIAgentKind.CONTENT_WRITER: outline,
    AIAgentKind.REVIEWER: critique,
    AIAgentKind.RESEARCHER: research,
    AIAgentKind.ASSISTANT: summary,
}
