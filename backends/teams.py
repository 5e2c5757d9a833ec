"""Teams: AI agents that work on one task together."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backends.ai_agents import AIAgent, AIAgents, CustomerNews, Description, Name, ServingAIAgents
from backends.authentication import AuthenticatedCaller, Caller
from backends.document import Body, Document, new_id
from backends.problem import FieldError, ProblemError, bad_input, not_found
from backends.reading import answer
from backends.selection import Reads, among, containing
from backends.service import Service, routes
from backends.storage import Table

MOST_MEMBERS: Final = 20

Id = Annotated[str, Field(min_length=1, max_length=100)]
Members = Annotated[list[Id], Field(max_length=MOST_MEMBERS)]


class TeamChange(Body):
    """What is left out stays as it is."""

    name: Name = ""
    description: Description | None = None
    ai_agent_ids: Members = Field(default_factory=list)
    lead_ai_agent_id: Id | None = None


class TeamDraft(TeamChange):
    name: Name


class MembersChange(Body):
    ai_agent_ids: Members


class Team(Document):
    customer_id: str | None
    name: str
    description: str | None
    ai_agent_ids: list[str]
    lead_ai_agent_id: str | None


class Teams:
    """The teams of the service."""

    def __init__(self, service: Service, agents: AIAgents) -> None:
        self._service = service
        self._agents = agents
        columns = {name: f"TEXT $.{name}" for name in ("customer_id", "name", "description")}
        self.table = Table(service.database, "teams", Team, columns, indexed=["customer_id"])
        service.expose(
            "/teams",
            Reads(
                self.table,
                noun="team",
                filters={
                    "customer_id": among("customer_id"),
                    "owner_id": among("owner_id"),
                    "search": containing("name", "description"),
                },
                orders=["created_at", "updated_at", "name"],
                groups=["customer_id", "owner_id"],
            ),
        )

    async def create(self, draft: TeamDraft, owner_id: str) -> Team:
        customer_id = await self._agents.customer_of(owner_id)
        team = Team(id=new_id("tea"), owner_id=owner_id, customer_id=customer_id, **draft.model_dump())
        return self.commit(team, before=[])

    def change(self, team: Team, change: TeamChange | MembersChange) -> Team:
        """A lead who is no member any more leads no more; one who never was is refused."""
        changed = team.model_copy(update=change.model_dump(exclude_unset=True))
        if "lead_ai_agent_id" not in change.model_fields_set and changed.lead_ai_agent_id not in changed.ai_agent_ids:
            changed.lead_ai_agent_id = None
        return self.commit(changed, before=team.ai_agent_ids)

    def commit(self, team: Team, before: Sequence[str]) -> Team:
        """Stores a team, and with its members that they are; `before` is who was one until now."""
        team.ai_agent_ids = list(dict.fromkeys(team.ai_agent_ids))
        with self._service.database.transaction():
            self._check(team)
            self.table.put(team)
            self._enrol(team.id, before, team.ai_agent_ids)
        return team

    def _check(self, team: Team) -> None:
        """Members are AI agents of the team's owner, and the lead is one of them."""
        unknown = [
            FieldError(["ai_agent_ids", str(position)], f"There is no AI agent {id}.", "NOT_FOUND")
            for position, id in enumerate(team.ai_agent_ids)
            if (agent := self._agents.table.find(id)) is None or agent.owner_id != team.owner_id
        ]
        if unknown:
            raise ProblemError(422, unknown[0].message, errors=unknown)
        if team.lead_ai_agent_id is not None and team.lead_ai_agent_id not in team.ai_agent_ids:
            raise bad_input(["lead_ai_agent_id"], "The lead must be a member of the team.")

    def _enrol(self, team_id: str, before: Sequence[str], after: Sequence[str]) -> None:
        for id in dict.fromkeys([*before, *after]):
            agent = self._agents.table.find(id)
            if agent is not None and (id in after) != (team_id in agent.team_ids):
                agent.team_ids = [known for known in agent.team_ids if known != team_id]
                agent.team_ids += [team_id] if id in after else []
                self._agents.store(agent)

    def delete(self, team: Team) -> Team:
        with self._service.database.transaction():
            self.table.remove(team.id)
            self._enrol(team.id, team.ai_agent_ids, [])
        return team

    def dismiss(self, agent: AIAgent) -> AIAgent:
        """Deletes an AI agent, which leaves its teams by it."""
        with self._service.database.transaction():
            for team in filter(None, map(self.table.find, agent.team_ids)):
                team.ai_agent_ids.remove(agent.id)
                if team.lead_ai_agent_id == agent.id:
                    team.lead_ai_agent_id = None
                self.table.put(team)
            return self._agents.delete(agent)

    def members(self, team: Team) -> list[AIAgent]:
        return list(filter(None, map(self._agents.table.find, team.ai_agent_ids)))

    def take_customer(self, customer_id: str, owner_id: str) -> None:
        """A new customer has all teams of its user."""
        for team in self.table.where("owner_id = ?", (owner_id,)):
            team.customer_id = customer_id
            with self._service.database.transaction():
                self.table.put(team)

    def visible(self, team_id: str, caller: Caller) -> Team:
        team = self.table.find(team_id)
        if team is None or not caller.may_see(team.owner_id):
            raise not_found("team", team_id)
        return team


router = routes()


async def teams_of(request: Request) -> Teams:
    found: Teams = request.app.state.service.teams
    return found


ServingTeams = Annotated[Teams, Depends(teams_of)]


@router.post("/teams", status_code=201, response_model=Team)
async def create_team(draft: TeamDraft, caller: AuthenticatedCaller, teams: ServingTeams) -> Response:
    return answer(await teams.create(draft, caller.require_user()), 201)


@router.patch("/teams/{team_id}", response_model=Team)
async def change_team(team_id: str, change: TeamChange, caller: AuthenticatedCaller, teams: ServingTeams) -> Response:
    return answer(teams.change(teams.visible(team_id, caller), change))


@router.put("/teams/{team_id}/members", response_model=Team)
async def change_members(
    team_id: str, change: MembersChange, caller: AuthenticatedCaller, teams: ServingTeams
) -> Response:
    return answer(teams.change(teams.visible(team_id, caller), change))


@router.delete("/teams/{team_id}", response_model=Team)
async def delete_team(team_id: str, caller: AuthenticatedCaller, teams: ServingTeams) -> Response:
    return answer(teams.delete(teams.visible(team_id, caller)))


@router.delete("/ai-agents/{agent_id}", response_model=AIAgent)
async def delete_ai_agent(
    agent_id: str, caller: AuthenticatedCaller, agents: ServingAIAgents, teams: ServingTeams
) -> Response:
    return answer(teams.dismiss(agents.visible(agent_id, caller)))


@router.put("/customers/{customer_id}")
async def take_customer_news(
    customer_id: str, news: CustomerNews, caller: AuthenticatedCaller, agents: ServingAIAgents, teams: ServingTeams
) -> Response:
    """For accounts, which says that there is a customer now or none any more; it may say so twice."""
    caller.require_service()
    agents.take_news(customer_id, news)
    if news.is_active:
        teams.take_customer(customer_id, news.owner_id)
    return Response("{}", media_type="application/json")
