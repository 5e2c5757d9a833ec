"""Characters: the personas that content is made for."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.errors import BadUserInputError
from app.graph import (
    ALL,
    ID,
    URL,
    AnyId,
    ById,
    Info,
    Key,
    Node,
    Order,
    Pages,
    Query,
    Subgraph,
    database_id,
    described,
    filter_query,
    order_text,
    value,
)
from clients.character import CharacterClient, CharacterRecord
from resolvers.account import Viewer
from resolvers.platform import Platform

character = Subgraph(
    "character",
    user_error_codes={
        "CHARACTER_NOT_FOUND": "There is no such character, or it is not the caller's.",
        "INVALID_CONTENT_TYPE": "The file is of a kind that is not taken.",
        "STORAGE_ERROR": "The file cannot be stored: it is too large.",
    },
)


class CharacterById(ById[CharacterRecord]):
    collection = CharacterClient


class Characters(Pages[CharacterRecord]):
    collection = CharacterClient


@strawberry.enum(description="Where a character stands.")
class CharacterStatus(Enum):
    ACTIVE = value("active", "In use.")
    PAUSED = value("paused", "Its automation rests.")
    ERROR = value("error", "Its automation has failed; `resumeCharacter` tries again.")
    DELETED = value("deleted", "Taken away; only `deleteCharacter` shows it so.")


@strawberry.enum(description="What characters can be ordered by.")
class CharacterOrderField(Enum):
    CREATED_AT = value("created_at", "When the character was made.")
    UPDATED_AT = value("updated_at", "When it was last changed.")
    NAME = value("name", "The name.")


@strawberry.type(description="How a character comes across.")
class Personality:
    extroversion: float = described("How outgoing, from 0 to 1.")
    creativity: float = described("How inventive, from 0 to 1.")
    communication_style: str = described("How it speaks: `casual`, `formal`, `witty`, `inspiring`, or anything else.")
    preferred_topics: list[str] = described("What it likes to speak of.")


@strawberry.type(description="What a character looks like.")
class Appearance:
    hair_color: str | None = described("The colour of its hair.")
    eye_color: str | None = described("The colour of its eyes.")
    style_preferences: list[str] = described("How it likes to dress.")
    face_reference_image_url: URL | None = described("The picture its face is modelled on.")


@character.type(CharacterRecord, by_id=CharacterById)
class Character(Node):
    """A persona that content is made for."""

    name: str = described("What it is called.")
    bio: str = described("Who it is, in its own words.")
    age: int | None = described("How old it is, in years.")
    location: str | None = described("Where it lives.")
    timezone: str = described("Its time zone, by its name in the IANA database.")
    interests: list[str] = described("What it cares about.")
    profile_image_url: URL | None = described("Its picture.")
    status: CharacterStatus = described("Where it stands.")
    personality: Personality = described("How it comes across.")
    appearance: Appearance = described("What it looks like.")
    platforms: list[Platform] = described("The platforms it is meant for.")
    created_at: datetime = described("When it was made.")
    updated_at: datetime = described("When it was last changed.")


@strawberry.pydantic.input(description="Which characters; conditions add up.")
class CharacterFilter(BaseModel):
    status: list[CharacterStatus] | None = Field(None, description="In one of these states.")
    search: str | None = Field(None, max_length=200, description="With this in the name, the bio or the location.")


FilterArgument = Annotated[CharacterFilter | None, strawberry.argument(description="Which characters.")]
OrderArgument = Annotated[
    Order[CharacterOrderField] | None, strawberry.argument(description="In which order; newest first.")
]


def _key(filter: CharacterFilter | None, order_by: Order[CharacterOrderField] | None) -> Key[str]:
    return Key(ALL, {"filter": filter_query(filter), "order": order_text(order_by)})


def character_ids(given: list[ID] | None) -> list[str] | None:
    """The backend's ids in the `characterId` of a filter."""
    return None if given is None else [database_id(id, Character, "characterId") for id in given]


def refuse_other_characters(given: list[ID] | None) -> None:
    """For the lists of one character, where `characterId` would say it twice."""
    if given is not None:
        raise BadUserInputError("This list is of one character already.", field=["filter", "characterId"])


@character.edge(Query, CharacterById, returns=Character, must_exist=True, name="character")
def character_by_id(id: AnyId) -> str:
    """One of the caller's characters."""
    return database_id(id, Character)


@character.connection(Query, Characters, returns=Character)
def characters(filter: FilterArgument = None, order_by: OrderArgument = None) -> Key[str]:
    """The caller's characters; everybody's for an admin."""
    return _key(filter, order_by)


@character.connection(Viewer, Characters, returns=Character, name="characters")
def characters_of_viewer(filter: FilterArgument = None, order_by: OrderArgument = None) -> Key[str]:
    """The caller's characters; everybody's for an admin."""
    return _key(filter, order_by)


@strawberry.pydantic.input(description="How a character comes across.")
class PersonalityInput(BaseModel):
    extroversion: float | None = Field(None, ge=0, le=1, description="How outgoing, from 0 to 1; 0.5 unless said.")
    creativity: float | None = Field(None, ge=0, le=1, description="How inventive, from 0 to 1; 0.5 unless said.")
    communication_style: str | None = Field(
        None, min_length=1, max_length=60, description="How it speaks; `casual` unless said."
    )
    preferred_topics: list[str] | None = Field(None, max_length=30, description="What it likes to speak of.")


@strawberry.pydantic.input(description="What a character looks like.")
class AppearanceInput(BaseModel):
    hair_color: str | None = Field(None, max_length=60, description="The colour of its hair.")
    eye_color: str | None = Field(None, max_length=60, description="The colour of its eyes.")
    style_preferences: list[str] | None = Field(None, max_length=30, description="How it likes to dress.")
    face_reference_image: str | None = Field(
        None, max_length=1_000_000, description="The picture its face is modelled on: a URL, or base64 data."
    )


@strawberry.pydantic.input(description="A character to make.")
class CreateCharacterInput(BaseModel):
    name: str = Field(min_length=1, max_length=120, description="What it is called.")
    bio: str | None = Field(None, max_length=2000, description="Who it is, in its own words.")
    age: int | None = Field(None, ge=18, le=120, description="How old it is, in years.")
    location: str | None = Field(None, max_length=120, description="Where it lives.")
    timezone: str | None = Field(
        None, max_length=60, description="Its time zone, by its name in the IANA database; `UTC` unless said."
    )
    interests: list[str] | None = Field(None, max_length=30, description="What it cares about.")
    profile_image: str | None = Field(
        None,
        max_length=1_000_000,
        description="Its picture: a URL, or base64 data of a PNG, JPEG, GIF or WebP of at most 512 KiB.",
    )
    personality: PersonalityInput | None = Field(None, description="How it comes across.")
    appearance: AppearanceInput | None = Field(None, description="What it looks like.")
    platforms: list[Platform] | None = Field(None, max_length=20, description="The platforms it is meant for.")


@strawberry.pydantic.input(description="What to change of a character; what is left out stays.")
class UpdateCharacterInput(BaseModel):
    id: ID = Field(description="The character's id, of either kind.")
    name: str | None = Field(None, min_length=1, max_length=120, description="What it is called.")
    bio: str | None = Field(None, max_length=2000, description="Who it is, in its own words.")
    age: int | None = Field(None, ge=18, le=120, description="How old it is, in years; null removes it.")
    location: str | None = Field(None, max_length=120, description="Where it lives; null removes it.")
    timezone: str | None = Field(None, max_length=60, description="Its time zone, by its name in the IANA database.")
    interests: list[str] | None = Field(None, max_length=30, description="What it cares about.")
    profile_image: str | None = Field(
        None, max_length=1_000_000, description="Its picture: a URL, or base64 data; null removes it."
    )
    personality: PersonalityInput | None = Field(None, description="How it comes across; what is left out stays.")
    appearance: AppearanceInput | None = Field(None, description="What it looks like; what is left out stays.")
    platforms: list[Platform] | None = Field(None, max_length=20, description="The platforms it is meant for.")


@strawberry.pydantic.input(description="The character to delete.")
class DeleteCharacterInput(BaseModel):
    id: ID = Field(description="The character's id, of either kind.")


@strawberry.pydantic.input(description="The character to pause.")
class PauseCharacterInput(BaseModel):
    id: ID = Field(description="The character's id, of either kind.")


@strawberry.pydantic.input(description="The character to resume.")
class ResumeCharacterInput(BaseModel):
    id: ID = Field(description="The character's id, of either kind.")


@character.mutation(Character)
async def create_character(info: Info, input: CreateCharacterInput) -> CharacterRecord:
    """Make a character."""
    return await info.context.client(CharacterClient).create(input.model_dump(mode="json", exclude_none=True))


@character.mutation(Character)
async def update_character(info: Info, input: UpdateCharacterInput) -> CharacterRecord:
    """Change a character."""
    changes = input.model_dump(mode="json", exclude_unset=True, exclude={"id"})
    return await info.context.client(CharacterClient).update(database_id(input.id, Character), changes)


@character.mutation(Character)
async def delete_character(info: Info, input: DeleteCharacterInput) -> CharacterRecord:
    """Delete a character. What was made for it stays in the library."""
    return await info.context.client(CharacterClient).delete(database_id(input.id, Character))


@character.mutation(Character)
async def pause_character(info: Info, input: PauseCharacterInput) -> CharacterRecord:
    """Pause the automation of an active character."""
    return await info.context.client(CharacterClient).pause(database_id(input.id, Character))


@character.mutation(Character)
async def resume_character(info: Info, input: ResumeCharacterInput) -> CharacterRecord:
    """Resume the automation of a character that is paused or has failed."""
    return await info.context.client(CharacterClient).resume(database_id(input.id, Character))
