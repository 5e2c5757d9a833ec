"""Social accounts: where content is posted."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.graph import (
    URL,
    AnyId,
    Found,
    Info,
    Key,
    Loader,
    Node,
    PageLoader,
    Parent,
    Query,
    Subgraph,
    by_id,
    database_id,
    described,
    filter_query,
    value,
)
from app.rest import Page
from clients.account import AgentRecord
from clients.social_account import SocialAccountClient, SocialAccountRecord
from resolvers.account import Agent, AgentById
from resolvers.platform import Platform

social_account = Subgraph(
    "social_account",
    user_error_codes={"PLATFORM_CONNECTION_FAILED": "The platform refused the credentials."},
)


class SocialAccountById(Loader[str, SocialAccountRecord | None]):
    async def fetch(self, keys: list[str]) -> Found[str, SocialAccountRecord]:
        return by_id(await self.client(SocialAccountClient).by_ids(keys))


class SocialAccounts(PageLoader[str, SocialAccountRecord]):
    async def fetch(self, keys: list[str]) -> Found[str, Page[SocialAccountRecord]]:
        return dict.fromkeys(keys, await self.client(SocialAccountClient).page(self.query))


class SocialAccountsByAgent(PageLoader[str, SocialAccountRecord]):
    async def fetch(self, keys: list[str]) -> Found[str, Page[SocialAccountRecord]]:
        return await self.client(SocialAccountClient).grouped("agent_id", keys, self.query)


@strawberry.enum(description="Whether the platform lets us in.")
class ConnectionStatus(Enum):
    CONNECTED = value("connected", "It does.")
    EXPIRED = value("expired", "The credentials have expired: connect again.")
    DISCONNECTED = value("disconnected", "Somebody disconnected the account.")


@social_account.type(SocialAccountRecord, by_id=SocialAccountById)
class SocialAccount(Node):
    """An account on a social platform."""

    platform: Platform = described("Which platform.")
    platform_account_id: str = described("The id the platform knows it by.")
    account_username: str = described("The name it goes by there.")
    account_url: URL = described("Its page there.")
    is_active: bool = described("Whether it is used for posting.")
    connection_status: ConnectionStatus = described("Whether the platform lets us in.")
    follower_count: int = described("How many follow it.")
    connected_at: datetime | None = described("When it was last connected.")
    last_synced_at: datetime | None = described("When its figures were last read from the platform.")
    created_at: datetime = described("When it was first connected.")
    updated_at: datetime = described("When it was last changed.")


@strawberry.pydantic.input(description="Which accounts; conditions add up.")
class SocialAccountFilter(BaseModel):
    platform: list[Platform] | None = Field(None, description="On one of these platforms.")
    is_active: bool | None = Field(None, description="Only those used for posting, or only those that are not.")


FilterArgument = Annotated[SocialAccountFilter | None, strawberry.argument(description="Which accounts.")]


@social_account.edge(Query, SocialAccountById, returns=SocialAccount, must_exist=True, name="social_account")
def social_account_by_id(id: AnyId) -> str:
    """One of the caller's accounts, with its connection status and figures."""
    return database_id(id, SocialAccount)


@social_account.connection(Query, SocialAccounts, returns=SocialAccount)
def social_accounts(filter: FilterArgument = None) -> Key[str]:
    """The caller's accounts; everybody's for an admin."""
    return Key("", {"filter": filter_query(filter)})


@social_account.edge(SocialAccount, AgentById, returns=Agent)
def agent(social_account: Parent[SocialAccountRecord]) -> str | None:
    """The agent whose account it is."""
    return social_account.agent_id


@social_account.connection(Agent, SocialAccountsByAgent, returns=SocialAccount, name="social_accounts")
def social_accounts_of_agent(agent: Parent[AgentRecord], filter: FilterArgument = None) -> Key[str]:
    """The agent's accounts that the caller may see."""
    return Key(agent.id, {"filter": filter_query(filter)})


@strawberry.pydantic.input(description="What the platform's login page handed back.")
class OAuthCredentials(BaseModel):
    code: str = Field(min_length=1, max_length=4000, description="The authorization code.")


@strawberry.pydantic.input(description="A key of the platform's interface.")
class ApiKeyCredentials(BaseModel):
    api_key: str = Field(min_length=1, max_length=4000, description="The key.")


@strawberry.pydantic.input(description="A login, for platforms without an interface.")
class BrowserSessionCredentials(BaseModel):
    username: str = Field(min_length=1, max_length=200, description="The name to log in with.")
    password: str = Field(min_length=1, max_length=200, description="The password.")


@strawberry.pydantic.input(one_of=True, description="What proves that the account is the caller's; exactly one.")
class SocialCredentials(BaseModel):
    oauth: OAuthCredentials | None = Field(description="By the platform's login page.")
    api_key: ApiKeyCredentials | None = Field(description="By a key.")
    browser_session: BrowserSessionCredentials | None = Field(description="By a login.")


@strawberry.pydantic.input(description="The account to connect.")
class ConnectSocialAccountInput(BaseModel):
    platform: Platform = Field(description="On which platform.")
    credentials: SocialCredentials = Field(description="What proves that the account is the caller's.")


@social_account.mutation(
    SocialAccount,
    renamed={
        "auth.code": "credentials.oauth.code",
        "auth.api_key": "credentials.api_key.api_key",
        "auth.username": "credentials.browser_session.username",
        "auth.password": "credentials.browser_session.password",
    },
)
async def connect_social_account(info: Info, input: ConnectSocialAccountInput) -> SocialAccountRecord:
    """Connect an account, or connect it again."""
    ((kind, given),) = input.credentials.model_dump(exclude_none=True).items()
    return await info.context.client(SocialAccountClient).connect(input.platform.value, {"type": kind, **given})
