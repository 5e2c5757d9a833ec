"""Administration: what the platform's admins see and do."""

from enum import Enum

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.graph import ALL, BackendCall, Found, Info, Key, Loader, Payload, Query, Subgraph, described, value
from app.graph.principal import Principal
from clients.account import AccountClient, TokensRecord
from clients.notification import NotificationClient
from clients.platform_stats import PlatformStatsClient, PlatformStatsRecord
from resolvers.account import TokensPayload
from resolvers.ai_agent import AIAgent, AIAgentFilterArgument, AIAgentOrder, AIAgents, ai_agents_key
from resolvers.task import TaskStatus

SCOPES = ("admin",)

administration = Subgraph("admin", user_error_codes={"INVALID_API_KEY": "This is not the platform's admin key."})


class PlatformStatsLoader(Loader[str, PlatformStatsRecord]):
    async def fetch(self, keys: list[str]) -> Found[str, PlatformStatsRecord]:
        return dict.fromkeys(keys, await self.client(PlatformStatsClient).read())

    @classmethod
    def backend_call(cls) -> BackendCall:
        return BackendCall("analytics", "GET /platform/stats", None)


@administration.type(Principal)
class Admin:
    """What only admins see."""


@strawberry.type(description="How many AI agents there are.")
class AIAgentStats:
    total: int = described("In all.")
    running: int = described("Those that run.")


@strawberry.type(description="How many tasks are in one state.")
class TaskStatusCount:
    status: TaskStatus = described("The state.")
    count: int = described("How many are in it.")


@strawberry.type(description="How many tasks there are.")
class TaskStats:
    total: int = described("In all.")
    by_status: list[TaskStatusCount] = described("In each state.")


@administration.type(PlatformStatsRecord)
class PlatformStats:
    """How much there is of everything, of all users together."""

    users: int = described("Who can log in.")
    customers: int = described("Tenants.")
    ai_agents: AIAgentStats = described("AI agents.")
    teams: int = described("Teams of AI agents.")
    tasks: TaskStats = described("Tasks.")
    listings: int = described("Properties.")
    characters: int = described("Characters.")
    contents: int = described("Pieces of content.")
    posts: int = described("Posts on social platforms.")
    social_accounts: int = described("Accounts on social platforms.")


@administration.resolver(Query, returns=Admin, scopes=SCOPES)
def admin(info: Info) -> Principal:
    """What only admins see."""
    return info.context.identity


@administration.edge(Admin, PlatformStatsLoader, returns=PlatformStats)
def platform_stats() -> str:
    """How much there is of everything."""
    return ALL


@administration.connection(Admin, AIAgents, returns=AIAgent, name="ai_agents")
def ai_agents_of_admin(filter: AIAgentFilterArgument = None, order_by: AIAgentOrder = None) -> Key[str]:
    """The AI agents of all customers."""
    return ai_agents_key(ALL, filter, order_by)


@strawberry.type(description="What `adminLogin` answers; without tokens, `userErrors` says why.")
class AdminLoginPayload(TokensPayload):
    pass


@strawberry.pydantic.input(description="Who wants to log in as the platform's admin.")
class AdminLoginInput(BaseModel):
    api_key: str = Field(min_length=1, max_length=200, description="The platform's admin key.")


@strawberry.enum(description="Whom a broadcast is for.")
class Audience(Enum):
    ALL = value("all", "Everybody.")
    AGENTS = value("agents", "Real-estate agents.")
    ADMINS = value("admins", "Admins.")


@strawberry.pydantic.input(description="What everybody is to be told.")
class BroadcastInput(BaseModel):
    title: str = Field(min_length=1, max_length=200, description="What it is about, in a few words.")
    message: str = Field(min_length=1, max_length=2000, description="What there is to say.")
    audience: Audience = Field(Audience.ALL, description="Whom it is for.")


@strawberry.type(description="What `broadcast` answers.")
class BroadcastPayload(Payload):
    sent_count: int = described("How many were told.", default=0)


@administration.mutation(AdminLoginPayload, public=True)
async def admin_login(info: Info, input: AdminLoginInput) -> TokensRecord:
    """Exchange the platform's admin key for tokens of an admin."""
    return await info.context.client(AccountClient).login_admin(input.api_key)


@administration.mutation(BroadcastPayload, scopes=SCOPES)
async def broadcast(info: Info, input: BroadcastInput) -> BroadcastPayload:
    """Send a notification of the type `system` to everybody, whatever their preferences."""
    count = await info.context.client(NotificationClient).broadcast(
        input.title, input.message, str(input.audience.value)
    )
    return BroadcastPayload(sent_count=count)
