"""Sessions: the workspaces of a user, one of which is active."""

from typing import Annotated, Final

import httpx
from pydantic import BaseModel, Field
from starlette.responses import Response

from backends.authentication import AuthenticatedCaller, Caller
from backends.document import Body, Document, new_id
from backends.jobs import Payload
from backends.problem import FieldError, ProblemError, not_found
from backends.reading import answer
from backends.selection import Reads, containing, flag
from backends.service import Service, Serving, routes
from backends.settings import BackendSettings
from backends.storage import Table

NO_ACTIVE_SESSION: Final = "NO_ACTIVE_SESSION"

Title = Annotated[str, Field(min_length=1, max_length=120)]


class SessionDraft(Body):
    title: Title


class SessionTitle(Body):
    """Which session, by the name its owner gave it."""

    title: Annotated[str, Field(max_length=120)]


class Session(Document):
    title: str
    active: bool


class Cleared(BaseModel):
    """What a service says of what it took away with a session."""

    removed: int


router = routes()


class SessionService(Service):
    name = "sessions"
    routers = (router,)

    def __init__(self, settings: BackendSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings, http)
        self.sessions = Table(
            self.database, "sessions", Session, {"title": "TEXT $.title", "active": "INTEGER $.active"}
        )
        self.jobs.register("clear", self.clear)
        self.expose(
            "/sessions",
            Reads(
                self.sessions,
                noun="session",
                filters={"active": flag("active"), "search": containing("title")},
                orders=["created_at", "updated_at", "title"],
            ),
        )

    def active(self, owner_id: str) -> Session | None:
        found = self.sessions.where("owner_id = ? AND active", (owner_id,))
        return found[0] if found else None

    def titled(self, owner_id: str, title: str) -> Session | None:
        found = self.sessions.where("owner_id = ? AND title = ?", (owner_id, title))
        return found[0] if found else None

    def visible(self, session_id: str, caller: Caller) -> Session:
        session = self.sessions.find(session_id)
        if session is None or not caller.may_see(session.owner_id):
            raise not_found("session", session_id)
        return session

    def create(self, title: str, owner_id: str) -> Session:
        if self.titled(owner_id, title) is not None:
            message = f"There is a session called {title} already."
            raise ProblemError(409, message, errors=[FieldError(["title"], message, "SESSION_EXISTS")])
        return self.activate(Session(id=new_id("ses"), owner_id=owner_id, title=title, active=False))

    def activate(self, session: Session) -> Session:
        """Makes it the one active session of its owner."""
        with self.database.transaction():
            before = self.active(session.owner_id)
            if before is not None and before.id != session.id:
                before.active = False
                self.store(before)
            session.active = True
            self.store(session)
        return session

    def delete(self, session: Session) -> Session:
        if session.active:
            raise ProblemError(409, "The active session cannot be deleted: activate another.", code="SESSION_ACTIVE")
        with self.database.transaction():
            self.sessions.remove(session.id)
            self.outbox.tell("session.deleted", "session", session)
            self.jobs.add("clear", {"session_id": session.id})
        return session

    def store(self, session: Session) -> None:
        """Stores a change and tells of it; call it inside a transaction."""
        self.sessions.put(session)
        self.outbox.tell("session.changed", "session", session)

    async def clear(self, job: str, payload: Payload) -> None:
        """Has taken away what belongs to a deleted session: its files, and what was said in it."""
        path = f"/sessions/{payload['session_id']}"
        await self.peers.send("DELETE", "files", f"{path}/files", Cleared, idempotency_key=job)
        await self.peers.send("DELETE", "agents", f"{path}/chat", Cleared, idempotency_key=job)


ServingSessions = Annotated[SessionService, Serving]


@router.get("/sessions/active", response_model=Session)
async def read_active_session(caller: AuthenticatedCaller, service: ServingSessions) -> Response:
    session = service.active(caller.require_user())
    if session is None:
        raise ProblemError(404, "No session is active.", code=NO_ACTIVE_SESSION)
    return answer(session)


@router.post("/sessions", status_code=201, response_model=Session)
async def create_session(draft: SessionDraft, caller: AuthenticatedCaller, service: ServingSessions) -> Response:
    return answer(service.create(draft.title, caller.require_user()), 201)


@router.post("/sessions/activate", response_model=Session)
async def activate_titled_session(
    given: SessionTitle, caller: AuthenticatedCaller, service: ServingSessions
) -> Response:
    session = service.titled(caller.require_user(), given.title)
    if session is None:
        message = f"There is no session called {given.title}."
        raise ProblemError(404, message, errors=[FieldError(["title"], message, "NOT_FOUND")])
    return answer(service.activate(session))


@router.post("/sessions/{session_id}/activate", response_model=Session)
async def activate_session(session_id: str, caller: AuthenticatedCaller, service: ServingSessions) -> Response:
    return answer(service.activate(service.visible(session_id, caller)))


@router.delete("/sessions/{session_id}", response_model=Session)
async def delete_session(session_id: str, caller: AuthenticatedCaller, service: ServingSessions) -> Response:
    return answer(service.delete(service.visible(session_id, caller)))
