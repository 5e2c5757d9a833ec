"""What publishing asks of the other services: accounts to post to, content to post, characters to post as."""

from typing import Final

from pydantic import BaseModel, Field

from backends.peers import Peers
from backends.personas import Persona, look_up_persona
from backends.problem import FieldError, ProblemError, bad_input
from backends.social import ConnectionStatus, Platform

PLATFORM_CONNECTION_FAILED: Final = "PLATFORM_CONNECTION_FAILED"
NEVER_POSTED: Final = ("generating", "rejected")


class Account(BaseModel):
    """What is read of a social account."""

    id: str
    owner_id: str
    character_id: str | None = None
    platform: Platform
    account_username: str
    connection_status: ConnectionStatus

    @property
    def is_connected(self) -> bool:
        return self.connection_status is ConnectionStatus.CONNECTED


class Accounts(BaseModel):
    items: list[Account]


class Piece(BaseModel):
    """What is read of a piece of content."""

    id: str
    status: str
    text: str = ""


class Approval(BaseModel):
    action: str = "approve_and_post"


class Pieces(BaseModel):
    items: list[Piece]


class ActivePersona(Persona):
    """A character with whether it is at work."""

    status: str

    @property
    def is_active(self) -> bool:
        return self.status == "active"


class GenerationRequest(BaseModel):
    character_id: str
    content_type: str
    prompt: str
    category: str


class Generation(BaseModel):
    """What is read of a generation of content."""

    id: str
    status: str
    content_ids: list[str] = Field(default_factory=list)
    error: str | None = None

    @property
    def is_under_way(self) -> bool:
        return self.status in ("pending", "processing")


class Directory:
    """The other services, asked on behalf of a user, or of nobody for those who see everything."""

    def __init__(self, peers: Peers) -> None:
        self.peers = peers

    async def account(self, account_id: str, on_behalf_of: str | None) -> Account:
        """An account of the user's; raises 422 with the path of what names it."""
        try:
            return await self.peers.get("social", f"/accounts/{account_id}", Account, on_behalf_of=on_behalf_of)
        except ProblemError as error:
            if error.status != 404:
                raise
            message = f"There is no social account {account_id}."
            raise bad_input(["social_account_id"], message, "NOT_FOUND") from error

    async def connected_account(self, account_id: str, on_behalf_of: str | None) -> Account:
        """An account that the platform lets us use; raises 409 with PLATFORM_CONNECTION_FAILED otherwise."""
        account = await self.account(account_id, on_behalf_of)
        if not account.is_connected:
            detail = f"@{account.account_username} on {account.platform} is {account.connection_status}: connect it."
            refused = FieldError(["social_account_id"], detail, PLATFORM_CONNECTION_FAILED)
            raise ProblemError(409, detail, code=PLATFORM_CONNECTION_FAILED, errors=[refused])
        return account

    async def accounts_of(self, character_id: str, owner_id: str) -> list[Account]:
        """The connected accounts of a character."""
        path = f"/accounts?limit=100&order=created_at&character_id={character_id}"
        found = await self.peers.get("social", path, Accounts, on_behalf_of=owner_id)
        return [account for account in found.items if account.is_connected]

    async def character_of(self, account: Account, character_id: str | None, on_behalf_of: str | None) -> str | None:
        """The character to act as: the account's own, or for an account that has none the one that is named."""
        if character_id is None or character_id == account.character_id:
            return account.character_id
        persona = await self.persona(character_id, on_behalf_of)
        if account.character_id is not None:
            raise bad_input(["character_id"], f"@{account.account_username} is the account of another character.")
        return persona.id

    async def persona(self, character_id: str, on_behalf_of: str | None) -> Persona:
        return await look_up_persona(self.peers, character_id, on_behalf_of)

    async def check_content(self, ids: dict[str, str], on_behalf_of: str | None) -> None:
        """Raises 422 for content that is not there or must not be posted. `ids` are those of content, each with the
        path of what names it."""
        if not ids:
            return
        found = await self.peers.get("content", f"/content?ids={','.join(ids)}", Pieces, on_behalf_of=on_behalf_of)
        statuses = {piece.id: piece.status for piece in found.items}
        for content_id, path in ids.items():
            if content_id not in statuses:
                raise bad_input([path], f"There is no content {content_id}.", "NOT_FOUND")
            if statuses[content_id] in NEVER_POSTED:
                detail = f"Content that is {statuses[content_id]} cannot be posted."
                raise bad_input([path], detail, "INVALID_TRANSITION")

    async def active_persona(self, character_id: str, owner_id: str) -> ActivePersona:
        return await self.peers.get("characters", f"/characters/{character_id}", ActivePersona, on_behalf_of=owner_id)

    async def generate(self, request: GenerationRequest, owner_id: str, key: str) -> Generation:
        """Has content generated, once for a key."""
        return await self.peers.send(
            "POST", "content", "/generations", Generation, body=request, on_behalf_of=owner_id, idempotency_key=key
        )

    async def generation(self, generation_id: str, owner_id: str) -> Generation:
        return await self.peers.get("content", f"/generations/{generation_id}", Generation, on_behalf_of=owner_id)

    async def approve(self, content_id: str, owner_id: str, key: str) -> None:
        """Approves content that waits for it; content that somebody has decided on meanwhile stays as it is."""
        try:
            await self.peers.send(
                "POST",
                "content",
                f"/content/{content_id}/action",
                Piece,
                body=Approval(),
                on_behalf_of=owner_id,
                idempotency_key=key,
            )
        except ProblemError as error:
            if error.code != "INVALID_TRANSITION":
                raise

    async def use_content(self, content_id: str, key: str) -> None:
        """Has the library count that a piece was posted."""
        await self.peers.send("POST", "content", f"/content/{content_id}/use", Piece, idempotency_key=key)

    async def text_of(self, content_id: str, owner_id: str) -> str:
        return (await self.peers.get("content", f"/content/{content_id}", Piece, on_behalf_of=owner_id)).text
