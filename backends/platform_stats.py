"""Platform statistics: how much there is of everything, for admins, as the services that own it count."""

import asyncio
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from backends.ai_agents import AIAgentStatus
from backends.analytics.totals import count
from backends.authentication import AuthenticatedCaller
from backends.document import Answered
from backends.peers import Peers
from backends.problem import ProblemError
from backends.reading import answer_read
from backends.service import Service, routes
from backends.tasks import TaskStatus


class AIAgentCount(Answered):
    total: int
    running: int


class StatusCount(Answered):
    status: TaskStatus
    count: int


class TaskCount(Answered):
    total: int
    by_status: list[StatusCount]


class PlatformStats(Answered):
    users: int
    customers: int
    ai_agents: AIAgentCount
    teams: int
    tasks: TaskCount
    listings: int
    characters: int
    contents: int
    posts: int
    social_accounts: int


TOTALS: Final = {
    "users": ("accounts", "/users"),
    "customers": ("accounts", "/customers"),
    "teams": ("agents", "/teams"),
    "listings": ("listings", "/listings"),
    "characters": ("characters", "/characters"),
    "contents": ("content", "/content"),
    "posts": ("publishing", "/posts"),
    "social_accounts": ("social", "/accounts"),
}


async def platform_stats(peers: Peers) -> PlatformStats:
    ai_agents, tasks, totals = await asyncio.gather(
        ai_agent_count(peers),
        task_count(peers),
        asyncio.gather(*(count(peers, service, path, None) for service, path in TOTALS.values())),
    )
    counted: dict[str, Any] = dict(zip(TOTALS, totals, strict=True))
    return PlatformStats(ai_agents=ai_agents, tasks=tasks, **counted)


async def ai_agent_count(peers: Peers) -> AIAgentCount:
    total, running = await asyncio.gather(
        count(peers, "agents", "/ai-agents", None),
        count(peers, "agents", "/ai-agents", None, status=AIAgentStatus.RUNNING),
    )
    return AIAgentCount(total=total, running=running)


async def task_count(peers: Peers) -> TaskCount:
    statuses = list(TaskStatus)
    counts = await asyncio.gather(*(count(peers, "agents", "/tasks", None, status=status) for status in statuses))
    by_status = [StatusCount(status=status, count=number) for status, number in zip(statuses, counts, strict=True)]
    return TaskCount(total=sum(counts), by_status=by_status)


router = routes()


@router.get("/platform/stats", response_model=PlatformStats)
async def read_platform_stats(request: Request, caller: AuthenticatedCaller) -> Response:
    if not (caller.is_admin or caller.is_service):
        raise ProblemError(403, "The platform's statistics are for admins.")
    service: Service = request.app.state.service
    return answer_read(request, (await platform_stats(service.peers)).model_dump_json().encode())
