"""Social accounts: where content is posted."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.graph import (
    ALL,
    ID,
    URL,
    AnyId,
    ById,
    Info,
    Key,
    Node,
    Pages,
    PagesBy,
    Parent,
    Query,
    Subgraph,
    database_id,
    described,
    filter_query,
    value,
)
from clients.account import AgentRecord
from clients.character import CharacterRecord
from clients.social_account import SocialAccountClient, SocialAccountRecord
from resolvers.account import Agent, AgentById
from resolvers.character import Character, CharacterById, character_ids, refuse_other_characters
from resolvers.platform import Platform

social_account = Subgraph(
    "social_account",
    user_error_codes={
        "PLATFORM_CONNECTION_FAILED": "The platform refuses the credentials, or the account is not connected."
    },
)


class SocialAccountById(ById[SocialAccountRecord]):
    collection = SocialAccountClient


class SocialAccounts(Pages[SocialAccountRecord]):
    collection = SocialAccountClient


class SocialAccountsByAgent(PagesBy[SocialAccountRecord]):
    collection = SocialAccountClient
    parent = "agent_id"


class SocialAccountsByCharacter(PagesBy[SocialAccountRecord]):
    collection = SocialAccountClient
    parent = "character_id"


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
    is_connected: bool | None = Field(None, description="Only those that are connected, or only those that are not.")
    character_id: list[ID] | None = Field(
        None, max_length=100, description="Of one of these characters, by ids of either kind."
    )


FilterArgument = Annotated[SocialAccountFilter | None, strawberry.argument(description="Which accounts.")]


def _accounts_key(parent: str, filter: SocialAccountFilter | None) -> Key[str]:
    if filter is None:
        return Key(parent)
    rest = filter.model_copy(update={"character_id": None})
    return Key(parent, {"filter": filter_query(rest, character_id=character_ids(filter.character_id))})


@social_account.edge(Query, SocialAccountById, returns=SocialAccount, must_exist=True, name="social_account")
def social_account_by_id(id: AnyId) -> str:
    """One of the caller's accounts, with its connection status and figures."""
    return database_id(id, SocialAccount)


@social_account.connection(Query, SocialAccounts, returns=SocialAccount)
def social_accounts(filter: FilterArgument = None) -> Key[str]:
    """The caller's accounts; everybody's for an admin."""
    return _accounts_key(ALL, filter)


@social_account.field(SocialAccount)
def is_connected(social_account: Parent[SocialAccountRecord]) -> bool:
    """Whether the platform lets us in."""
    return social_account.connection_status == ConnectionStatus.CONNECTED.value


@social_account.edge(SocialAccount, AgentById, returns=Agent)
def agent(social_account: Parent[SocialAccountRecord]) -> str | None:
    """The agent whose account it is."""
    return social_account.agent_id


@social_account.connection(Agent, SocialAccountsByAgent, returns=SocialAccount, name="social_accounts")
def social_accounts_of_agent(agent: Parent[AgentRecord], filter: FilterArgument = None) -> Key[str]:
    """The agent's accounts that the caller may see."""
    return _accounts_key(agent.id, filter)


@social_account.edge(SocialAccount, CharacterById, returns=Character, name="character")
def character_of_account(social_account: Parent[SocialAccountRecord]) -> str | None:
    """The character whose account it is, if it is one's."""
    return social_account.character_id


@social_account.connection(Character, SocialAccountsByCharacter, returns=SocialAccount, name="social_accounts")
def social_accounts_of_character(character: Parent[CharacterRecord], filter: FilterArgument = None) -> Key[str]:
    """The character's accounts."""
    refuse_other_characters(filter.character_id if filter else None)
    return _accounts_key(character.id, filter)


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
    character_id: ID | None = Field(None, description="The character whose account it is; unset: the caller's own.")


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
    character_id = database_id(input.character_id, Character, "characterId") if input.character_id else None
    credentials = {"type": kind, **given}
    return await info.context.client(SocialAccountClient).connect(input.platform.value, credentials, character_id)


@strawberry.pydantic.input(description="The account to disconnect.")
class DisconnectSocialAccountInput(BaseModel):
    id: ID = Field(description="The account's id, of either kind.")


@strawberry.pydantic.input(description="The account to read anew.")
class SyncSocialAccountInput(BaseModel):
    id: ID = Field(description="The account's id, of either kind.")


@social_account.mutation(SocialAccount)
async def disconnect_social_account(info: Info, input: DisconnectSocialAccountInput) -> SocialAccountRecord:
    """Disconnect an account: nothing is posted to it until it is connected again."""
    return await info.context.client(SocialAccountClient).disconnect(database_id(input.id, SocialAccount))


@social_account.mutation(SocialAccount)
async def sync_social_account(info: Info, input: SyncSocialAccountInput) -> SocialAccountRecord:
    """Read an account's figures from its platform."""
    return await info.context.client(SocialAccountClient).sync(database_id(input.id, SocialAccount))
