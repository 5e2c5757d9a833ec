"""Teams: AI agents that work on one task together."""

from datetime import datetime
from typing import Annotated

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.graph import (
    ALL,
    ID,
    AnyId,
    ById,
    Info,
    Key,
    Node,
    Pages,
    Parent,
    Query,
    Subgraph,
    database_id,
    described,
    filter_query,
)
from clients.ai_agent import AIAgentRecord, TeamClient, TeamRecord
from resolvers.account import Viewer
from resolvers.ai_agent import AIAgent, AIAgentById

team = Subgraph("team")


class TeamById(ById[TeamRecord]):
    collection = TeamClient


class Teams(Pages[TeamRecord]):
    collection = TeamClient


@team.type(TeamRecord, by_id=TeamById)
class Team(Node):
    """AI agents that work on one task together."""

    name: str = described("What it is called.")
    description: str | None = described("What it is for.")
    created_at: datetime = described("When it was made.")
    updated_at: datetime = described("When it was last changed.")


@strawberry.pydantic.input(description="Which teams.")
class TeamFilter(BaseModel):
    search: str | None = Field(None, max_length=200, description="With this in the name or the description.")


TeamFilterArgument = Annotated[TeamFilter | None, strawberry.argument(description="Which teams.")]


def teams_key(parent: str, filter: TeamFilter | None) -> Key[str]:
    """The key of a list of teams."""
    return Key(parent, {"filter": filter_query(filter)})


@team.edge(Query, TeamById, returns=Team, must_exist=True, name="team")
def team_by_id(id: AnyId) -> str:
    """One of the caller's teams."""
    return database_id(id, Team)


@team.connection(Query, Teams, returns=Team)
def teams(filter: TeamFilterArgument = None) -> Key[str]:
    """The caller's teams, newest first; everybody's for an admin."""
    return teams_key(ALL, filter)


@team.connection(Viewer, Teams, returns=Team, name="teams")
def teams_of_viewer(filter: TeamFilterArgument = None) -> Key[str]:
    """The caller's teams, newest first; everybody's for an admin."""
    return teams_key(ALL, filter)


@team.edge(Team, AIAgentById, returns=AIAgent, many=True)
def members(team: Parent[TeamRecord]) -> list[str]:
    """Who is in it, in the order they work."""
    return team.ai_agent_ids


@team.edge(Team, AIAgentById, returns=AIAgent)
def lead(team: Parent[TeamRecord]) -> str | None:
    """Who leads it, if anybody does."""
    return team.lead_ai_agent_id


@team.edge(AIAgent, TeamById, returns=Team, many=True, name="teams")
def teams_of_ai_agent(ai_agent: Parent[AIAgentRecord]) -> list[str]:
    """The teams it is in."""
    return ai_agent.team_ids


@strawberry.pydantic.input(description="A team to make.")
class CreateTeamInput(BaseModel):
    name: str = Field(min_length=1, max_length=120, description="What to call it.")
    description: str | None = Field(None, max_length=2000, description="What it is for.")
    ai_agent_ids: list[ID] = Field(
        default_factory=list, max_length=20, description="Who is in it, by ids of either kind, in the order they work."
    )
    lead_ai_agent_id: ID | None = Field(None, description="Who leads it: one of its members, by an id of either kind.")


@strawberry.pydantic.input(description="What to change of a team; what is left out stays.")
class UpdateTeamInput(BaseModel):
    id: ID = Field(description="The team's id, of either kind.")
    name: str | None = Field(None, min_length=1, max_length=120, description="What to call it.")
    description: str | None = Field(None, max_length=2000, description="What it is for; null removes it.")
    ai_agent_ids: list[ID] | None = Field(
        None, max_length=20, description="Who is in it from now on; a lead who is left out leads no more."
    )
    lead_ai_agent_id: ID | None = Field(None, description="Who leads it: one of its members; null for nobody.")


@strawberry.pydantic.input(description="The team to delete.")
class DeleteTeamInput(BaseModel):
    id: ID = Field(description="The team's id, of either kind.")


def _facts(input: CreateTeamInput | UpdateTeamInput) -> dict[str, object]:
    """What is said of a team, its AI agents by the backend's ids."""
    facts = input.model_dump(mode="json", exclude_unset=True, exclude={"id"})
    if facts.get("ai_agent_ids") is not None:
        facts["ai_agent_ids"] = [database_id(id, AIAgent, "aiAgentIds") for id in facts["ai_agent_ids"]]
    if facts.get("lead_ai_agent_id") is not None:
        facts["lead_ai_agent_id"] = database_id(facts["lead_ai_agent_id"], AIAgent, "leadAiAgentId")
    return facts


@team.mutation(Team)
async def create_team(info: Info, input: CreateTeamInput) -> TeamRecord:
    """Make a team of the caller's AI agents."""
    return await info.context.client(TeamClient).create(_facts(input))


@team.mutation(Team)
async def update_team(info: Info, input: UpdateTeamInput) -> TeamRecord:
    """Change a team, or who is in it."""
    return await info.context.client(TeamClient).update(database_id(input.id, Team), _facts(input))


@team.mutation(Team)
async def delete_team(info: Info, input: DeleteTeamInput) -> TeamRecord:
    """Dissolve a team. Its AI agents and its tasks stay."""
    return await info.context.client(TeamClient).delete(database_id(input.id, Team))
