"""Generations: what is asked to be made for a character, and what has come of it."""

import hashlib
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from backends.document import Body, Document, Timestamp


class GeneratedType(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    TEXT = "text"


class Category(StrEnum):
    POST = "post"
    STORY = "story"
    REEL = "reel"


class GenerationStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


CONTENT_GENERATION_FAILED: Final = "CONTENT_GENERATION_FAILED"

VARIATIONS: Final = {GeneratedType.IMAGE: 2, GeneratedType.VIDEO: 1, GeneratedType.TEXT: 2}
"""How many pieces one generation makes."""

BLOCKED_WORDS: Final = frozenset({"fail-generation"})
"""What the sandbox refuses to make, so that failures can be seen."""

Prompt = Annotated[str, Field(min_length=1, max_length=2000)]
Side = Annotated[int, Field(ge=64, le=2048)]


class GenerationSettings(Body):
    """`seed` makes a generation repeatable; without one its id decides. Sides are in pixels."""

    steps: Annotated[int, Field(ge=1, le=150)] = 30
    cfg_scale: Annotated[float, Field(ge=1, le=30, allow_inf_nan=False)] = 7.5
    width: Side = 1024
    height: Side = 1024
    seed: Annotated[int, Field(ge=0, lt=2**31)] | None = None


class GenerationDraft(Body):
    """What a user asks for."""

    character_id: Annotated[str, Field(min_length=1, max_length=100)]
    content_type: GeneratedType
    prompt: Prompt
    negative_prompt: Annotated[str, Field(max_length=2000)] | None = None
    settings: GenerationSettings = Field(default_factory=GenerationSettings)
    category: Category = Category.POST
    is_nsfw: bool = False


class Generation(Document):
    character_id: str
    content_type: GeneratedType
    prompt: str
    negative_prompt: str | None
    settings: GenerationSettings
    category: Category
    is_nsfw: bool
    status: GenerationStatus = GenerationStatus.PENDING
    content_ids: list[str] = Field(default_factory=list)
    success_count: int = 0
    failure_count: int = 0
    started_at: Timestamp | None = None
    completed_at: Timestamp | None = None
    duration_seconds: float | None = None
    estimated_completion: Timestamp | None = None
    error: str | None = None
    error_code: str | None = None

    @property
    def is_over(self) -> bool:
        return self.status in (GenerationStatus.COMPLETED, GenerationStatus.FAILED)

    @property
    def piece_ids(self) -> list[str]:
        """The ids of the pieces it makes, the same at every attempt."""
        return [
            f"cnt_{hashlib.blake2s(f'{self.id} {number}'.encode(), digest_size=10).hexdigest()}"
            for number in range(VARIATIONS[self.content_type])
        ]

    @property
    def blocked_words(self) -> list[str]:
        return sorted(BLOCKED_WORDS & set(self.prompt.lower().split()))

    def seed_of(self, number: int) -> int:
        if self.settings.seed is not None:
            return self.settings.seed + number
        return int(hashlib.blake2s(self.id.encode()).hexdigest()[:7], 16) + number

    def end(self, at: Timestamp, error: str | None = None, code: str = CONTENT_GENERATION_FAILED) -> None:
        started = self.started_at or at
        self.status = GenerationStatus.FAILED if error else GenerationStatus.COMPLETED
        self.started_at, self.completed_at = started, at
        self.duration_seconds = round((at - started).total_seconds(), 3)
        self.success_count = len(self.content_ids)
        self.failure_count = len(self.piece_ids) - self.success_count
        self.error, self.error_code = error, code if error else None
