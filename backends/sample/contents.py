"""The content of the sample data, in every state, and the finished tasks that wrote it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from backends.approval import ContentStatus
from backends.copywriting import ContentType, ListingFacts, write_copy
from backends.library import Content
from backends.listings import Listing
from backends.sample.listings import sample_listings
from backends.sample.seed import sample_id
from backends.tasks import StepStatus, Task, TaskKind, TaskStatus, planned_steps

STATUSES: Final = (
    ContentStatus.PENDING_APPROVAL_AGENT,
    ContentStatus.POSTED,
    ContentStatus.APPROVED,
    ContentStatus.PENDING_APPROVAL_AGENT,
    ContentStatus.REJECTED,
    ContentStatus.SENT_TO_MARKETING,
    ContentStatus.POSTED,
    ContentStatus.REVISIONS_REQUESTED,
    ContentStatus.MARKETING_RESPONDED,
    ContentStatus.GENERATING,
)
PIECES_PER_LISTING: Final = 2


def sample_contents() -> Iterator[Content]:
    for position, listing in enumerate(sample_listings()):
        facts = ListingFacts.model_validate(listing.model_dump())
        for piece, kind in enumerate(types_for(position)):
            yield sample_content(facts, kind, listing.created_at, position * PIECES_PER_LISTING + piece)


def sample_content(listing: ListingFacts, kind: ContentType, listed_at: datetime, number: int) -> Content:
    copy, status = write_copy(kind, listing), STATUSES[number * 3 % len(STATUSES)]
    created_at = listed_at + timedelta(hours=3, minutes=number % 50)
    content = Content(
        id=content_id(listing.id, kind),
        owner_id=listing.owner_id,
        agent_id=listing.agent_id,
        listing_id=listing.id,
        character_id=None,
        task_id=sample_id("tsk", listing.id),
        content_type=kind,
        title=copy.title,
        text=copy.text,
        hashtags=copy.hashtags,
        revision=1,
        created_at=created_at,
        updated_at=created_at + timedelta(minutes=number % 90),
    )
    content.move(status)
    if status is ContentStatus.POSTED:
        content.posted_at = content.updated_at
    if status is ContentStatus.REVISIONS_REQUESTED:
        content.feedback = "Please say more about the garden and the street."
    if status is ContentStatus.MARKETING_RESPONDED:
        content.marketing_response = "Good to go with the spring campaign."
    return content


def sample_tasks() -> Iterator[Task]:
    for position, listing in enumerate(sample_listings()):
        yield sample_task(listing, types_for(position))


def sample_task(listing: Listing, content_types: list[ContentType]) -> Task:
    steps, started_at = planned_steps(content_types), listing.created_at + timedelta(hours=2, minutes=58)
    for number, step in enumerate(steps):
        step.status, step.started_at = StepStatus.COMPLETED, started_at + timedelta(seconds=10 * number)
        step.finished_at = started_at + timedelta(seconds=10 * number + 9)
    finished_at = started_at + timedelta(seconds=10 * len(steps))
    return Task(
        id=sample_id("tsk", listing.id),
        owner_id=listing.owner_id,
        agent_id=listing.agent_id,
        kind=TaskKind.CREATE_CONTENT,
        status=TaskStatus.COMPLETED,
        progress=100,
        listing_id=listing.id,
        content_types=content_types,
        content_ids=[content_id(listing.id, kind) for kind in content_types],
        steps=steps,
        revision=2 * len(steps) + 1,
        started_at=started_at,
        finished_at=finished_at,
        created_at=started_at,
        updated_at=finished_at,
    )


def types_for(position: int) -> list[ContentType]:
    """The types written for the listing at that position."""
    kinds, first = list(ContentType), position * PIECES_PER_LISTING
    return [kinds[(first + piece) % len(kinds)] for piece in range(PIECES_PER_LISTING)]


def content_id(listing_id: str, kind: ContentType) -> str:
    return sample_id("cnt", f"{listing_id} {kind}")
