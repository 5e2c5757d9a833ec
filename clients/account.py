"""The accounts backend: users, the profiles of real-estate agents, customers, and tokens."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar

from app.rest import CollectionClient, Record, Service

ACCOUNTS = Service("accounts", port=8000)


class UserRecord(Record, frozen=True, kw_only=True):
    id: str
    email: str
    roles: list[str]
    agent_id: str | None = None
    created_at: datetime


class AgentRecord(Record, frozen=True, kw_only=True):
    """`notification_preferences` is null for all but the agent, admins and services."""

    id: str
    user_id: str
    name: str
    email: str
    phone: str | None = None
    notification_preferences: dict[str, bool] | None = None
    created_at: datetime
    updated_at: datetime


class CustomerRecord(Record, frozen=True, kw_only=True):
    id: str
    user_id: str
    company_name: str
    contact_name: str
    email: str
    phone: str | None = None
    plan: str
    status: str
    created_at: datetime
    updated_at: datetime


class TokensRecord(Record, frozen=True, kw_only=True):
    """`expires_in` is the access token's lifetime in seconds."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int
    user: UserRecord
    agent: AgentRecord | None = None


class AccountClient(CollectionClient[UserRecord]):
    service: ClassVar[Service] = ACCOUNTS
    route: ClassVar[str] = "/users"
    record: ClassVar[type[UserRecord]] = UserRecord

    async def register(self, email: str, password: str, agent_name: str, phone: str | None) -> TokensRecord:
        """Create a user with an agent profile."""
        body = {"email": email, "password": password, "agent_name": agent_name, "phone": phone}
        return await self.write("POST", "/auth/register", TokensRecord, body=body)

    async def login(self, email: str, password: str) -> TokensRecord:
        """Tokens for a password; the problem INVALID_CREDENTIALS when it does not match."""
        return await self.write("POST", "/auth/login", TokensRecord, body={"email": email, "password": password})

    async def login_admin(self, api_key: str) -> TokensRecord:
        """Tokens of the platform's admin; the problem INVALID_API_KEY when the key is another."""
        return await self.write("POST", "/auth/admin", TokensRecord, body={"api_key": api_key})

    async def refresh(self, refresh_token: str) -> TokensRecord:
        """New tokens for a refresh token, which is used up by it."""
        return await self.write("POST", "/auth/refresh", TokensRecord, body={"refresh_token": refresh_token})

    async def logout(self, refresh_token: str | None) -> None:
        """Revoke the caller's access token and, if given, the refresh token with all that came of it."""
        await self.write("POST", "/auth/logout", type(None), body={"refresh_token": refresh_token})


class AgentClient(CollectionClient[AgentRecord]):
    service: ClassVar[Service] = ACCOUNTS
    route: ClassVar[str] = "/agents"
    record: ClassVar[type[AgentRecord]] = AgentRecord

    async def update_me(self, changes: dict[str, object]) -> AgentRecord:
        """Change some fields of the caller's own profile."""
        return await self.write("PATCH", "/agents/me", AgentRecord, body=changes)

    async def set_preferences(self, preferences: dict[str, bool]) -> AgentRecord:
        """Change some of the caller's notification preferences; those not named stay."""
        return await self.write(
            "PUT", "/agents/me/notification-preferences", AgentRecord, body={"preferences": preferences}
        )


class CustomerClient(CollectionClient[CustomerRecord]):
    service: ClassVar[Service] = ACCOUNTS
    route: ClassVar[str] = "/customers"
    record: ClassVar[type[CustomerRecord]] = CustomerRecord

    async def for_users(self, user_ids: Iterable[str]) -> list[CustomerRecord]:
        """The customer accounts of at most 100 users; those who have none are left out."""
        return (await self.page((("user_id", ",".join(user_ids)), ("limit", "100")))).items

    async def create(self, customer: Mapping[str, object]) -> CustomerRecord:
        """Make the caller a customer; the problem CUSTOMER_EXISTS when they are one."""
        return await self.write("POST", "/customers", CustomerRecord, body=customer)

    async def update_me(self, changes: Mapping[str, object]) -> CustomerRecord:
        """Change some fields of the caller's own customer account."""
        return await self.write("PATCH", "/customers/me", CustomerRecord, body=changes)

    async def delete_me(self) -> CustomerRecord:
        """Close the caller's customer account."""
        return await self.write("DELETE", "/customers/me", CustomerRecord)
