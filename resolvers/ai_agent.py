"""AI agents: what works on the caller's tasks."""

from collections.abc import AsyncGenerator
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

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
    Order,
    Pages,
    Query,
    Subgraph,
    database_id,
    described,
    filter_query,
    following,
    order_text,
    value,
)
from clients.ai_agent import AIAgentClient, AIAgentRecord
from resolvers.account import Viewer

ai_agent = Subgraph("ai_agent")


class AIAgentById(ById[AIAgentRecord]):
    collection = AIAgentClient


class AIAgents(Pages[AIAgentRecord]):
    collection = AIAgentClient


@strawberry.enum(description="What an AI agent is good at.")
class AIAgentKind(Enum):
    CONTENT_WRITER = value("content_writer", "Makes an outline and a draft.")
    REVIEWER = value("reviewer", "Reads critically: length, sentences, repetition.")
    RESEARCHER = value("researcher", "Finds the terms that matter, and where they stand.")
    ASSISTANT = value("assistant", "Sums up.")


@strawberry.enum(description="Where an AI agent stands.")
class AIAgentStatus(Enum):
    STOPPED = value("stopped", "At rest.")
    STARTING = value("starting", "About to run.")
    RUNNING = value("running", "Takes tasks.")
    STOPPING = value("stopping", "About to rest.")
    ERROR = value("error", "Has failed; `startAiAgent` tries again.")


@strawberry.enum(description="What AI agents can be ordered by.")
class AIAgentOrderField(Enum):
    CREATED_AT = value("created_at", "When the AI agent was made.")
    UPDATED_AT = value("updated_at", "When it was last changed.")
    NAME = value("name", "The name.")


@ai_agent.type(AIAgentRecord, by_id=AIAgentById)
class AIAgent(Node):
    """Software that works on tasks by itself, alone or in teams."""

    name: str = described("What it is called.")
    description: str | None = described("What it is for.")
    kind: AIAgentKind = described("What it is good at.")
    model: str = described("The language model it works with.")
    instructions: str = described("What it keeps in mind with every task.")
    status: AIAgentStatus = described("Where it stands.")
    capabilities: list[str] = described("What it can do, in words.")
    tasks_completed: int = described("How many tasks it has completed, alone or in teams.")
    last_active_at: datetime | None = described("When it last worked, started or stopped.")
    revision: int = described("Grows with every change.")
    created_at: datetime = described("When it was made.")
    updated_at: datetime = described("When it was last changed.")


@strawberry.pydantic.input(description="Which AI agents; conditions add up.")
class AIAgentFilter(BaseModel):
    status: list[AIAgentStatus] | None = Field(None, description="In one of these states.")
    kind: list[AIAgentKind] | None = Field(None, description="Of one of these kinds.")
    search: str | None = Field(None, max_length=200, description="With this in the name or the description.")


AIAgentFilterArgument = Annotated[AIAgentFilter | None, strawberry.argument(description="Which AI agents.")]
AIAgentOrder = Annotated[
    Order[AIAgentOrderField] | None, strawberry.argument(description="In which order; newest first.")
]


def ai_agents_key(parent: str, filter: AIAgentFilter | None, order_by: Order[AIAgentOrderField] | None) -> Key[str]:
    """The key of a list of AI agents."""
    return Key(parent, {"filter": filter_query(filter), "order": order_text(order_by)})


@ai_agent.edge(Query, AIAgentById, returns=AIAgent, must_exist=True, name="ai_agent")
def ai_agent_by_id(id: AnyId) -> str:
    """One of the caller's AI agents."""
    return database_id(id, AIAgent)


@ai_agent.connection(Query, AIAgents, returns=AIAgent)
def ai_agents(filter: AIAgentFilterArgument = None, order_by: AIAgentOrder = None) -> Key[str]:
    """The caller's AI agents; everybody's for an admin."""
    return ai_agents_key(ALL, filter, order_by)


@ai_agent.connection(Viewer, AIAgents, returns=AIAgent, name="ai_agents")
def ai_agents_of_viewer(filter: AIAgentFilterArgument = None, order_by: AIAgentOrder = None) -> Key[str]:
    """The caller's AI agents; everybody's for an admin."""
    return ai_agents_key(ALL, filter, order_by)


@strawberry.pydantic.input(description="An AI agent to make.")
class CreateAiAgentInput(BaseModel):
    name: str = Field(min_length=1, max_length=120, description="What to call it.")
    description: str | None = Field(None, max_length=2000, description="What it is for.")
    kind: AIAgentKind = Field(description="What it is good at.")
    model: str | None = Field(
        None, min_length=1, max_length=120, description="The language model it works with; the platform's unless said."
    )
    instructions: str | None = Field(None, max_length=10_000, description="What it is to keep in mind.")
    capabilities: list[str] | None = Field(None, max_length=30, description="What it can do, in words.")


@strawberry.pydantic.input(description="What to change of an AI agent; what is left out stays.")
class UpdateAiAgentInput(BaseModel):
    id: ID = Field(description="The AI agent's id, of either kind.")
    name: str | None = Field(None, min_length=1, max_length=120, description="What to call it.")
    description: str | None = Field(None, max_length=2000, description="What it is for; null removes it.")
    kind: AIAgentKind | None = Field(None, description="What it is good at.")
    model: str | None = Field(None, min_length=1, max_length=120, description="The language model it works with.")
    instructions: str | None = Field(None, max_length=10_000, description="What it is to keep in mind.")
    capabilities: list[str] | None = Field(None, max_length=30, description="What it can do, in words.")


@strawberry.pydantic.input(description="The AI agent to delete.")
class DeleteAiAgentInput(BaseModel):
    id: ID = Field(description="The AI agent's id, of either kind.")


@strawberry.pydantic.input(description="The AI agent to start.")
class StartAiAgentInput(BaseModel):
    id: ID = Field(description="The AI agent's id, of either kind.")


@strawberry.pydantic.input(description="The AI agent to stop.")
class StopAiAgentInput(BaseModel):
    id: ID = Field(description="The AI agent's id, of either kind.")


@ai_agent.mutation(AIAgent)
async def create_ai_agent(info: Info, input: CreateAiAgentInput) -> AIAgentRecord:
    """Make an AI agent. It is stopped; `startAiAgent` starts it."""
    return await info.context.client(AIAgentClient).create(input.model_dump(mode="json", exclude_none=True))


@ai_agent.mutation(AIAgent)
async def update_ai_agent(info: Info, input: UpdateAiAgentInput) -> AIAgentRecord:
    """Change an AI agent. Tasks that it has begun go on as they were begun."""
    changes = input.model_dump(mode="json", exclude_unset=True, exclude={"id"})
    return await info.context.client(AIAgentClient).update(database_id(input.id, AIAgent), changes)


@ai_agent.mutation(AIAgent)
async def delete_ai_agent(info: Info, input: DeleteAiAgentInput) -> AIAgentRecord:
    """Delete an AI agent at rest, which leaves its teams by it. Its tasks stay."""
    return await info.context.client(AIAgentClient).delete(database_id(input.id, AIAgent))


@ai_agent.mutation(AIAgent)
async def start_ai_agent(info: Info, input: StartAiAgentInput) -> AIAgentRecord:
    """Start an AI agent that is stopped or has failed: it is `STARTING`, then `RUNNING`."""
    return await info.context.client(AIAgentClient).start(database_id(input.id, AIAgent))


@ai_agent.mutation(AIAgent)
async def stop_ai_agent(info: Info, input: StopAiAgentInput) -> AIAgentRecord:
    """Stop an AI agent: it is `STOPPING`, then `STOPPED`. Tasks that it has begun go on to their end."""
    return await info.context.client(AIAgentClient).stop(database_id(input.id, AIAgent))


@ai_agent.subscription(AIAgent)
def ai_agent_status(info: Info, id: AnyId, after: After = None) -> AsyncGenerator[Change[AIAgentRecord], None]:
    """An AI agent as it stands now and every change of its status from there, or from after a cursor."""
    return following(
        info.context,
        "ai_agent.status_changed",
        AIAgentRecord,
        "ai_agent",
        database_id(id, AIAgent),
        after=after,
        read=info.context.client(AIAgentClient).by_id,
    )
