"""The sessions backend: the workspaces of a user, one of which is active."""

from datetime import datetime
from typing import ClassVar

from app.errors import ProblemError
from app.rest import CollectionClient, Record, Service


class SessionRecord(Record, frozen=True, kw_only=True):
    id: str
    owner_id: str
    title: str
    active: bool
    created_at: datetime
    updated_at: datetime


class SessionClient(CollectionClient[SessionRecord]):
    service: ClassVar[Service] = Service("sessions", port=8001)
    route: ClassVar[str] = "/sessions"
    record: ClassVar[type[SessionRecord]] = SessionRecord

    async def active(self) -> SessionRecord | None:
        """The caller's active session, if one is."""
        try:
            return await self.get("/sessions/active", SessionRecord)
        except ProblemError as error:
            if error.code != "NO_ACTIVE_SESSION":
                raise
            return None

    async def create(self, title: str) -> SessionRecord:
        """Open a session and make it the active one; the problem SESSION_EXISTS when the title is taken."""
        return await self.write("POST", "/sessions", SessionRecord, body={"title": title})

    async def activate(self, id: str) -> SessionRecord:
        """Make a session the active one."""
        return await self.write("POST", "/sessions/{id}/activate", SessionRecord, params={"id": id})

    async def activate_titled(self, title: str) -> SessionRecord:
        """Make the session of that title the active one."""
        return await self.write("POST", "/sessions/activate", SessionRecord, body={"title": title})

    async def delete(self, id: str) -> SessionRecord:
        """Take a session away for good; the problem SESSION_ACTIVE for the active one."""
        return await self.write("DELETE", "/sessions/{id}", SessionRecord, params={"id": id})
