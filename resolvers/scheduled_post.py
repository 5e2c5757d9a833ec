"""Scheduled posts: what is to be published at a moment to come."""

from datetime import datetime
from enum import Enum
from typing import Annotated
from zoneinfo import ZoneInfo

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.graph import (
    ALL,
    ID,
    AnyId,
    ById,
    Info,
    Key,
    Node,
    Order,
    Pages,
    PagesBy,
    Parent,
    Query,
    RateLimit,
    Subgraph,
    database_id,
    described,
    order_text,
    value,
)
from clients.character import CharacterRecord
from clients.content import ContentRecord
from clients.publishing import ScheduledPostClient, ScheduledPostRecord
from clients.social_account import SocialAccountRecord
from resolvers.account import Viewer
from resolvers.character import Character, CharacterById
from resolvers.content import Content, ContentById
from resolvers.platform import Platform
from resolvers.post import Post, PostById
from resolvers.publication import PostType, query_of, with_own_ids
from resolvers.social_account import SocialAccount, SocialAccountById

scheduled_post = Subgraph("scheduled_post")


class ScheduledPostById(ById[ScheduledPostRecord]):
    collection = ScheduledPostClient


class ScheduledPosts(Pages[ScheduledPostRecord]):
    collection = ScheduledPostClient


class ScheduledPostsByCharacter(PagesBy[ScheduledPostRecord]):
    collection = ScheduledPostClient
    parent = "character_id"


class ScheduledPostsBySocialAccount(PagesBy[ScheduledPostRecord]):
    collection = ScheduledPostClient
    parent = "social_account_id"


class ScheduledPostsByContent(PagesBy[ScheduledPostRecord]):
    collection = ScheduledPostClient
    parent = "content_id"


@strawberry.enum(description="Where a scheduled post stands.")
class ScheduledPostStatus(Enum):
    SCHEDULED = value("scheduled", "Waiting for its moment.")
    PUBLISHING = value("publishing", "Its moment has come; being published.")
    PUBLISHED = value("published", "Published; see `post`.")
    CANCELLED = value("cancelled", "Not to be published after all.")
    FAILED = value("failed", "Could not be published; see `error`.")


@strawberry.enum(description="What scheduled posts can be ordered by.")
class ScheduledPostOrderField(Enum):
    SCHEDULED_AT = value("scheduled_at", "When it is to be published.")
    CREATED_AT = value("created_at", "When it was scheduled.")
    UPDATED_AT = value("updated_at", "When it was last changed.")


@scheduled_post.type(ScheduledPostRecord, by_id=ScheduledPostById)
class ScheduledPost(Node):
    """Something to be published on a social platform at a moment to come."""

    platform: Platform = described("On which platform.")
    post_type: PostType = described("In which form.")
    caption: str = described("What is said in it.")
    hashtags: list[str] = described("The hashtags that go with it, without the sign.")
    mentions: list[str] = described("Who is mentioned.")
    scheduled_at: datetime = described("When it is to be published.")
    timezone: str = described("The time zone it is planned in, by its name in the IANA database.")
    status: ScheduledPostStatus = described("Where it stands.")
    error: str | None = described("Why it could not be published.")
    created_at: datetime = described("When it was scheduled.")
    updated_at: datetime = described("When it was last changed.")


@strawberry.pydantic.input(description="Which scheduled posts; conditions add up.")
class ScheduledPostFilter(BaseModel):
    character_id: list[ID] | None = Field(
        None, max_length=100, description="Of one of these characters, by ids of either kind."
    )
    social_account_id: list[ID] | None = Field(
        None, max_length=100, description="On one of these accounts, by ids of either kind."
    )
    content_id: list[ID] | None = Field(
        None, max_length=100, description="With one of these pieces of content, by ids of either kind."
    )
    platform: list[Platform] | None = Field(None, description="On one of these platforms.")
    status: list[ScheduledPostStatus] | None = Field(None, description="In one of these states.")
    scheduled_from: datetime | None = Field(None, description="To be published at this moment or later.")
    scheduled_to: datetime | None = Field(None, description="To be published before this moment.")


FilterArgument = Annotated[ScheduledPostFilter | None, strawberry.argument(description="Which scheduled posts.")]
OrderArgument = Annotated[
    Order[ScheduledPostOrderField] | None, strawberry.argument(description="In which order; newest first.")
]


@scheduled_post.edge(Query, ScheduledPostById, returns=ScheduledPost, must_exist=True, name="scheduled_post")
def scheduled_post_by_id(id: AnyId) -> str:
    """One of the caller's scheduled posts."""
    return database_id(id, ScheduledPost)


@scheduled_post.connection(Query, ScheduledPosts, returns=ScheduledPost)
def scheduled_posts(filter: FilterArgument = None, order_by: OrderArgument = None) -> Key[str]:
    """What the caller has scheduled; what everybody has, for an admin."""
    return Key(ALL, {"filter": query_of(filter), "order": order_text(order_by)})


@scheduled_post.connection(Viewer, ScheduledPosts, returns=ScheduledPost, name="scheduled_posts")
def scheduled_posts_of_viewer(filter: FilterArgument = None, order_by: OrderArgument = None) -> Key[str]:
    """What the caller has scheduled; what everybody has, for an admin."""
    return Key(ALL, {"filter": query_of(filter), "order": order_text(order_by)})


@scheduled_post.field(ScheduledPost)
def local_time(scheduled_post: Parent[ScheduledPostRecord]) -> str:
    """What a clock in its time zone shows when it is published: `2025-01-16T09:00:00`."""
    moment = scheduled_post.scheduled_at.astimezone(ZoneInfo(scheduled_post.timezone))
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")


@scheduled_post.edge(ScheduledPost, CharacterById, returns=Character)
def character(scheduled_post: Parent[ScheduledPostRecord]) -> str | None:
    """The character whose post it will be."""
    return scheduled_post.character_id


@scheduled_post.edge(ScheduledPost, SocialAccountById, returns=SocialAccount)
def social_account(scheduled_post: Parent[ScheduledPostRecord]) -> str:
    """The account it is to be published on."""
    return scheduled_post.social_account_id


@scheduled_post.edge(ScheduledPost, ContentById, returns=Content)
def content(scheduled_post: Parent[ScheduledPostRecord]) -> str | None:
    """The content it shows first."""
    return scheduled_post.content_id


@scheduled_post.edge(ScheduledPost, ContentById, returns=Content, many=True)
def additional_contents(scheduled_post: Parent[ScheduledPostRecord]) -> list[str]:
    """The content it shows after that."""
    return scheduled_post.additional_content_ids


@scheduled_post.edge(ScheduledPost, PostById, returns=Post)
def post(scheduled_post: Parent[ScheduledPostRecord]) -> str | None:
    """The post that has become of it."""
    return scheduled_post.post_id


@scheduled_post.connection(Character, ScheduledPostsByCharacter, returns=ScheduledPost, name="scheduled_posts")
def scheduled_posts_of_character(
    character: Parent[CharacterRecord], filter: FilterArgument = None, order_by: OrderArgument = None
) -> Key[str]:
    """What is scheduled for the character."""
    query = query_of(filter, "character_id")
    return Key(character.id, {"filter": query, "order": order_text(order_by)})


@scheduled_post.connection(SocialAccount, ScheduledPostsBySocialAccount, returns=ScheduledPost, name="scheduled_posts")
def scheduled_posts_of_social_account(
    social_account: Parent[SocialAccountRecord], filter: FilterArgument = None, order_by: OrderArgument = None
) -> Key[str]:
    """What is scheduled for the account."""
    query = query_of(filter, "social_account_id")
    return Key(social_account.id, {"filter": query, "order": order_text(order_by)})


@scheduled_post.connection(Content, ScheduledPostsByContent, returns=ScheduledPost, name="scheduled_posts")
def scheduled_posts_of_content(
    content: Parent[ContentRecord], filter: FilterArgument = None, order_by: OrderArgument = None
) -> Key[str]:
    """The scheduled posts that show this content first."""
    query = query_of(filter, "content_id")
    return Key(content.id, {"filter": query, "order": order_text(order_by)})


@strawberry.pydantic.input(description="What to post where, and when.")
class SchedulePostInput(BaseModel):
    social_account_id: ID = Field(description="The account to post on, by an id of either kind.")
    character_id: ID | None = Field(None, description="The character whose post it is; the account's unless said.")
    scheduled_at: datetime = Field(description="When to publish it; a moment to come.")
    timezone: str = Field("UTC", max_length=64, description="The time zone it is planned in: `America/New_York`.")
    content_id: ID | None = Field(None, description="The content to show first, by an id of either kind.")
    additional_content_ids: list[ID] = Field(
        default_factory=list, max_length=9, description="The content to show after that."
    )
    caption: str = Field("", max_length=63_206, description="What to say; each platform has a limit of its own.")
    hashtags: list[str] = Field(default_factory=list, max_length=30, description="Hashtags, without the sign.")
    mentions: list[str] = Field(default_factory=list, max_length=30, description="Who to mention.")
    post_type: PostType = Field(PostType.POST, description="In which form.")


@strawberry.pydantic.input(description="What to change of a scheduled post; what is left out stays.")
class UpdateScheduledPostInput(BaseModel):
    id: ID = Field(description="The scheduled post's id, of either kind.")
    social_account_id: ID | None = Field(None, description="The account to post on, by an id of either kind.")
    scheduled_at: datetime | None = Field(None, description="When to publish it; a moment to come.")
    timezone: str | None = Field(None, max_length=64, description="The time zone it is planned in.")
    content_id: ID | None = Field(None, description="The content to show first; null removes it.")
    additional_content_ids: list[ID] | None = Field(None, max_length=9, description="The content to show after that.")
    caption: str | None = Field(None, max_length=63_206, description="What to say.")
    hashtags: list[str] | None = Field(None, max_length=30, description="Hashtags, without the sign.")
    mentions: list[str] | None = Field(None, max_length=30, description="Who to mention.")
    post_type: PostType | None = Field(None, description="In which form.")


@strawberry.pydantic.input(description="The scheduled post to cancel.")
class CancelScheduledPostInput(BaseModel):
    id: ID = Field(description="The scheduled post's id, of either kind.")


@scheduled_post.mutation(ScheduledPost, rate_limit=RateLimit("publishing", 5, by="character_id"))
async def schedule_post(info: Info, input: SchedulePostInput) -> ScheduledPostRecord:
    """Have a post published at a moment to come."""
    body = with_own_ids(input).model_dump(mode="json", exclude_none=True)
    return await info.context.client(ScheduledPostClient).create(body)


@scheduled_post.mutation(ScheduledPost)
async def update_scheduled_post(info: Info, input: UpdateScheduledPostInput) -> ScheduledPostRecord:
    """Change a scheduled post that waits for its moment."""
    change = with_own_ids(input).model_dump(mode="json", exclude_unset=True, exclude={"id"})
    return await info.context.client(ScheduledPostClient).update(database_id(input.id, ScheduledPost), change)


@scheduled_post.mutation(ScheduledPost)
async def cancel_scheduled_post(info: Info, input: CancelScheduledPostInput) -> ScheduledPostRecord:
    """Cancel a scheduled post that waits for its moment."""
    return await info.context.client(ScheduledPostClient).cancel(database_id(input.id, ScheduledPost))
