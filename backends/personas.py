"""Who a character is, as every service sees it, and how a service finds out."""

from typing import Annotated

from pydantic import BaseModel, Field

from backends.document import Body
from backends.peers import Peers
from backends.problem import ProblemError, bad_input

CHARACTER_NOT_FOUND = "CHARACTER_NOT_FOUND"

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Word = Annotated[str, Field(min_length=1, max_length=60)]
Words = Annotated[list[Word], Field(max_length=30)]


class Personality(Body):
    """How a character comes across; shares are from 0 to 1."""

    extroversion: Share = 0.5
    creativity: Share = 0.5
    communication_style: Word = "casual"
    preferred_topics: Words = Field(default_factory=list)


class Persona(BaseModel):
    """What is read of a character elsewhere."""

    id: str
    owner_id: str
    name: str
    bio: str = ""
    location: str | None = None
    interests: list[str] = Field(default_factory=list)
    personality: Personality = Field(default_factory=Personality)


async def look_up_persona(peers: Peers, character_id: str, on_behalf_of: str | None) -> Persona:
    """The character that a body names in `character_id`; it must be the user's."""
    path = f"/characters/{character_id}"
    try:
        return await peers.get("characters", path, Persona, on_behalf_of=on_behalf_of)
    except ProblemError as error:
        if error.status != 404:
            raise
        message = f"There is no character {character_id}."
        raise bad_input(["character_id"], message, CHARACTER_NOT_FOUND) from error
