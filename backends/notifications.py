"""Notifications: what users are told of, as far as they want to be."""

from enum import StrEnum
from typing import Annotated, Final

import httpx
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from backends.authentication import AuthenticatedCaller, Caller
from backends.document import Body, Document, Timestamp, new_id, now
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


class Audience(StrEnum):
    ALL = "all"
    AGENTS = "agents"
    ADMINS = "admins"


class Broadcast(Body):
    title: Annotated[str, Field(min_length=1, max_length=200)]
    message: Annotated[str, Field(min_length=1, max_length=2000)]
    audience: Audience = Audience.ALL


class Sent(BaseModel):
    """How many were told."""

    sent: int


class Updated(BaseModel):
    """How many were unread until now."""

    updated: int


class Listener(BaseModel):
    """What is read of a user."""

    id: str
    roles: list[str]


class ListenerPage(BaseModel):
    items: list[Listener]
    total: int


LISTENERS_A_PAGE: Final = 100
ROLES: Final = {Audience.AGENTS: "agent", Audience.ADMINS: "admin"}


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
        with self.database.transaction():
            return self.tell(notice)

    def tell(self, notice: Notice) -> Notification:
        """Call it inside a transaction."""
        notification = Notification(id=new_id("ntf"), **notice.model_dump())
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

    async def broadcast(self, broadcast: Broadcast) -> int:
        """Tells everybody of the audience, whatever their preferences; how many they are."""
        role = ROLES.get(broadcast.audience)
        listeners = [one.id for one in await self.everybody() if role is None or role in one.roles]
        facts = {"type": NoticeType.SYSTEM, "title": broadcast.title, "message": broadcast.message}
        with self.database.transaction():
            for user_id in listeners:
                self.tell(Notice.model_validate({"owner_id": user_id, **facts}))
        return len(listeners)

    async def everybody(self) -> list[Listener]:
        """All users, oldest first: who registers meanwhile moves nobody to another page."""
        found: list[Listener] = []
        while True:
            query = f"limit={LISTENERS_A_PAGE}&offset={len(found)}&order=created_at"
            page = await self.peers.get("accounts", f"/users?{query}", ListenerPage)
            found += page.items
            if not page.items or len(found) >= page.total:
                return found

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


@router.post("/notifications/broadcast", response_model=Sent)
async def broadcast(broadcast: Broadcast, caller: AuthenticatedCaller, service: ServingNotifications) -> Response:
    if not caller.is_admin:
        raise ProblemError(403, "Only admins may broadcast.")
    return answer(Sent(sent=await service.broadcast(broadcast)))


@router.put("/notifications/read-all", response_model=Updated)
async def read_all_notifications(caller: AuthenticatedCaller, service: ServingNotifications) -> Response:
    return answer(Updated(updated=service.read_all(caller.require_user())))


@router.put("/notifications/{notification_id}/read", response_model=Notification)
async def read_notification(
    notification_id: str, caller: AuthenticatedCaller, service: ServingNotifications
) -> Response:
    return answer(service.read(notification_id, caller))
