"""The social backend: accounts on social platforms."""

from datetime import datetime
from typing import ClassVar

from app.rest import CollectionClient, Record, Service


class SocialAccountRecord(Record, frozen=True, kw_only=True):
    id: str
    owner_id: str
    agent_id: str | None = None
    character_id: str | None = None
    platform: str
    platform_account_id: str
    account_username: str
    account_url: str
    is_active: bool
    connection_status: str
    follower_count: int
    connected_at: datetime | None = None
    last_synced_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


class SocialAccountClient(CollectionClient[SocialAccountRecord]):
    service: ClassVar[Service] = Service("social", port=8008)
    route: ClassVar[str] = "/accounts"
    record: ClassVar[type[SocialAccountRecord]] = SocialAccountRecord

    async def connect(
        self, platform: str, credentials: dict[str, str], character_id: str | None = None
    ) -> SocialAccountRecord:
        """Connect an account; the problem PLATFORM_CONNECTION_FAILED when the platform refuses the credentials."""
        body = {"platform": platform, "auth": credentials, "character_id": character_id}
        return await self.write("POST", "/accounts/connect", SocialAccountRecord, body=body)

    async def disconnect(self, id: str) -> SocialAccountRecord:
        """Disconnect an account; the problem INVALID_TRANSITION when it is disconnected already."""
        return await self.write("POST", "/accounts/{id}/disconnect", SocialAccountRecord, params={"id": id})

    async def sync(self, id: str) -> SocialAccountRecord:
        """Read an account's figures from its platform; PLATFORM_CONNECTION_FAILED when that does not let us in."""
        return await self.write("POST", "/accounts/{id}/sync", SocialAccountRecord, params={"id": id})
