"""Generations: having pictures, clips and posts made for a character."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.graph import (
    ID,
    AnyId,
    ById,
    Info,
    Key,
    Node,
    PagesBy,
    Parent,
    Query,
    RateLimit,
    Subgraph,
    database_id,
    described,
    filter_query,
    value,
)
from clients.character import CharacterRecord
from clients.content import ContentRecord, GenerationClient, GenerationRecord
from resolvers.character import Character, CharacterById
from resolvers.content import Content, ContentById, ContentCategory, GenerationSettings

generation = Subgraph(
    "generation", user_error_codes={"CONTENT_GENERATION_FAILED": "Nothing could be made of what was asked."}
)


class GenerationById(ById[GenerationRecord]):
    collection = GenerationClient


class GenerationsByCharacter(PagesBy[GenerationRecord]):
    collection = GenerationClient
    parent = "character_id"


@strawberry.enum(description="What can be made for a character.")
class GeneratedContentType(Enum):
    IMAGE = value("image", "Two pictures with captions.")
    VIDEO = value("video", "A short clip with a caption.")
    TEXT = value("text", "Two posts in the character's own words.")


@strawberry.enum(description="Where a generation stands.")
class GenerationStatus(Enum):
    PENDING = value("pending", "Waiting to begin.")
    PROCESSING = value("processing", "At work.")
    COMPLETED = value("completed", "Done; see `contents`.")
    FAILED = value("failed", "Ended by an error; see `error`.")


@generation.type(GenerationRecord, by_id=GenerationById)
class ContentGeneration(Node):
    """Content that is being made for a character, or was."""

    content_type: GeneratedContentType = described("What is made.")
    prompt: str = described("What it is made from.")
    negative_prompt: str | None = described("What to leave out.")
    settings: GenerationSettings = described("How it is made.")
    category: ContentCategory = described("Where on a platform it belongs.")
    is_nsfw: bool = described("Whether it is not safe for work.")
    status: GenerationStatus = described("Where it stands.")
    success_count: int = described("How many pieces were made.")
    failure_count: int = described("How many pieces could not be made.")
    started_at: datetime | None = described("When it began.")
    completed_at: datetime | None = described("When it ended.")
    duration_seconds: float | None = described("How long it took, in seconds.")
    estimated_completion: datetime | None = described("When it should be done.")
    error: str | None = described("Why it failed.")
    error_code: str | None = described("The kind of failure: `CONTENT_GENERATION_FAILED` or `STORAGE_ERROR`.")
    created_at: datetime = described("When it was asked for.")
    updated_at: datetime = described("When it was last changed.")


@strawberry.pydantic.input(description="Which generations; conditions add up.")
class ContentGenerationFilter(BaseModel):
    status: list[GenerationStatus] | None = Field(None, description="In one of these states.")
    content_type: list[GeneratedContentType] | None = Field(None, description="Of one of these kinds.")


FilterArgument = Annotated[ContentGenerationFilter | None, strawberry.argument(description="Which generations.")]


@generation.edge(Query, GenerationById, returns=ContentGeneration, must_exist=True)
def content_generation(id: AnyId) -> str:
    """One of the caller's generations, with its status and what has come of it."""
    return database_id(id, ContentGeneration)


@generation.edge(ContentGeneration, CharacterById, returns=Character)
def character(generation: Parent[GenerationRecord]) -> str:
    """The character it is for; null when that is gone."""
    return generation.character_id


@generation.edge(ContentGeneration, ContentById, returns=Content, many=True)
def contents(generation: Parent[GenerationRecord]) -> list[str]:
    """What it has made so far, without what was deleted since."""
    return generation.content_ids


@generation.edge(Content, GenerationById, returns=ContentGeneration, name="generation")
def generation_of_content(content: Parent[ContentRecord]) -> str | None:
    """The generation that made it."""
    return content.generation_id


@generation.connection(Character, GenerationsByCharacter, returns=ContentGeneration, name="generations")
def generations_of_character(character: Parent[CharacterRecord], filter: FilterArgument = None) -> Key[str]:
    """What has been asked for this character, newest first."""
    return Key(character.id, {"filter": filter_query(filter)})


@strawberry.pydantic.input(description="How to make a picture or a clip.")
class GenerationSettingsInput(BaseModel):
    steps: int | None = Field(None, ge=1, le=150, description="How much work to put into it; 30 unless said.")
    cfg_scale: float | None = Field(
        None, ge=1, le=30, description="How closely to keep to the prompt; 7.5 unless said."
    )
    width: int | None = Field(None, ge=64, le=2048, description="The width in pixels; 1024 unless said.")
    height: int | None = Field(
        None,
        ge=64,
        le=2048,
        description="The height in pixels; 1024 unless said. Clips have this shape, and are smaller.",
    )
    seed: int | None = Field(None, ge=0, description="Makes it repeatable; unset: chance decides.")


@strawberry.pydantic.input(description="What to make, and for which character.")
class GenerateContentInput(BaseModel):
    character_id: ID = Field(description="The character's id, of either kind.")
    content_type: GeneratedContentType = Field(description="What to make.")
    prompt: str = Field(min_length=1, max_length=2000, description="What to make it from.")
    negative_prompt: str | None = Field(None, max_length=2000, description="What to leave out.")
    settings: GenerationSettingsInput | None = Field(None, description="How to make it.")
    category: ContentCategory | None = Field(None, description="Where on a platform it belongs; `POST` unless said.")
    is_nsfw: bool | None = Field(None, description="Whether it is not safe for work; false unless said.")


@generation.mutation(ContentGeneration, rate_limit=RateLimit("generation", 10))
async def generate_content(info: Info, input: GenerateContentInput) -> GenerationRecord:
    """Have content made for a character. It is `PENDING` at first; `contentGeneration` shows how it gets on."""
    asked = input.model_dump(mode="json", exclude_none=True)
    asked["character_id"] = database_id(input.character_id, Character, "characterId")
    return await info.context.client(GenerationClient).begin(asked)
