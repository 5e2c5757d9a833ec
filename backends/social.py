"""Social accounts: the platforms an agent has connected, through a sandbox that stands for them."""

import hashlib
from enum import StrEnum
from typing import Annotated, Literal

import httpx
from pydantic import Field
from starlette.responses import Response

from backends.authentication import AuthenticatedCaller, Caller
from backends.document import Body, Document, Timestamp, new_id, now
from backends.notices import EntityType, Notice, NoticeType
from backends.problem import FieldError, ProblemError
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


Secret = Annotated[str, Field(min_length=1, max_length=4000)]


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
    platform: Platform
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
                "platform": "TEXT $.platform",
                "is_active": "INTEGER $.is_active",
                "platform_account_id": "TEXT $.platform_account_id",
            },
            indexed=["agent_id"],
        )
        self.expose(
            "/accounts",
            Reads(
                self.accounts,
                noun="social account",
                filters={
                    "platform": among("platform", Platform),
                    "is_active": flag("is_active"),
                    "agent_id": among("agent_id"),
                },
                groups=["agent_id"],
            ),
        )

    def connect(self, connection: Connection, caller: Caller) -> tuple[SocialAccount, bool]:
        """The connected account, and whether it is new."""
        found = sandbox_account(connection, caller)
        known = self.accounts.where(
            "owner_id = ? AND platform = ? AND platform_account_id = ?",
            (found.owner_id, found.platform, found.platform_account_id),
        )
        account = known[0] if known else found
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


def sandbox_account(connection: Connection, caller: Caller) -> SocialAccount:
    """What the platform would say: one account for each user and name, unless the credentials are refused."""
    user_id = caller.require_user()
    for name, secret in credentials(connection).items():
        if secret.startswith(("expired", "invalid")):
            detail = f"{connection.platform.capitalize()} does not accept these credentials."
            refused = FieldError(["auth", name], detail, "PLATFORM_CONNECTION_FAILED")
            raise ProblemError(422, detail, code="PLATFORM_CONNECTION_FAILED", errors=[refused])
    auth = connection.auth
    username = auth.username if isinstance(auth, BrowserSession) else f"{user_id.removeprefix('usr_')[:12]}.homes"
    number = int(hashlib.blake2s(f"{connection.platform} {username}".encode()).hexdigest()[:10], 16)
    return SocialAccount(
        id=new_id("soc"),
        owner_id=user_id,
        agent_id=caller.agent_id,
        platform=connection.platform,
        platform_account_id=str(number),
        account_username=username,
        account_url=f"https://{connection.platform}.example.com/{username}",
        follower_count=number % 20_000,
    )


def credentials(connection: Connection) -> dict[str, str]:
    match connection.auth:
        case OAuth(code=code):
            return {"code": code}
        case ApiKey(api_key=api_key):
            return {"api_key": api_key}
        case BrowserSession(username=username, password=password):
            return {"username": username, "password": password}


ServingSocial = Annotated[SocialService, Serving]


@router.post("/accounts/connect")
async def connect_account(connection: Connection, caller: AuthenticatedCaller, service: ServingSocial) -> Response:
    account, is_new = service.connect(connection, caller)
    return answer(account, 201 if is_new else 200)
