"""Sessions: the workspaces of a user, one of which is active."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.graph import (
    ALL,
    ID,
    AnyId,
    BackendCall,
    ById,
    Found,
    Info,
    Key,
    Loader,
    Node,
    Order,
    Pages,
    Parent,
    Query,
    Subgraph,
    database_id,
    described,
    filter_query,
    order_text,
    value,
)
from clients.session import SessionClient, SessionRecord
from resolvers.account import Viewer

session = Subgraph(
    "session",
    user_error_codes={
        "SESSION_EXISTS": "The caller has a session of this title already.",
        "SESSION_ACTIVE": "The active session cannot be deleted: activate another.",
        "NO_ACTIVE_SESSION": "The caller has no active session: activate one.",
    },
)


class SessionById(ById[SessionRecord]):
    collection = SessionClient


class Sessions(Pages[SessionRecord]):
    collection = SessionClient


class ActiveSession(Loader[str, SessionRecord | None]):
    """The caller's active session; the key is `ALL`."""

    async def fetch(self, keys: list[str]) -> Found[str, SessionRecord | None]:
        return dict.fromkeys(keys, await self.client(SessionClient).active())

    @classmethod
    def backend_call(cls) -> BackendCall:
        return BackendCall(SessionClient.service.name, "GET /sessions/active", None)


@strawberry.enum(description="What sessions can be ordered by.")
class SessionOrderField(Enum):
    CREATED_AT = value("created_at", "When the session was opened.")
    UPDATED_AT = value("updated_at", "When it was last changed, or activated.")
    TITLE = value("title", "The title.")


@session.type(SessionRecord, by_id=SessionById)
class Session(Node):
    """A workspace: its files, and what was asked about them."""

    title: str = described("What its owner calls it; no two of theirs are called the same.")
    created_at: datetime = described("When it was opened.")
    updated_at: datetime = described("When it was last changed.")


@session.field(Session)
def is_active(session: Parent[SessionRecord]) -> bool:
    """Whether it is the one that files are uploaded to and questions are about."""
    return session.active


@strawberry.pydantic.input(description="Which sessions; conditions add up.")
class SessionFilter(BaseModel):
    search: str | None = Field(None, max_length=200, description="With this in the title.")


FilterArgument = Annotated[SessionFilter | None, strawberry.argument(description="Which sessions.")]
OrderArgument = Annotated[
    Order[SessionOrderField] | None, strawberry.argument(description="In which order; newest first.")
]


def _key(filter: SessionFilter | None, order_by: Order[SessionOrderField] | None) -> Key[str]:
    return Key(ALL, {"filter": filter_query(filter), "order": order_text(order_by)})


@session.edge(Query, SessionById, returns=Session, must_exist=True, name="session")
def session_by_id(id: AnyId) -> str:
    """One of the caller's sessions."""
    return database_id(id, Session)


@session.connection(Query, Sessions, returns=Session)
def sessions(filter: FilterArgument = None, order_by: OrderArgument = None) -> Key[str]:
    """The caller's sessions; everybody's for an admin."""
    return _key(filter, order_by)


@session.connection(Viewer, Sessions, returns=Session, name="sessions")
def sessions_of_viewer(filter: FilterArgument = None, order_by: OrderArgument = None) -> Key[str]:
    """The caller's sessions; everybody's for an admin."""
    return _key(filter, order_by)


@session.edge(Query, ActiveSession, returns=Session)
def active_session() -> str:
    """The caller's active session, to which files are uploaded; null when none is."""
    return ALL


@session.edge(Viewer, ActiveSession, returns=Session, name="active_session")
def active_session_of_viewer() -> str:
    """The caller's active session; null when none is."""
    return ALL


@strawberry.pydantic.input(description="A session to open.")
class CreateSessionInput(BaseModel):
    title: str = Field(min_length=1, max_length=120, description="What to call it.")


@strawberry.pydantic.input(one_of=True, description="The session to activate, by one of the two.")
class ActivateSessionInput(BaseModel):
    id: ID | None = Field(description="The session's id, of either kind.")
    title: str | None = Field(description="The session's title.")


@strawberry.pydantic.input(description="The session to delete.")
class DeleteSessionInput(BaseModel):
    id: ID = Field(description="The session's id, of either kind.")


@session.mutation(Session)
async def create_session(info: Info, input: CreateSessionInput) -> SessionRecord:
    """Open a session, and make it the active one."""
    return await info.context.client(SessionClient).create(input.title)


@session.mutation(Session)
async def activate_session(info: Info, input: ActivateSessionInput) -> SessionRecord:
    """Make a session the active one; the one that was is so no longer."""
    client = info.context.client(SessionClient)
    if input.title is not None:
        return await client.activate_titled(input.title)
    return await client.activate(database_id(input.id or "", Session))


@session.mutation(Session)
async def delete_session(info: Info, input: DeleteSessionInput) -> SessionRecord:
    """Take a session away for good, with its files. The active session cannot be deleted."""
    return await info.context.client(SessionClient).delete(database_id(input.id, Session))
