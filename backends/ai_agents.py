"""AI agents: what works for a customer. They are started before they work, and stopped."""

from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from backends.authentication import AuthenticatedCaller, Caller
from backends.document import Body, Document, Timestamp, new_id, now
from backends.jobs import Payload
from backends.problem import ProblemError, not_found
from backends.reading import answer
from backends.selection import Condition, Filter, Reads, among, containing, one_of, split
from backends.service import Service, routes
from backends.storage import Table


class AIAgentKind(StrEnum):
    CONTENT_WRITER = "content_writer"
    REVIEWER = "reviewer"
    RESEARCHER = "researcher"
    ASSISTANT = "assistant"


class AIAgentStatus(StrEnum):
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    ERROR = "error"


S = AIAgentStatus

AT_REST: Final = (S.STOPPED, S.ERROR)
AT_WORK: Final = (S.STARTING, S.RUNNING)
NEXT: Final = {S.STARTING: S.RUNNING, S.STOPPING: S.STOPPED}

DEFAULT_MODEL: Final = "llama3:8b"

Name = Annotated[str, Field(min_length=1, max_length=120)]
Description = Annotated[str, Field(max_length=2000)]
Model = Annotated[str, Field(min_length=1, max_length=120)]
Instructions = Annotated[str, Field(max_length=10_000)]
Capabilities = Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=30)]


class AIAgentChange(Body):
    """What is left out stays as it is."""

    name: Name = ""
    description: Description | None = None
    kind: AIAgentKind = AIAgentKind.ASSISTANT
    model: Model = DEFAULT_MODEL
    instructions: Instructions = ""
    capabilities: Capabilities = Field(default_factory=list)


class AIAgentDraft(AIAgentChange):
    name: Name
    kind: AIAgentKind


class AIAgent(Document):
    """`team_ids` are kept by the teams; `revision` grows with every change."""

    customer_id: str | None
    name: str
    description: str | None
    kind: AIAgentKind
    model: str
    instructions: str
    status: AIAgentStatus = S.STOPPED
    capabilities: list[str]
    team_ids: list[str] = Field(default_factory=list)
    tasks_completed: int = 0
    last_active_at: Timestamp | None = None
    revision: int = 0


class Customer(BaseModel):
    """What is read of a user's customer account."""

    id: str


class CustomerNews(Body):
    """What accounts says of a customer: there is one now, or there is none any more."""

    owner_id: Annotated[str, Field(min_length=1)]
    is_active: bool


def among_teams() -> Filter:
    """In one of the comma-separated teams."""

    def condition(text: str) -> Condition:
        is_one = one_of("team.value", split(text))
        teams = f"SELECT 1 FROM json_each(document, '$.team_ids') AS team WHERE {is_one.sql}"  # noqa: S608 -- names come from code
        return Condition(f"EXISTS ({teams})", is_one.parameters)

    return condition


class AIAgents:
    """The AI agents of the service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        columns = {name: f"TEXT $.{name}" for name in ("status", "kind", "customer_id", "name", "description")}
        self.table = Table(service.database, "ai_agents", AIAgent, columns, indexed=["customer_id"])
        service.jobs.register("turn", self.turn)
        service.expose(
            "/ai-agents",
            Reads(
                self.table,
                noun="AI agent",
                filters={
                    "status": among("status", AIAgentStatus),
                    "kind": among("kind", AIAgentKind),
                    "team_id": among_teams(),
                    "customer_id": among("customer_id"),
                    "owner_id": among("owner_id"),
                    "search": containing("name", "description"),
                },
                orders=["created_at", "updated_at", "name"],
                groups=["customer_id", "owner_id"],
            ),
        )

    async def create(self, draft: AIAgentDraft, owner_id: str) -> AIAgent:
        customer_id = await self.customer_of(owner_id)
        agent = AIAgent(id=new_id("aia"), owner_id=owner_id, customer_id=customer_id, **draft.model_dump())
        return self.commit(agent)

    async def customer_of(self, owner_id: str) -> str | None:
        """The id of the user's customer account, if they have one."""
        try:
            customer = await self._service.peers.get("accounts", "/customers/me", Customer, on_behalf_of=owner_id)
        except ProblemError as error:
            if error.status != 404:
                raise
            return None
        return customer.id

    def change(self, agent: AIAgent, change: AIAgentChange) -> AIAgent:
        given: dict[str, Any] = change.model_dump(exclude_unset=True)
        return self.commit(agent.model_copy(update=given))

    def start(self, agent: AIAgent) -> AIAgent:
        return self._move(agent, AT_REST, S.STARTING)

    def stop(self, agent: AIAgent) -> AIAgent:
        return self._move(agent, AT_WORK, S.STOPPING)

    def _move(self, agent: AIAgent, sources: tuple[AIAgentStatus, ...], target: AIAgentStatus) -> AIAgent:
        if agent.status not in sources:
            detail = f"The AI agent is {agent.status}, so it cannot be {target}."
            raise ProblemError(409, detail, code="INVALID_TRANSITION")
        with self._service.database.transaction():
            self._set(agent, target)
            self._service.jobs.add("turn", {"ai_agent_id": agent.id})
        return agent

    async def turn(self, _job: str, payload: Payload) -> None:
        """Ends what was begun: `starting` becomes `running`, `stopping` becomes `stopped`."""
        await self._service.pause()
        agent = self.table.find(payload["ai_agent_id"])
        if agent is not None and agent.status in NEXT:
            with self._service.database.transaction():
                self._set(agent, NEXT[agent.status])

    def _set(self, agent: AIAgent, status: AIAgentStatus) -> None:
        agent.status, agent.last_active_at = status, now()
        self.store(agent)
        self._service.outbox.tell("ai_agent.status_changed", "ai_agent", agent)

    def delete(self, agent: AIAgent) -> AIAgent:
        """Only one at rest; the caller takes it out of its teams in the same transaction."""
        if agent.status not in AT_REST:
            detail = f"The AI agent is {agent.status}: stop it first."
            raise ProblemError(409, detail, code="INVALID_TRANSITION")
        self.table.remove(agent.id)
        return agent

    def take_news(self, customer_id: str, news: CustomerNews) -> None:
        """A new customer has all AI agents of its user; those of one that is gone are stopped."""
        for agent in self.table.where("owner_id = ?", (news.owner_id,)):
            if news.is_active:
                agent.customer_id = customer_id
                self.commit(agent)
            elif agent.customer_id in (customer_id, None) and agent.status in AT_WORK:
                self.stop(agent)

    def store(self, agent: AIAgent) -> None:
        """Call it inside a transaction."""
        agent.revision += 1
        self.table.put(agent)

    def commit(self, agent: AIAgent) -> AIAgent:
        with self._service.database.transaction():
            self.store(agent)
        return agent

    def visible(self, agent_id: str, caller: Caller) -> AIAgent:
        agent = self.table.find(agent_id)
        if agent is None or not caller.may_see(agent.owner_id):
            raise not_found("AI agent", agent_id)
        return agent


router = routes()


async def ai_agents_of(request: Request) -> AIAgents:
    found: AIAgents = request.app.state.service.ai_agents
    return found


ServingAIAgents = Annotated[AIAgents, Depends(ai_agents_of)]


@router.post("/ai-agents", status_code=201, response_model=AIAgent)
async def create_ai_agent(draft: AIAgentDraft, caller: AuthenticatedCaller, agents: ServingAIAgents) -> Response:
    return answer(await agents.create(draft, caller.require_user()), 201)


@router.patch("/ai-agents/{agent_id}", response_model=AIAgent)
async def change_ai_agent(
    agent_id: str, change: AIAgentChange, caller: AuthenticatedCaller, agents: ServingAIAgents
) -> Response:
    return answer(agents.change(agents.visible(agent_id, caller), change))


@router.post("/ai-agents/{agent_id}/start", response_model=AIAgent)
async def start_ai_agent(agent_id: str, caller: AuthenticatedCaller, agents: ServingAIAgents) -> Response:
    return answer(agents.start(agents.visible(agent_id, caller)))


@router.post("/ai-agents/{agent_id}/stop", response_model=AIAgent)
async def stop_ai_agent(agent_id: str, caller: AuthenticatedCaller, agents: ServingAIAgents) -> Response:
    return answer(agents.stop(agents.visible(agent_id, caller)))
