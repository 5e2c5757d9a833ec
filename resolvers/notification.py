"""Notifications: what happened that the caller should know."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated, Any

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.graph import (
    ALL,
    ID,
    After,
    AnyId,
    BackendCall,
    ById,
    Change,
    Found,
    Info,
    Key,
    Loader,
    Node,
    Pages,
    Parent,
    Payload,
    Query,
    Subgraph,
    changes,
    database_id,
    described,
    filter_query,
)
from app.graph.principal import Principal
from clients.notification import NotificationClient, NotificationRecord
from resolvers.account import Viewer
from resolvers.content import Content, ContentById
from resolvers.listing import Listing, ListingById
from resolvers.social_account import SocialAccount, SocialAccountById
from resolvers.task import Task, TaskById

notification = Subgraph("notification")

LOADERS: dict[str, type[Loader[str, Any]]] = {
    "listing": ListingById,
    "content": ContentById,
    "task": TaskById,
    "social_account": SocialAccountById,
}
"""How the backend names what a notification is about, and what loads it."""


class NotificationById(ById[NotificationRecord]):
    collection = NotificationClient


class Notifications(Pages[NotificationRecord]):
    collection = NotificationClient


class UnreadCount(Loader[str, int]):
    async def fetch(self, keys: list[str]) -> Found[str, int]:
        page = await self.client(NotificationClient).page((("is_read", "false"), ("limit", "0")))
        return dict.fromkeys(keys, page.total)

    @classmethod
    def backend_call(cls) -> BackendCall:
        return BackendCall("notifications", "GET /notifications?is_read=false&limit=0", None)


@notification.type(NotificationRecord, by_id=NotificationById)
class Notification(Node):
    """Something that happened."""

    type: str = described("What kind of thing: one of the types of `Agent.notificationPreferences`.")
    title: str = described("What happened, in a few words.")
    message: str = described("What happened, in a sentence.")
    is_read: bool = described("Whether it was read.")
    created_at: datetime = described("When it happened.")
    read_at: datetime | None = described("When it was read.")


NotificationSubject = Annotated[
    Listing | Content | Task | SocialAccount,
    strawberry.union("NotificationSubject", description="What a notification is about."),
]


@strawberry.pydantic.input(description="Which notifications; conditions add up.")
class NotificationFilter(BaseModel):
    is_read: bool | None = Field(None, description="Only those read, or only those not read.")
    type: list[str] | None = Field(None, max_length=20, description="Of one of these kinds.")


FilterArgument = Annotated[NotificationFilter | None, strawberry.argument(description="Which notifications.")]


@notification.edge(Query, NotificationById, returns=Notification, must_exist=True, name="notification")
def notification_by_id(id: AnyId) -> str:
    """One of the caller's notifications."""
    return database_id(id, Notification)


@notification.connection(Query, Notifications, returns=Notification)
def notifications(filter: FilterArgument = None) -> Key[str]:
    """The caller's notifications, newest first."""
    return Key(ALL, {"filter": filter_query(filter)})


@notification.connection(Viewer, Notifications, returns=Notification, name="notifications")
def notifications_of_viewer(filter: FilterArgument = None) -> Key[str]:
    """The caller's notifications, newest first."""
    return Key(ALL, {"filter": filter_query(filter)})


@notification.edge(Viewer, UnreadCount, returns=int)
def unread_notification_count(viewer: Parent[Principal]) -> str:
    """How many notifications the caller has not read."""
    return viewer.subject


@notification.edge(Notification, tuple(LOADERS.values()), returns=NotificationSubject)
def subject(notification: Parent[NotificationRecord]) -> Key[str] | None:
    """What it is about; null when that is gone."""
    loader = LOADERS.get(notification.related_entity_type or "")
    id = notification.related_entity_id
    return Key(id, loader=loader) if loader and id else None


@strawberry.pydantic.input(description="The notification to mark.")
class MarkNotificationReadInput(BaseModel):
    id: ID = Field(description="The notification's id, of either kind.")


@strawberry.type(description="What `markAllNotificationsRead` answers.")
class MarkAllNotificationsReadPayload(Payload):
    marked_count: int = described("How many were not read before.", default=0)


@notification.mutation(Notification)
async def mark_notification_read(info: Info, input: MarkNotificationReadInput) -> NotificationRecord:
    """Mark a notification as read; marking it again changes nothing."""
    return await info.context.client(NotificationClient).mark_read(database_id(input.id, Notification))


@notification.mutation(MarkAllNotificationsReadPayload)
async def mark_all_notifications_read(info: Info) -> MarkAllNotificationsReadPayload:
    """Mark all of the caller's notifications as read."""
    count = await info.context.client(NotificationClient).mark_all_read()
    return MarkAllNotificationsReadPayload(marked_count=count)


@notification.subscription(Notification)
def notification_received(info: Info, after: After = None) -> AsyncGenerator[Change[NotificationRecord], None]:
    """Every new notification of the caller, from now on or from after a cursor."""
    return changes(info.context.follow("notification.created", after=after), NotificationRecord, "notification")
