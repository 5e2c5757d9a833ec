"""Notifications: what users are told of, as far as they want to be."""

from typing import Annotated

import httpx
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from backends.authentication import AuthenticatedCaller, Caller
from backends.document import Document, Timestamp, new_id, now
from backends.notices import EntityType, Notice, NoticeType
from backends.problem import ProblemError, not_found
from backends.reading import answer
from backends.selection import Reads, among, flag
from backends.service import Service, Serving, routes
from backends.settings import BackendSettings
from backends.storage import Table


class Notification(Document):
    type: NoticeType
    title: str
    message: str
    is_read: bool = False
    related_entity_type: EntityType | None
    related_entity_id: str | None
    read_at: Timestamp | None = None


class AgentPreferences(BaseModel):
    """What is read of an agent's profile."""

    notification_preferences: dict[str, bool] | None = None


class AgentPage(BaseModel):
    items: list[AgentPreferences]


router = routes()


class NotificationService(Service):
    name = "notifications"
    routers = (router,)

    def __init__(self, settings: BackendSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings, http)
        self.notifications = Table(
            self.database,
            "notifications",
            Notification,
            {"type": "TEXT $.type", "is_read": "INTEGER $.is_read"},
        )
        self.expose(
            "/notifications",
            Reads(
                self.notifications,
                noun="notification",
                filters={"is_read": flag("is_read"), "type": among("type", NoticeType)},
            ),
        )

    async def create(self, notice: Notice) -> Notification | None:
        """The stored notification, or None when its owner does not want that kind."""
        if not await self.is_wanted(notice):
            return None
        notification = Notification(id=new_id("ntf"), **notice.model_dump())
        with self.database.transaction():
            self.notifications.put(notification)
            self.outbox.tell("notification.created", "notification", notification)
        return notification

    async def is_wanted(self, notice: Notice) -> bool:
        """Asks accounts. One who is no agent has no preferences; where nobody answers, telling is the safer mistake."""
        try:
            page = await self.peers.get("accounts", f"/agents?user_id={notice.owner_id}", AgentPage)
        except ProblemError:
            return True
        return all((agent.notification_preferences or {}).get(notice.type, True) for agent in page.items)

    def read(self, notification_id: str, caller: Caller) -> Notification:
        notification = self.notifications.find(notification_id)
        if notification is None or not caller.may_see(notification.owner_id):
            raise not_found("notification", notification_id)
        with self.database.transaction():
            self.mark_read(notification)
        return notification

    def read_all(self, user_id: str) -> int:
        """How many were unread until now."""
        with self.database.transaction():
            unread = self.notifications.where("owner_id = ? AND NOT is_read", (user_id,))
            for notification in unread:
                self.mark_read(notification)
        return len(unread)

    def mark_read(self, notification: Notification) -> None:
        if notification.is_read:
            return
        notification.is_read, notification.read_at = True, now()
        self.notifications.put(notification)
        self.outbox.tell("notification.read", "notification", notification)


ServingNotifications = Annotated[NotificationService, Serving]


@router.post("/notifications")
async def create_notification(notice: Notice, caller: AuthenticatedCaller, service: ServingNotifications) -> Response:
    caller.require_service()
    notification = await service.create(notice)
    return JSONResponse({"skipped": True}) if notification is None else answer(notification, 201)


@router.put("/notifications/read-all")
async def read_all_notifications(caller: AuthenticatedCaller, service: ServingNotifications) -> Response:
    return JSONResponse({"updated": service.read_all(caller.require_user())})


@router.put("/notifications/{notification_id}/read")
async def read_notification(
    notification_id: str, caller: AuthenticatedCaller, service: ServingNotifications
) -> Response:
    return answer(service.read(notification_id, caller))
