"""The notifications backend."""

from datetime import datetime
from typing import ClassVar

from app.rest import CollectionClient, Record, Service


class NotificationRecord(Record, frozen=True, kw_only=True):
    id: str
    owner_id: str
    type: str
    title: str
    message: str
    is_read: bool
    related_entity_type: str | None = None
    related_entity_id: str | None = None
    created_at: datetime
    read_at: datetime | None = None


class MarkedRecord(Record, frozen=True):
    updated: int


class BroadcastRecord(Record, frozen=True):
    sent: int


class NotificationClient(CollectionClient[NotificationRecord]):
    service: ClassVar[Service] = Service("notifications", port=8007)
    route: ClassVar[str] = "/notifications"
    record: ClassVar[type[NotificationRecord]] = NotificationRecord

    async def mark_read(self, id: str) -> NotificationRecord:
        """Mark one as read; marking it again changes nothing."""
        return await self.write("PUT", "/notifications/{id}/read", NotificationRecord, params={"id": id})

    async def mark_all_read(self) -> int:
        """Mark all of the caller's as read; how many were not."""
        return (await self.write("PUT", "/notifications/read-all", MarkedRecord)).updated

    async def broadcast(self, title: str, message: str, audience: str) -> int:
        """Tell everybody of an audience; how many they are."""
        body = {"title": title, "message": message, "audience": audience}
        return (await self.write("POST", "/notifications/broadcast", BroadcastRecord, body=body)).sent
