"""The analytics backend, as far as it counts what is on the platform."""

from typing import ClassVar

from app.rest import Client, Record, Service


class AIAgentStatsRecord(Record, frozen=True, kw_only=True):
    total: int
    running: int


class TaskStatusCountRecord(Record, frozen=True, kw_only=True):
    status: str
    count: int


class TaskStatsRecord(Record, frozen=True, kw_only=True):
    total: int
    by_status: list[TaskStatusCountRecord]


class PlatformStatsRecord(Record, frozen=True, kw_only=True):
    users: int
    customers: int
    ai_agents: AIAgentStatsRecord
    teams: int
    tasks: TaskStatsRecord
    listings: int
    characters: int
    contents: int
    posts: int
    social_accounts: int


class PlatformStatsClient(Client):
    service: ClassVar[Service] = Service("analytics", port=8011)

    async def read(self) -> PlatformStatsRecord:
        """How much there is of everything; the problem FORBIDDEN for all but admins."""
        return await self.get("/platform/stats", PlatformStatsRecord)
