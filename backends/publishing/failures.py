"""Failures of work that nobody waits for: told as events, and to the owner."""

from enum import StrEnum

from backends.document import Document, new_id
from backends.notices import EntityType, Notice, NoticeType
from backends.service import Service


class FailureSource(StrEnum):
    POST = "post"
    SCHEDULED_POST = "scheduled_post"
    AUTOMATION_RULE = "automation_rule"
    ENGAGEMENT_ACTION = "engagement_action"


class Failure(Document):
    """What went wrong, and with what."""

    source: FailureSource
    source_id: str
    character_id: str | None
    code: str
    message: str


def tell_failure(
    service: Service,
    source: FailureSource,
    about: Document,
    character_id: str | None,
    message: str,
    code: str = "PLATFORM_ERROR",
    social_account_id: str | None = None,
) -> None:
    """Call it inside the transaction in which the failure is stored."""
    failure = Failure(
        id=new_id("err"),
        owner_id=about.owner_id,
        source=source,
        source_id=about.id,
        character_id=character_id,
        code=code,
        message=message,
    )
    service.outbox.tell("error.occurred", "error", failure)
    service.notify(
        Notice(
            owner_id=about.owner_id,
            type=NoticeType.SYSTEM,
            title=f"A {source.replace('_', ' ')} has failed",
            message=message,
            related_entity_type=EntityType.SOCIAL_ACCOUNT if social_account_id else None,
            related_entity_id=social_account_id,
        )
    )
