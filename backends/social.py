"""Social accounts: the platforms an agent or a character is on, through a sandbox that stands for them."""

import hashlib
from enum import StrEnum
from typing import Annotated, Literal

import httpx
from pydantic import Field, StringConstraints
from starlette.responses import Response

from backends.authentication import AuthenticatedCaller, Caller
from backends.document import Body, Document, Timestamp, new_id, now
from backends.notices import EntityType, Notice, NoticeType
from backends.personas import Persona, look_up_persona
from backends.problem import FieldError, ProblemError, not_found
from backends.reading import answer
from backends.selection import Reads, among, flag
from backends.service import Service, Serving, routes
from backends.settings import BackendSettings
from backends.storage import Table


class Platform(StrEnum):
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"
    TWITTER = "twitter"
    LINKEDIN = "linkedin"
    TIKTOK = "tiktok"


class ConnectionStatus(StrEnum):
    CONNECTED = "connected"
    EXPIRED = "expired"
    DISCONNECTED = "disconnected"


Secret = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=4000)]


class OAuth(Body):
    type: Literal["oauth"]
    code: Secret


class ApiKey(Body):
    type: Literal["api_key"]
    api_key: Secret


class BrowserSession(Body):
    type: Literal["browser_session"]
    username: Secret
    password: Secret


class Connection(Body):
    """The account is the character's, if one is named, and the agent's otherwise."""

    platform: Platform
    character_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    auth: OAuth | ApiKey | BrowserSession = Field(discriminator="type")


class SocialAccount(Document):
    agent_id: str | None
    character_id: str | None = None
    platform: Platform
    platform_account_id: str
    account_username: str
    account_url: str
    is_active: bool = True
    connection_status: ConnectionStatus = ConnectionStatus.CONNECTED
    follower_count: int
    connected_at: Timestamp = Field(default_factory=now)
    last_synced_at: Timestamp | None = None


router = routes()


class SocialService(Service):
    name = "social"
    routers = (router,)

    def __init__(self, settings: BackendSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings, http)
        self.accounts = Table(
            self.database,
            "accounts",
            SocialAccount,
            {
                "agent_id": "TEXT $.agent_id",
                "character_id": "TEXT $.character_id",
                "connection_status": "TEXT $.connection_status",
                "platform": "TEXT $.platform",
                "is_active": "INTEGER $.is_active",
                "platform_account_id": "TEXT $.platform_account_id",
            },
            indexed=["agent_id", "character_id"],
        )
        self.expose(
            "/accounts",
            Reads(
                self.accounts,
                noun="social account",
                filters={
                    "platform": among("platform", Platform),
                    "is_active": flag("is_active"),
                    "is_connected": flag(f"(connection_status = '{ConnectionStatus.CONNECTED}')"),
                    "agent_id": among("agent_id"),
                    "character_id": among("character_id"),
                },
                groups=["agent_id", "character_id"],
            ),
        )

    async def connect(self, connection: Connection, caller: Caller) -> tuple[SocialAccount, bool]:
        """The connected account, and whether it is new."""
        user_id, persona = caller.require_user(), None
        if connection.character_id is not None:
            persona = await look_up_persona(self.peers, connection.character_id, caller.sees_only)
        found = sandbox_account(connection, user_id, caller.agent_id, persona)
        known = self.accounts.where(
            "owner_id = ? AND platform = ? AND platform_account_id = ?",
            (found.owner_id, found.platform, found.platform_account_id),
        )
        account = known[0] if known else found
        account.agent_id, account.character_id = found.agent_id, found.character_id
        account.is_active, account.connection_status = True, ConnectionStatus.CONNECTED
        account.connected_at = account.last_synced_at = now()
        with self.database.transaction():
            self.accounts.put(account)
            self.outbox.tell("account.connected", "account", account)
            self.notify(
                Notice(
                    owner_id=account.owner_id,
                    type=NoticeType.SOCIAL_ACCOUNT,
                    title=f"{account.platform.capitalize()} is connected",
                    message=f"@{account.account_username} can now be posted to.",
                    related_entity_type=EntityType.SOCIAL_ACCOUNT,
                    related_entity_id=account.id,
                )
            )
        return account, not known

    def visible(self, account_id: str, caller: Caller) -> SocialAccount:
        account = self.accounts.find(account_id)
        if account is None or not caller.may_see(account.owner_id):
            raise not_found("social account", account_id)
        return account

    def disconnect(self, account: SocialAccount) -> SocialAccount:
        """Gives the platform's permission back; nothing is posted to the account from then on."""
        if account.connection_status is ConnectionStatus.DISCONNECTED:
            raise ProblemError(409, "The account is already disconnected.", code="INVALID_TRANSITION")
        account.is_active, account.connection_status = False, ConnectionStatus.DISCONNECTED
        with self.database.transaction():
            self.accounts.put(account)
            self.outbox.tell("account.disconnected", "account", account)
        return account

    def sync(self, account: SocialAccount) -> SocialAccount:
        """Reads the account's figures from the platform."""
        if account.connection_status is not ConnectionStatus.CONNECTED:
            detail = f"The account is {account.connection_status}: connect it again."
            raise ProblemError(409, detail, code="PLATFORM_CONNECTION_FAILED")
        account.follower_count = sandbox_followers(account)
        account.last_synced_at = now()
        with self.database.transaction():
            self.accounts.put(account)
        return account


def sandbox_followers(account: SocialAccount) -> int:
    """A few more than before, the same for the same account and number."""
    return account.follower_count + 1 + sandbox_number(f"{account.id} {account.follower_count}") % 40


def sandbox_number(text: str) -> int:
    return int(hashlib.blake2s(text.encode()).hexdigest()[:10], 16)


def sandbox_account(
    connection: Connection, user_id: str, agent_id: str | None, persona: Persona | None
) -> SocialAccount:
    """What the platform would say: one account for each owner and name, unless the credentials are refused."""
    for name, secret in credentials(connection).items():
        if secret.startswith(("expired", "invalid")):
            detail = f"{connection.platform.capitalize()} does not accept these credentials."
            refused = FieldError(["auth", name], detail, "PLATFORM_CONNECTION_FAILED")
            raise ProblemError(422, detail, code="PLATFORM_CONNECTION_FAILED", errors=[refused])
    auth = connection.auth
    username = auth.username if isinstance(auth, BrowserSession) else sandbox_username(user_id, persona)
    number = sandbox_number(f"{connection.platform} {username}")
    return SocialAccount(
        id=new_id("soc"),
        owner_id=persona.owner_id if persona else user_id,
        agent_id=None if persona else agent_id,
        character_id=persona.id if persona else None,
        platform=connection.platform,
        platform_account_id=str(number),
        account_username=username,
        account_url=f"https://{connection.platform}.example.com/{username}",
        follower_count=number % 20_000,
    )


def sandbox_username(user_id: str, persona: Persona | None) -> str:
    if persona is None:
        return f"{user_id.removeprefix('usr_')[:12]}.homes"
    name = "".join(letter if letter.isascii() and letter.isalnum() else "." for letter in persona.name.lower())
    return f"{name}.{persona.id[-4:]}"


def credentials(connection: Connection) -> dict[str, str]:
    match connection.auth:
        case OAuth(code=code):
            return {"code": code}
        case ApiKey(api_key=api_key):
            return {"api_key": api_key}
        case BrowserSession(username=username, password=password):
            return {"username": username, "password": password}


ServingSocial = Annotated[SocialService, Serving]


@router.post("/accounts/connect", status_code=201, response_model=SocialAccount)
async def connect_account(connection: Connection, caller: AuthenticatedCaller, service: ServingSocial) -> Response:
    account, is_new = await service.connect(connection, caller)
    return answer(account, 201 if is_new else 200)


@router.post("/accounts/{account_id}/disconnect", response_model=SocialAccount)
async def disconnect_account(account_id: str, caller: AuthenticatedCaller, service: ServingSocial) -> Response:
    return answer(service.disconnect(service.visible(account_id, caller)))


@router.post("/accounts/{account_id}/sync", response_model=SocialAccount)
async def sync_account(account_id: str, caller: AuthenticatedCaller, service: ServingSocial) -> Response:
    return answer(service.sync(service.visible(account_id, caller)))
