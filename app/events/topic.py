"""Topics: what events are filed under, so that an event concerns only the readers who asked for it."""

from collections.abc import Collection
from typing import NamedTuple

from app.events.event import CloudEvent


class Topic(NamedTuple):
    """Every event of a type, or only those of one subject or of one owner."""

    type: str
    subject: str | None = None
    owner: str | None = None


def topics_of(event: CloudEvent) -> list[Topic]:
    """The topics an event is filed under."""
    topics = [Topic(event.type)]
    if event.subject is not None:
        topics.append(Topic(event.type, subject=event.subject))
    if event.owner is not None:
        topics.append(Topic(event.type, owner=event.owner))
    return topics


def topics_for(types: Collection[str], subject: str | None, owner: str | None) -> list[Topic]:
    """The narrowest topics that hold all events of some types, one a type; no event is in two of them."""
    if subject is not None:
        return [Topic(type_, subject=subject) for type_ in sorted(set(types))]
    return [Topic(type_, owner=owner) for type_ in sorted(set(types))]
