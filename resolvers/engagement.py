"""Engagement: what characters like, comment on and follow elsewhere on their platforms."""

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
    ById,
    Info,
    Key,
    Node,
    Pages,
    PagesBy,
    Parent,
    Query,
    RateLimit,
    Subgraph,
    described,
    value,
)
from clients.character import CharacterRecord
from clients.publishing import EngagementActionRecord, EngagementClient
from clients.social_account import SocialAccountRecord
from resolvers.account import Viewer
from resolvers.character import Character, CharacterById
from resolvers.platform import Platform
from resolvers.publication import query_of, with_own_ids
from resolvers.social_account import SocialAccount, SocialAccountById

engagement = Subgraph("engagement")


class EngagementActionById(ById[EngagementActionRecord]):
    collection = EngagementClient


class EngagementActions(Pages[EngagementActionRecord]):
    collection = EngagementClient


class EngagementActionsByCharacter(PagesBy[EngagementActionRecord]):
    collection = EngagementClient
    parent = "character_id"


class EngagementActionsBySocialAccount(PagesBy[EngagementActionRecord]):
    collection = EngagementClient
    parent = "social_account_id"


@strawberry.enum(description="What is done.")
class EngagementActionType(Enum):
    LIKE = value("like", "Like a post.")
    COMMENT = value("comment", "Comment on a post.")
    FOLLOW = value("follow", "Follow a user.")


@strawberry.enum(description="What it is done to.")
class EngagementTargetType(Enum):
    POST = value("post", "A post of somebody else.")
    USER = value("user", "A user of the platform.")


@strawberry.enum(description="Where an action stands.")
class EngagementActionStatus(Enum):
    PENDING = value("pending", "On its way to the platform.")
    COMPLETED = value("completed", "Done.")
    FAILED = value("failed", "Refused by the platform; see `error`.")


@engagement.type(EngagementActionRecord, by_id=EngagementActionById)
class EngagementAction(Node):
    """A like, a comment or a follow."""

    platform: Platform = described("On which platform.")
    action_type: EngagementActionType = described("What is done.")
    target_type: EngagementTargetType = described("What it is done to.")
    target_id: str = described("The id the platform knows the target by.")
    target_url: URL | None = described("The target's page there.")
    comment_text: str | None = described("What the comment says.")
    status: EngagementActionStatus = described("Where it stands.")
    error: str | None = described("Why the platform refused it.")
    performed_at: datetime | None = described("When it was done.")
    created_at: datetime = described("When it was asked for.")
    updated_at: datetime = described("When it was last changed.")


@strawberry.pydantic.input(description="Which actions; conditions add up.")
class EngagementActionFilter(BaseModel):
    character_id: list[ID] | None = Field(
        None, max_length=100, description="Of one of these characters, by ids of either kind."
    )
    social_account_id: list[ID] | None = Field(
        None, max_length=100, description="On one of these accounts, by ids of either kind."
    )
    platform: list[Platform] | None = Field(None, description="On one of these platforms.")
    action_type: list[EngagementActionType] | None = Field(None, description="Of one of these kinds.")
    status: list[EngagementActionStatus] | None = Field(None, description="In one of these states.")


FilterArgument = Annotated[EngagementActionFilter | None, strawberry.argument(description="Which actions.")]


@engagement.connection(Query, EngagementActions, returns=EngagementAction)
def engagement_actions(filter: FilterArgument = None) -> Key[str]:
    """What the caller's characters have liked, commented on and followed; everybody's for an admin."""
    return Key(ALL, {"filter": query_of(filter)})


@engagement.connection(Viewer, EngagementActions, returns=EngagementAction, name="engagement_actions")
def engagement_actions_of_viewer(filter: FilterArgument = None) -> Key[str]:
    """What the caller's characters have liked, commented on and followed; everybody's for an admin."""
    return Key(ALL, {"filter": query_of(filter)})


@engagement.edge(EngagementAction, CharacterById, returns=Character)
def character(engagement_action: Parent[EngagementActionRecord]) -> str | None:
    """The character who does it."""
    return engagement_action.character_id


@engagement.edge(EngagementAction, SocialAccountById, returns=SocialAccount)
def social_account(engagement_action: Parent[EngagementActionRecord]) -> str:
    """The account it is done from."""
    return engagement_action.social_account_id


@engagement.connection(Character, EngagementActionsByCharacter, returns=EngagementAction, name="engagement_actions")
def engagement_actions_of_character(character: Parent[CharacterRecord], filter: FilterArgument = None) -> Key[str]:
    """What the character has liked, commented on and followed."""
    return Key(character.id, {"filter": query_of(filter, "character_id")})


@engagement.connection(
    SocialAccount, EngagementActionsBySocialAccount, returns=EngagementAction, name="engagement_actions"
)
def engagement_actions_of_social_account(
    social_account: Parent[SocialAccountRecord], filter: FilterArgument = None
) -> Key[str]:
    """What was liked, commented on and followed from the account."""
    return Key(social_account.id, {"filter": query_of(filter, "social_account_id")})


@strawberry.pydantic.input(description="The post to like, and who likes it.")
class LikePostInput(BaseModel):
    social_account_id: ID = Field(description="The account to like it from, by an id of either kind.")
    character_id: ID | None = Field(None, description="The character who likes it; the account's unless said.")
    target_id: str = Field(min_length=1, max_length=100, description="The id the platform knows the post by.")
    target_url: URL | None = Field(None, description="The post's page there.")


@strawberry.pydantic.input(description="The post to comment on, and who says what.")
class CommentOnPostInput(BaseModel):
    social_account_id: ID = Field(description="The account to comment from, by an id of either kind.")
    character_id: ID | None = Field(None, description="The character who comments; the account's unless said.")
    target_id: str = Field(min_length=1, max_length=100, description="The id the platform knows the post by.")
    target_url: URL | None = Field(None, description="The post's page there.")
    comment_text: str = Field(min_length=1, max_length=2200, description="What to say.")


@strawberry.pydantic.input(description="The user to follow, and who follows.")
class FollowUserInput(BaseModel):
    social_account_id: ID = Field(description="The account to follow from, by an id of either kind.")
    character_id: ID | None = Field(None, description="The character who follows; the account's unless said.")
    target_id: str = Field(min_length=1, max_length=100, description="The id the platform knows the user by.")
    target_url: URL | None = Field(None, description="The user's page there.")


def _body(input: BaseModel) -> dict[str, object]:
    return with_own_ids(input).model_dump(mode="json", exclude_none=True)


@engagement.mutation(EngagementAction, rate_limit=RateLimit("engagement", 20, by="character_id"))
async def like_post(info: Info, input: LikePostInput) -> EngagementActionRecord:
    """Like a post of somebody else. It is `PENDING` until the platform has it."""
    return await info.context.client(EngagementClient).like(_body(input))


@engagement.mutation(EngagementAction, rate_limit=RateLimit("engagement", 20, by="character_id"))
async def comment_on_post(info: Info, input: CommentOnPostInput) -> EngagementActionRecord:
    """Comment on a post of somebody else. It is `PENDING` until the platform has it."""
    return await info.context.client(EngagementClient).comment(_body(input))


@engagement.mutation(EngagementAction, rate_limit=RateLimit("engagement", 20, by="character_id"))
async def follow_user(info: Info, input: FollowUserInput) -> EngagementActionRecord:
    """Follow a user of the platform. It is `PENDING` until the platform has it."""
    return await info.context.client(EngagementClient).follow(_body(input))
