"""What one service asks notifications to tell a user."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from backends.document import Body


class NoticeType(StrEnum):
    """The kinds of notification; an agent has a preference for each."""

    CONTENT_READY = "content_ready"
    CONTENT_DECISION = "content_decision"
    LISTING_UPDATE = "listing_update"
    SOCIAL_ACCOUNT = "social_account"
    TASK_FAILED = "task_failed"
    SYSTEM = "system"


class EntityType(StrEnum):
    LISTING = "listing"
    CONTENT = "content"
    TASK = "task"
    SOCIAL_ACCOUNT = "social_account"


class Notice(Body):
    owner_id: Annotated[str, Field(min_length=1)]
    type: NoticeType
    title: Annotated[str, Field(min_length=1, max_length=200)]
    message: Annotated[str, Field(max_length=2000)]
    related_entity_type: EntityType | None = None
    related_entity_id: str | None = None


class Delivered(BaseModel):
    """The answer to a notice, of which nothing is needed."""
