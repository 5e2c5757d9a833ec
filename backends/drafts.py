"""What the writers hand to the content service."""

from typing import Annotated

from pydantic import Field

from backends.copywriting import ContentType
from backends.document import Body
from backends.generations import Category, GeneratedType


class Draft(Body):
    title: Annotated[str, Field(min_length=1, max_length=300)]
    text: Annotated[str, Field(min_length=1, max_length=10_000)]
    hashtags: Annotated[list[str], Field(max_length=30, default_factory=list)]


class ContentDraft(Draft):
    """A first draft, about a listing or a character."""

    owner_id: Annotated[str, Field(min_length=1)]
    agent_id: str | None = None
    listing_id: str | None = None
    character_id: str | None = None
    task_id: str | None = None
    content_type: ContentType | GeneratedType
    prompt: Annotated[str, Field(max_length=2000)] | None = None
    category: Category | None = None
    is_nsfw: bool = False
