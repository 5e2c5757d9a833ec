"""Accounts: who asks, the people they are, and the tokens they ask with."""

from datetime import datetime

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.graph import (
    AnyId,
    ById,
    EmailAddress,
    Info,
    Node,
    Parent,
    Payload,
    Query,
    Subgraph,
    database_id,
    described,
)
from app.graph.principal import Principal
from clients.account import AccountClient, AgentClient, AgentRecord, TokensRecord, UserRecord

account = Subgraph(
    "account",
    user_error_codes={
        "EMAIL_TAKEN": "Somebody has registered with this email address already.",
        "INVALID_CREDENTIALS": "Email address and password do not belong together.",
        "INVALID_REFRESH_TOKEN": "The refresh token is unknown or has expired: log in again.",
        "REFRESH_TOKEN_REUSED": "The refresh token was used before; all that came of it is revoked: log in again.",
    },
)


class UserById(ById[UserRecord]):
    collection = AccountClient


class AgentById(ById[AgentRecord]):
    collection = AgentClient


@account.type(UserRecord, by_id=UserById)
class User(Node):
    """Somebody who can log in."""

    email: EmailAddress = described("The address they log in with.")
    roles: list[str] = described("What they may do: `agent` or `admin`.")
    created_at: datetime = described("When they registered.")


@strawberry.type(description="Whether notifications of one type are wanted.")
class NotificationPreference:
    type: str = described("The type of notification.")
    is_enabled: bool = described("Whether they are wanted.")


@account.type(AgentRecord, by_id=AgentById)
class Agent(Node):
    """The public profile of a real-estate agent."""

    name: str = described("Full name.")
    email: EmailAddress = described("The address for clients to write to.")
    phone: str | None = described("The number for clients to call.")
    created_at: datetime = described("When the profile was made.")
    updated_at: datetime = described("When it was last changed.")


@account.type(Principal)
class Viewer:
    """Who asks, and the way to everything that is theirs."""


@account.edge(User, AgentById, returns=Agent)
def agent(user: Parent[UserRecord]) -> str | None:
    """Their profile as a real-estate agent, if they are one."""
    return user.agent_id


@account.edge(Agent, UserById, returns=User)
def user(agent: Parent[AgentRecord]) -> str:
    """The user whose profile it is; only they and admins see it."""
    return agent.user_id


@account.field(Agent)
def notification_preferences(agent: Parent[AgentRecord]) -> list[NotificationPreference] | None:
    """Which notifications they want; null to everybody but themselves and admins."""
    if agent.notification_preferences is None:
        return None
    preferences = sorted(agent.notification_preferences.items())
    return [NotificationPreference(type=type, is_enabled=is_enabled) for type, is_enabled in preferences]


@account.resolver(Query)
def viewer(info: Info) -> Viewer:
    """Who asks."""
    return info.context.identity  # type: ignore[return-value]  # Viewer is a view of the principal


@account.field(Viewer)
def roles(viewer: Parent[Principal]) -> list[str]:
    """The roles that the token grants."""
    return sorted(viewer.roles)


@account.field(Viewer)
def scopes(viewer: Parent[Principal]) -> list[str]:
    """The scopes that the token grants."""
    return sorted(viewer.scopes)


@account.edge(Viewer, UserById, returns=User, name="user")
def user_of_viewer(viewer: Parent[Principal]) -> str:
    """The user who asks."""
    return viewer.subject


@account.edge(Viewer, AgentById, returns=Agent, name="agent")
def agent_of_viewer(viewer: Parent[Principal]) -> str | None:
    """The profile of the agent who asks; null when they are none."""
    agent_id = viewer.claims.get("agent_id")
    return agent_id if isinstance(agent_id, str) else None


@account.edge(Query, AgentById, returns=Agent, must_exist=True, name="agent")
def agent_by_id(id: AnyId) -> str:
    """A real-estate agent's profile."""
    return database_id(id, Agent)


@strawberry.type
class TokensPayload(Payload):
    """What the payloads of mutations that give tokens have in common."""

    access_token: str | None = described("Sent as `Authorization: Bearer …` with every request.", default=None)
    refresh_token: str | None = described("Exchanged for new tokens by `refreshToken`, once.", default=None)
    expires_in: int | None = described("How many seconds the access token lives.", default=None)
    user: User | None = described("Who is logged in.", default=None)
    agent: Agent | None = described("Their profile as a real-estate agent.", default=None)


@strawberry.type(description="What `login` answers; without tokens, `userErrors` says why.")
class LoginPayload(TokensPayload):
    pass


@strawberry.type(description="What `register` answers: the new user is logged in.")
class RegisterPayload(TokensPayload):
    pass


@strawberry.type(description="What `refreshToken` answers.")
class RefreshTokenPayload(TokensPayload):
    pass


@strawberry.type(description="What `logout` answers.")
class LogoutPayload(Payload):
    is_logged_out: bool = described("Whether the tokens are revoked.", default=False)


@strawberry.pydantic.input(description="Who wants to log in.")
class LoginInput(BaseModel):
    email: EmailAddress = Field(description="The address given when registering.")
    password: str = Field(min_length=1, max_length=200, description="The password.")


@strawberry.pydantic.input(description="Who wants to join.")
class RegisterInput(BaseModel):
    email: EmailAddress = Field(description="The address to log in with; nobody else may have it.")
    password: str = Field(min_length=8, max_length=200, description="At least 8 characters.")
    agent_name: str = Field(min_length=1, max_length=120, description="Full name, for the agent's profile.")
    phone: str | None = Field(None, max_length=40, description="The number for clients to call.")


@strawberry.pydantic.input(description="The refresh token to exchange.")
class RefreshTokenInput(BaseModel):
    refresh_token: str = Field(min_length=1, max_length=2000, description="As the last answer gave it.")


@strawberry.pydantic.input(description="What to revoke beside the access token.")
class LogoutInput(BaseModel):
    refresh_token: str | None = Field(
        None, max_length=2000, description="The refresh token; it and all that came of it are revoked."
    )


@strawberry.pydantic.input(description="What to change of the caller's profile; what is left out stays.")
class UpdateAgentInput(BaseModel):
    name: str | None = Field(None, min_length=1, max_length=120, description="Full name.")
    phone: str | None = Field(None, max_length=40, description="The number for clients to call; null removes it.")
    email: EmailAddress | None = Field(None, description="The address for clients to write to.")


@strawberry.pydantic.input(description="Whether notifications of one type are wanted.")
class NotificationPreferenceInput(BaseModel):
    type: str = Field(min_length=1, max_length=60, description="The type of notification.")
    is_enabled: bool = Field(description="Whether they are wanted.")


@strawberry.pydantic.input(description="Which notifications the caller wants; types not named stay.")
class UpdateNotificationPreferencesInput(BaseModel):
    preferences: list[NotificationPreferenceInput] = Field(min_length=1, max_length=50, description="One entry a type.")


@account.mutation(LoginPayload, public=True)
async def login(info: Info, input: LoginInput) -> TokensRecord:
    """Exchange a password for tokens."""
    return await info.context.client(AccountClient).login(input.email, input.password)


@account.mutation(RegisterPayload, public=True)
async def register(info: Info, input: RegisterInput) -> TokensRecord:
    """Create a user with an agent's profile, and log in."""
    accounts = info.context.client(AccountClient)
    return await accounts.register(input.email, input.password, input.agent_name, input.phone)


@account.mutation(RefreshTokenPayload, public=True)
async def refresh_token(info: Info, input: RefreshTokenInput) -> TokensRecord:
    """Exchange a refresh token for new tokens. It works once: a second use revokes all that came of it."""
    return await info.context.client(AccountClient).refresh(input.refresh_token)


@account.mutation(LogoutPayload)
async def logout(info: Info, input: LogoutInput) -> LogoutPayload:
    """Revoke the access token of this request and the refresh token given."""
    await info.context.client(AccountClient).logout(input.refresh_token)
    identity = info.context.identity
    info.context.revocations.revoke(identity.token_id, identity.expires_at)
    return LogoutPayload(is_logged_out=True)


@account.mutation(Agent)
async def update_agent(info: Info, input: UpdateAgentInput) -> AgentRecord:
    """Change the caller's own profile."""
    return await info.context.client(AgentClient).update_me(input.model_dump(exclude_unset=True))


@account.mutation(Agent)
async def update_notification_preferences(info: Info, input: UpdateNotificationPreferencesInput) -> AgentRecord:
    """Choose which notifications the caller gets."""
    preferences = {preference.type: preference.is_enabled for preference in input.preferences}
    return await info.context.client(AgentClient).set_preferences(preferences)
