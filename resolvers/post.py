"""Posts: what is published on the social platforms."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

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
from clients.publishing import PostClient, PostRecord
from clients.social_account import SocialAccountRecord
from resolvers.account import Viewer
from resolvers.character import Character, CharacterById
from resolvers.content import Content, ContentById
from resolvers.platform import Platform
from resolvers.publication import PostType, query_of, with_own_ids
from resolvers.social_account import SocialAccount, SocialAccountById

post = Subgraph("post")


class PostById(ById[PostRecord]):
    collection = PostClient


class Posts(Pages[PostRecord]):
    collection = PostClient


class PostsByCharacter(PagesBy[PostRecord]):
    collection = PostClient
    parent = "character_id"


class PostsBySocialAccount(PagesBy[PostRecord]):
    collection = PostClient
    parent = "social_account_id"


class PostsByContent(PagesBy[PostRecord]):
    collection = PostClient
    parent = "content_id"


@strawberry.enum(description="Where a post stands.")
class PostStatus(Enum):
    DRAFT = value("draft", "Not published.")
    PUBLISHING = value("publishing", "On its way to the platform.")
    PUBLISHED = value("published", "Published.")
    FAILED = value("failed", "Refused by the platform; see `error`.")
    DELETED = value("deleted", "Taken down; only `deletePost` shows it so.")


@strawberry.enum(description="What posts can be ordered by.")
class PostOrderField(Enum):
    CREATED_AT = value("created_at", "When the post was made.")
    UPDATED_AT = value("updated_at", "When it was last changed.")
    PUBLISHED_AT = value("published_at", "When it was published.")


@post.type(PostRecord, by_id=PostById)
class Post(Node):
    """Something published on a social platform."""

    platform: Platform = described("On which platform.")
    post_type: PostType = described("In which form.")
    caption: str = described("What is said in it.")
    hashtags: list[str] = described("The hashtags that go with it, without the sign.")
    mentions: list[str] = described("Who is mentioned.")
    status: PostStatus = described("Where it stands.")
    error: str | None = described("Why the platform refused it.")
    platform_post_id: str | None = described("The id the platform knows it by.")
    platform_post_url: URL | None = described("Its page there.")
    likes_count: int = described("How many have liked it.")
    comments_count: int = described("How many comments it has.")
    shares_count: int = described("How often it was shared.")
    views_count: int = described("How often it was seen.")
    published_at: datetime | None = described("When it was published.")
    last_synced_at: datetime | None = described("When its figures were last read from the platform.")
    created_at: datetime = described("When it was made.")
    updated_at: datetime = described("When it was last changed.")


@strawberry.pydantic.input(description="Which posts; conditions add up.")
class PostFilter(BaseModel):
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
    status: list[PostStatus] | None = Field(None, description="In one of these states.")
    published_from: datetime | None = Field(None, description="Published at this moment or later.")
    published_to: datetime | None = Field(None, description="Published before this moment.")


PostFilterArgument = Annotated[PostFilter | None, strawberry.argument(description="Which posts.")]
PostOrder = Annotated[Order[PostOrderField] | None, strawberry.argument(description="In which order; newest first.")]


@post.edge(Query, PostById, returns=Post, must_exist=True, name="post")
def post_by_id(id: AnyId) -> str:
    """One of the caller's posts."""
    return database_id(id, Post)


@post.connection(Query, Posts, returns=Post)
def posts(filter: PostFilterArgument = None, order_by: PostOrder = None) -> Key[str]:
    """The caller's posts; everybody's for an admin."""
    return Key(ALL, {"filter": query_of(filter), "order": order_text(order_by)})


@post.connection(Viewer, Posts, returns=Post, name="posts")
def posts_of_viewer(filter: PostFilterArgument = None, order_by: PostOrder = None) -> Key[str]:
    """The caller's posts; everybody's for an admin."""
    return Key(ALL, {"filter": query_of(filter), "order": order_text(order_by)})


@post.edge(Post, CharacterById, returns=Character)
def character(post: Parent[PostRecord]) -> str | None:
    """The character whose post it is."""
    return post.character_id


@post.edge(Post, SocialAccountById, returns=SocialAccount)
def social_account(post: Parent[PostRecord]) -> str:
    """The account it is published on."""
    return post.social_account_id


@post.edge(Post, ContentById, returns=Content)
def content(post: Parent[PostRecord]) -> str | None:
    """The content it shows first."""
    return post.content_id


@post.edge(Post, ContentById, returns=Content, many=True)
def additional_contents(post: Parent[PostRecord]) -> list[str]:
    """The content it shows after that."""
    return post.additional_content_ids


@post.connection(Character, PostsByCharacter, returns=Post, name="posts")
def posts_of_character(
    character: Parent[CharacterRecord], filter: PostFilterArgument = None, order_by: PostOrder = None
) -> Key[str]:
    """What the character has posted, and is about to."""
    query = query_of(filter, "character_id")
    return Key(character.id, {"filter": query, "order": order_text(order_by)})


@post.connection(SocialAccount, PostsBySocialAccount, returns=Post, name="posts")
def posts_of_social_account(
    social_account: Parent[SocialAccountRecord], filter: PostFilterArgument = None, order_by: PostOrder = None
) -> Key[str]:
    """What is posted on the account."""
    query = query_of(filter, "social_account_id")
    return Key(social_account.id, {"filter": query, "order": order_text(order_by)})


@post.connection(Content, PostsByContent, returns=Post, name="posts")
def posts_of_content(
    content: Parent[ContentRecord], filter: PostFilterArgument = None, order_by: PostOrder = None
) -> Key[str]:
    """The posts that show this content first."""
    query = query_of(filter, "content_id")
    return Key(content.id, {"filter": query, "order": order_text(order_by)})


@strawberry.pydantic.input(description="What to post where.")
class CreatePostInput(BaseModel):
    social_account_id: ID = Field(description="The account to post on, by an id of either kind.")
    character_id: ID | None = Field(None, description="The character whose post it is; the account's unless said.")
    content_id: ID | None = Field(None, description="The content to show first, by an id of either kind.")
    additional_content_ids: list[ID] = Field(
        default_factory=list, max_length=9, description="The content to show after that."
    )
    caption: str = Field("", max_length=63_206, description="What to say; each platform has a limit of its own.")
    hashtags: list[str] = Field(default_factory=list, max_length=30, description="Hashtags, without the sign.")
    mentions: list[str] = Field(default_factory=list, max_length=30, description="Who to mention.")
    post_type: PostType = Field(PostType.POST, description="In which form.")
    publish_immediately: bool = Field(True, description="Whether to publish it now; a draft otherwise.")


@strawberry.pydantic.input(description="The post to take down.")
class DeletePostInput(BaseModel):
    id: ID = Field(description="The post's id, of either kind.")


@strawberry.pydantic.input(description="The post whose figures to read.")
class SyncPostInput(BaseModel):
    id: ID = Field(description="The post's id, of either kind.")


@post.mutation(Post, rate_limit=RateLimit("publishing", 5, by="character_id"))
async def create_post(info: Info, input: CreatePostInput) -> PostRecord:
    """Publish a post, or keep it as a draft. Nothing can be published on an account that is not connected."""
    body = with_own_ids(input).model_dump(mode="json", exclude_none=True)
    return await info.context.client(PostClient).create(body)


@post.mutation(Post)
async def delete_post(info: Info, input: DeletePostInput) -> PostRecord:
    """Take a post down, on its platform and here."""
    return await info.context.client(PostClient).delete(database_id(input.id, Post))


@post.mutation(Post)
async def sync_post(info: Info, input: SyncPostInput) -> PostRecord:
    """Read the figures of a published post from its platform."""
    return await info.context.client(PostClient).sync(database_id(input.id, Post))
