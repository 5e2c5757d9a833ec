"""Accounts: users, agent profiles, customers and the tokens they sign in with."""

import secrets
from datetime import timedelta
from typing import Annotated, Final, Literal

import httpx
from pydantic import BaseModel, EmailStr, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from backends import customers
from backends.authentication import AuthenticatedCaller, Caller
from backends.credentials import Passwords, RefreshTokens, RevokedTokens, create_tables
from backends.customers import Customers
from backends.document import Answered, Body, Document, new_id
from backends.notices import NoticeType
from backends.problem import FieldError, ProblemError, not_found
from backends.reading import answer, answer_read
from backends.selection import Reads, among, select_one
from backends.service import Service, Serving, routes
from backends.settings import BackendSettings
from backends.storage import Table

PLATFORM_ADMIN: Final = "usr_platform_admin"
PLATFORM_ADMIN_EMAIL: Final = "platform-admin@example.com"

Password = Annotated[str, StringConstraints(strip_whitespace=False, max_length=1024)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Phone = Annotated[str, Field(min_length=3, max_length=40)]


class Login(Body):
    email: EmailStr
    password: Password


class AdminLogin(Body):
    api_key: Password


class Registration(Body):
    email: EmailStr
    password: Annotated[Password, Field(min_length=8)]
    agent_name: Name
    phone: Phone | None = None


class Refresh(Body):
    refresh_token: str


class Logout(Body):
    refresh_token: str | None = None


class ProfileChange(Body):
    """Only what is sent is changed; a null phone removes it."""

    name: Name = ""
    phone: Phone | None = None
    email: EmailStr = ""


class PreferenceChange(Body):
    preferences: dict[NoticeType, bool]


class User(Document):
    email: str
    roles: list[str]
    agent_id: str | None


class Agent(Document):
    user_id: str
    name: str
    email: str
    phone: str | None
    notification_preferences: dict[NoticeType, bool]


class Grant(Answered):
    """What a sign-in gives."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 -- the scheme
    expires_in: int
    user: User
    agent: Agent | None


class Revocation(BaseModel):
    token_id: str
    expires_at: int


public = routes(public=True)
router = routes()


class AccountService(Service):
    name = "accounts"
    routers = (public, router, customers.router)

    def __init__(self, settings: BackendSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings, http)
        create_tables(self.database)
        self.passwords = Passwords(self.database)
        self.refresh_tokens = RefreshTokens(self.database, timedelta(days=settings.refresh_expiration_days))
        self.revoked_tokens = RevokedTokens(self.database)
        self.users = Table(self.database, "users", User, {"email": "TEXT $.email"}, unique=["email"])
        self.agents = Table(self.database, "agents", Agent, {"user_id": "TEXT $.user_id"}, unique=["user_id"])
        self.customers = Customers(self)
        self.user_reads = Reads(self.users, noun="user")
        self.agent_reads = Reads(
            self.agents,
            noun="agent",
            filters={"user_id": among("user_id")},
            groups=["user_id"],
            is_public=True,
            private=["notification_preferences"],
        )
        self.expose("/users", self.user_reads)
        self.expose("/agents", self.agent_reads)

    def is_revoked(self, token_id: str) -> bool:
        return token_id in self.revoked_tokens

    async def register(self, registration: Registration) -> Grant:
        hashed = await self.passwords.hash(registration.password)
        user_id, agent_id, email = new_id("usr"), new_id("agt"), registration.email.lower()
        user = User(id=user_id, owner_id=user_id, email=email, roles=["agent"], agent_id=agent_id)
        agent = Agent(
            id=agent_id,
            owner_id=user_id,
            user_id=user_id,
            name=registration.agent_name,
            email=email,
            phone=registration.phone,
            notification_preferences=dict.fromkeys(NoticeType, True),
        )
        with self.database.transaction():
            if self.users.find_by("email", email) is not None:
                taken = "This email address already has an account."
                raise ProblemError(409, taken, code="EMAIL_TAKEN", errors=[FieldError(["email"], taken, "EMAIL_TAKEN")])
            self.users.put(user)
            self.agents.put(agent)
            self.passwords.store(user_id, hashed)
            return self.grant(user, agent, family=new_id("ses"))

    async def login(self, login: Login) -> Grant:
        user = self.users.find_by("email", login.email.lower())
        if not await self.passwords.matches(user.id if user else None, login.password) or user is None:
            raise ProblemError(401, "The email address or the password is wrong.", code="INVALID_CREDENTIALS")
        with self.database.transaction():
            return self.grant(user, self.agents.find_by("user_id", user.id), family=new_id("ses"))

    def login_admin(self, login: AdminLogin) -> Grant:
        """Whoever has the key is the platform's admin, a user of its own with no password."""
        expected = self.settings.admin_api_key.get_secret_value()
        if not secrets.compare_digest(login.api_key.encode(), expected.encode()):
            raise ProblemError(401, "The API key is wrong.", code="INVALID_API_KEY")
        with self.database.transaction():
            user = self.users.find(PLATFORM_ADMIN)
            if user is None:
                user = User(
                    id=PLATFORM_ADMIN,
                    owner_id=PLATFORM_ADMIN,
                    email=PLATFORM_ADMIN_EMAIL,
                    roles=["admin"],
                    agent_id=None,
                )
                self.users.put(user)
            return self.grant(user, None, family=new_id("ses"))

    def refresh(self, refresh_token: str) -> Grant:
        """No transaction: what a reuse has revoked must stay revoked when it is refused."""
        user_id, family = self.refresh_tokens.rotate(refresh_token)
        user = self.users.find(user_id)
        if user is None:
            raise ProblemError(401, "The user is no longer there.", code="INVALID_REFRESH_TOKEN")
        return self.grant(user, self.agents.find_by("user_id", user_id), family)

    def grant(self, user: User, agent: Agent | None, family: str) -> Grant:
        claims = {
            "sub": user.id,
            "email": user.email,
            "roles": user.roles,
            "scope": " ".join(user.roles),
            "sid": family,
        }
        if agent is not None:
            claims["agent_id"] = agent.id
        access_token, expires_in = self.tokens.issue(claims)
        return Grant(
            access_token=access_token,
            refresh_token=self.refresh_tokens.issue(user.id, family),
            expires_in=expires_in,
            user=user,
            agent=agent,
        )

    def logout(self, caller: Caller, refresh_token: str | None) -> None:
        user_id = caller.require_user()
        revocation = Revocation(token_id=caller.token_id, expires_at=caller.token_expires_at)
        with self.database.transaction():
            self.refresh_tokens.revoke(user_id, caller.session_id)
            if refresh_token is not None:
                self.refresh_tokens.revoke_family_of(user_id, refresh_token)
            if caller.token_id:
                self.revoked_tokens.add(revocation.token_id, revocation.expires_at)
                data = revocation.model_dump_json()
                self.outbox.add("token.revoked", subject=caller.token_id, owner=user_id, data=data)

    def agent_of(self, caller: Caller) -> Agent:
        agent = self.agents.find_by("user_id", caller.require_user())
        if agent is None:
            raise ProblemError(404, "You have no agent profile.")
        return agent

    def change(self, agent: Agent) -> Agent:
        with self.database.transaction():
            self.agents.put(agent)
        return agent


ServingAccounts = Annotated[AccountService, Serving]


def granted(grant: Grant, status: int = 200) -> Response:
    return Response(
        grant.model_dump_json(),
        status_code=status,
        headers={"Cache-Control": "no-store"},
        media_type="application/json",
    )


@public.post("/auth/register", status_code=201, response_model=Grant)
async def register(registration: Registration, service: ServingAccounts) -> Response:
    return granted(await service.register(registration), 201)


@public.post("/auth/login", response_model=Grant)
async def login(credentials: Login, service: ServingAccounts) -> Response:
    return granted(await service.login(credentials))


@public.post("/auth/admin", response_model=Grant)
async def login_admin(credentials: AdminLogin, service: ServingAccounts) -> Response:
    return granted(service.login_admin(credentials))


@public.post("/auth/refresh", response_model=Grant)
async def refresh(body: Refresh, service: ServingAccounts) -> Response:
    return granted(service.refresh(body.refresh_token))


@router.post("/auth/logout", status_code=204)
async def logout(caller: AuthenticatedCaller, service: ServingAccounts, body: Logout | None = None) -> Response:
    service.logout(caller, body.refresh_token if body else None)
    return Response(status_code=204)


@router.get("/users/me", response_model=User)
async def read_own_user(request: Request, caller: AuthenticatedCaller, service: ServingAccounts) -> Response:
    user_id = caller.require_user()
    found = select_one(service.user_reads, caller, user_id).one()
    if found is None:
        raise not_found("user", user_id)
    return answer_read(request, found.encode())


@router.get("/agents/me", response_model=Agent)
async def read_own_agent(request: Request, caller: AuthenticatedCaller, service: ServingAccounts) -> Response:
    return answer_read(request, service.agent_of(caller).model_dump_json().encode())


@router.patch("/agents/me", response_model=Agent)
async def change_own_agent(change: ProfileChange, caller: AuthenticatedCaller, service: ServingAccounts) -> Response:
    agent = service.agent_of(caller)
    for name, value in change.model_dump(exclude_unset=True).items():
        setattr(agent, name, value)
    return answer(service.change(agent))


@router.put("/agents/me/notification-preferences", response_model=Agent)
async def change_preferences(
    change: PreferenceChange, caller: AuthenticatedCaller, service: ServingAccounts
) -> Response:
    agent = service.agent_of(caller)
    agent.notification_preferences |= change.preferences
    return answer(service.change(agent))
