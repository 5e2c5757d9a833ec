"""Updates: what happens to the caller's characters, posts and accounts, as one stream."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from app.graph import After, Info, Key, Loader, Parent, Subgraph, described, value
from app.graph.change import change_of
from app.graph.context import Logged
from clients.content import ContentRecord, GenerationRecord
from clients.publishing import EngagementActionRecord, FailureRecord, PostRecord
from clients.social_account import SocialAccountRecord
from resolvers.automation import AutomationRule, AutomationRuleById
from resolvers.content import Content
from resolvers.engagement import EngagementAction, EngagementActionById
from resolvers.generation import ContentGeneration
from resolvers.post import Post, PostById
from resolvers.scheduled_post import ScheduledPost, ScheduledPostById
from resolvers.social_account import SocialAccount

update = Subgraph("update")

LOADERS: Mapping[str, type[Loader[str, Any]]] = {
    "post": PostById,
    "scheduled_post": ScheduledPostById,
    "automation_rule": AutomationRuleById,
    "engagement_action": EngagementActionById,
}
"""How the backend names what has failed, and what loads it."""

FailureSubject = Annotated[
    Post | ScheduledPost | AutomationRule | EngagementAction,
    strawberry.union("FailureSubject", description="What has failed."),
]


@update.type(FailureRecord)
class Failure:
    """What went wrong with work that nobody waited for."""

    code: str = described("What kind of thing went wrong: `PLATFORM_CONNECTION_FAILED`, `PLATFORM_ERROR` or another.")
    message: str = described("What went wrong, to be shown to the user.")


@update.edge(Failure, tuple(LOADERS.values()), returns=FailureSubject)
def subject(failure: Parent[FailureRecord]) -> Key[str] | None:
    """What has failed; null when that is gone."""
    loader = LOADERS.get(failure.source)
    return Key(failure.source_id, loader=loader) if loader else None


@dataclass(frozen=True, slots=True)
class HappenedRecord:
    """One event; what it is a record of tells its type."""

    cursor: str
    time: datetime


@strawberry.type(description="What all updates have.")
class Happened:
    cursor: str = described("The event's place in the log; give it as `after` to go on from here.")
    time: datetime = described("When it happened.")


@dataclass(frozen=True, slots=True)
class PostPublishedRecord(HappenedRecord):
    post: PostRecord


@update.type(PostPublishedRecord)
class PostPublished(Happened):
    """A post was published."""

    post: Post = described("The post.")


@dataclass(frozen=True, slots=True)
class ContentGeneratedRecord(HappenedRecord):
    content: ContentRecord


@update.type(ContentGeneratedRecord)
class ContentGenerated(Happened):
    """A piece of content was made for a character."""

    content: Content = described("The piece.")


@dataclass(frozen=True, slots=True)
class GenerationCompletedRecord(HappenedRecord):
    generation: GenerationRecord


@update.type(GenerationCompletedRecord)
class GenerationCompleted(Happened):
    """A generation has come to its end."""

    generation: ContentGeneration = described("The generation.")


@dataclass(frozen=True, slots=True)
class GenerationFailedRecord(HappenedRecord):
    generation: GenerationRecord


@update.type(GenerationFailedRecord)
class GenerationFailed(Happened):
    """A generation has failed."""

    generation: ContentGeneration = described("The generation, with why.")


@dataclass(frozen=True, slots=True)
class EngagementActionCompletedRecord(HappenedRecord):
    action: EngagementActionRecord


@update.type(EngagementActionCompletedRecord)
class EngagementActionCompleted(Happened):
    """A like, a comment or a follow was done."""

    action: EngagementAction = described("The action.")


@dataclass(frozen=True, slots=True)
class AccountConnectedRecord(HappenedRecord):
    account: SocialAccountRecord


@update.type(AccountConnectedRecord)
class AccountConnected(Happened):
    """An account was connected."""

    account: SocialAccount = described("The account.")


@dataclass(frozen=True, slots=True)
class AccountDisconnectedRecord(HappenedRecord):
    account: SocialAccountRecord


@update.type(AccountDisconnectedRecord)
class AccountDisconnected(Happened):
    """An account was disconnected."""

    account: SocialAccount = described("The account.")


@dataclass(frozen=True, slots=True)
class ErrorOccurredRecord(HappenedRecord):
    error: FailureRecord


@update.type(ErrorOccurredRecord)
class ErrorOccurred(Happened):
    """Something went wrong that nobody waited for."""

    error: Failure = described("What, and with what.")


Update = Annotated[
    PostPublished
    | ContentGenerated
    | GenerationCompleted
    | GenerationFailed
    | EngagementActionCompleted
    | AccountConnected
    | AccountDisconnected
    | ErrorOccurred,
    strawberry.union("Update", description="Something that has happened."),
]


@strawberry.enum(description="What can happen.")
class UpdateType(Enum):
    POST_PUBLISHED = value("post.published", "`PostPublished`.")
    CONTENT_GENERATED = value("content.generated", "`ContentGenerated`.")
    GENERATION_COMPLETED = value("generation.completed", "`GenerationCompleted`.")
    GENERATION_FAILED = value("generation.failed", "`GenerationFailed`.")
    ENGAGEMENT_ACTION_COMPLETED = value("engagement.completed", "`EngagementActionCompleted`.")
    ACCOUNT_CONNECTED = value("account.connected", "`AccountConnected`.")
    ACCOUNT_DISCONNECTED = value("account.disconnected", "`AccountDisconnected`.")
    ERROR_OCCURRED = value("error.occurred", "`ErrorOccurred`.")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a type of event is read as, and where in its data the thing is that it is about."""

    happened: type[Any]
    record: type[Any]
    member: str


KINDS: Mapping[str, Kind] = {
    "post.published": Kind(PostPublishedRecord, PostRecord, "post"),
    "content.generated": Kind(ContentGeneratedRecord, ContentRecord, "content"),
    "generation.completed": Kind(GenerationCompletedRecord, GenerationRecord, "generation"),
    "generation.failed": Kind(GenerationFailedRecord, GenerationRecord, "generation"),
    "engagement.completed": Kind(EngagementActionCompletedRecord, EngagementActionRecord, "action"),
    "account.connected": Kind(AccountConnectedRecord, SocialAccountRecord, "account"),
    "account.disconnected": Kind(AccountDisconnectedRecord, SocialAccountRecord, "account"),
    "error.occurred": Kind(ErrorOccurredRecord, FailureRecord, "error"),
}

TypesArgument = Annotated[
    list[UpdateType] | None, strawberry.argument(description="Only these types; all of them unless said.")
]


@update.subscription(Update, is_event=True)
def updates(info: Info, types: TypesArgument = None, after: After = None) -> AsyncGenerator[HappenedRecord, None]:
    """What happens to what is the caller's, from now on or from after a cursor."""
    wanted = KINDS if types is None else [type.value for type in types]
    return _shown(info.context.follow(*wanted, after=after))


async def _shown(source: AsyncGenerator[Logged, None]) -> AsyncGenerator[HappenedRecord, None]:
    async with aclosing(source):
        async for logged in source:
            kind = KINDS[logged.event.type]
            change = change_of(logged, kind.record, kind.member)
            if change is not None:
                yield kind.happened(cursor=change.cursor, time=change.time, **{kind.member: change.record})
