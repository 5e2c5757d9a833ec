"""Content: what has been made for listings and characters, and its way through approval."""

from collections.abc import AsyncGenerator
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.graph import (
    ALL,
    ID,
    URL,
    After,
    AnyId,
    ById,
    Change,
    Info,
    Key,
    Loader,
    Node,
    Order,
    Pages,
    PagesBy,
    Parent,
    Query,
    Subgraph,
    changes,
    database_id,
    described,
    filter_query,
    order_text,
    value,
)
from clients.ai_agent import TaskRecord
from clients.character import CharacterRecord
from clients.content import ContentClient, ContentRecord
from clients.listing import ListingRecord
from resolvers.account import Agent, AgentById
from resolvers.character import Character, CharacterById, character_ids, refuse_other_characters
from resolvers.listing import Listing, ListingById
from resolvers.task import Task, TaskById

content = Subgraph("content")


class ContentById(ById[ContentRecord]):
    collection = ContentClient


class Contents(Pages[ContentRecord]):
    collection = ContentClient


class ContentsByListing(PagesBy[ContentRecord]):
    collection = ContentClient
    parent = "listing_id"


class ContentsByCharacter(PagesBy[ContentRecord]):
    collection = ContentClient
    parent = "character_id"


@strawberry.enum(description="What kind of content it is.")
class ContentType(Enum):
    SOCIAL_MEDIA_POST = value("social_media_post", "A post for a social platform.")
    FLYER_TEXT = value("flyer_text", "The text of a printed flyer.")
    EMAIL = value("email", "An email to clients.")
    PROPERTY_DESCRIPTION = value("property_description", "A description for a portal.")
    VIDEO_SCRIPT = value("video_script", "What is said in a video.")
    IMAGE = value("image", "A picture, made for a character.")
    VIDEO = value("video", "A short clip, made for a character.")
    TEXT = value("text", "A post in a character's own words.")


@strawberry.enum(description="Where on a platform a piece of content belongs.")
class ContentCategory(Enum):
    POST = value("post", "In the feed.")
    STORY = value("story", "For a day.")
    REEL = value("reel", "As a short video.")


@strawberry.enum(description="Where a piece of content stands on its way through approval.")
class ContentStatus(Enum):
    GENERATING = value("generating", "Being written.")
    PENDING_APPROVAL_AGENT = value("pending_approval_agent", "Waiting for the agent.")
    APPROVED = value("approved", "Approved. For a listing it is posted next; for a character, when it is used.")
    POSTED = value("posted", "Posted.")
    REJECTED = value("rejected", "Rejected for good.")
    REVISIONS_REQUESTED = value("revisions_requested", "To be written again.")
    SENT_TO_MARKETING = value("sent_to_marketing", "With the marketing department.")
    MARKETING_RESPONDED = value("marketing_responded", "Marketing has answered.")


@strawberry.enum(description="What can be done with a piece of content that waits for a decision.")
class ContentAction(Enum):
    APPROVE = value("approve_and_post", "`approveContent`.")
    REJECT = value("reject_discard", "`rejectContent`.")
    REQUEST_REVISIONS = value("request_revisions", "`requestContentRevisions`.")
    SEND_TO_MARKETING = value("send_to_marketing", "`sendContentToMarketing`.")
    RECORD_MARKETING_RESPONSE = value("record_marketing_response", "`recordMarketingResponse`.")


@strawberry.enum(description="What content can be ordered by.")
class ContentOrderField(Enum):
    CREATED_AT = value("created_at", "When it was begun.")
    UPDATED_AT = value("updated_at", "When it was last changed.")


@strawberry.type(description="How a picture or a clip was made.")
class GenerationSettings:
    steps: int = described("How much work went into it.")
    cfg_scale: float = described("How closely it keeps to the prompt.")
    width: int = described("The width asked for, in pixels.")
    height: int = described("The height asked for, in pixels.")
    seed: int | None = described("What makes it repeatable; null when chance decided.")


@content.type(ContentRecord, by_id=ContentById)
class Content(Node):
    """A piece of content, such as a post about a listing or a picture for a character."""

    content_type: ContentType = described("What kind of content it is.")
    title: str = described("What it is called.")
    text: str = described("The text itself.")
    hashtags: list[str] = described("The hashtags that go with it, without the sign.")
    status: ContentStatus = described("Where it stands on its way through approval.")
    available_actions: list[ContentAction] = described("What can be done with it as it stands.")
    feedback: str | None = described("What the last decision said.")
    marketing_response: str | None = described("What marketing answered.")
    revision: int = described("Grows with every change.")
    posted_at: datetime | None = described("When it was posted.")
    is_approved: bool = described("Whether it is approved for use.")
    is_nsfw: bool = described("Whether it is not safe for work.")
    category: ContentCategory | None = described("Where on a platform it belongs.")
    file_url: URL | None = described("The picture or the clip.")
    thumbnail_url: URL | None = described("A small picture of it.")
    width: int | None = described("The width of the file, in pixels.")
    height: int | None = described("The height of the file, in pixels.")
    file_size: int | None = described("The size of the file, in bytes.")
    prompt: str | None = described("What it was made from.")
    generation_settings: GenerationSettings | None = described("How it was made.")
    quality_score: float | None = described("How good it is, from 0 to 1.")
    times_used: int = described("In how many posts it was used.")
    created_at: datetime = described("When it was begun.")
    updated_at: datetime = described("When it was last changed.")


@strawberry.pydantic.input(description="Which content; conditions add up.")
class ContentFilter(BaseModel):
    status: list[ContentStatus] | None = Field(None, description="In one of these states.")
    content_type: list[ContentType] | None = Field(None, description="Of one of these kinds.")
    search: str | None = Field(None, max_length=200, description="With this in the title or the text.")
    character_id: list[ID] | None = Field(
        None, max_length=100, description="About one of these characters, by ids of either kind."
    )
    is_approved: bool | None = Field(None, description="Only what is approved, or only what is not.")
    is_nsfw: bool | None = Field(None, description="Only what is not safe for work, or only what is.")


ContentFilterArgument = Annotated[ContentFilter | None, strawberry.argument(description="Which content.")]
ContentOrder = Annotated[
    Order[ContentOrderField] | None, strawberry.argument(description="In which order; newest first.")
]


def _contents_key(parent: str, filter: ContentFilter | None, order_by: Order[ContentOrderField] | None) -> Key[str]:
    characters = character_ids(filter.character_id) if filter else None
    rest = filter.model_copy(update={"character_id": None}) if filter else None
    return Key(parent, {"filter": filter_query(rest, character_id=characters), "order": order_text(order_by)})


@content.edge(Query, ContentById, returns=Content, must_exist=True, name="content")
def content_by_id(id: AnyId) -> str:
    """One piece of the caller's content."""
    return database_id(id, Content)


@content.connection(Query, Contents, returns=Content)
def content_library(filter: ContentFilterArgument = None, order_by: ContentOrder = None) -> Key[str]:
    """All of the caller's content; everybody's for an admin."""
    return _contents_key(ALL, filter, order_by)


@content.connection(Query, Contents, returns=Content)
def pending_approvals(order_by: ContentOrder = None) -> Key[str]:
    """The content that waits for the agent's decision."""
    return _contents_key(ALL, ContentFilter(status=[ContentStatus.PENDING_APPROVAL_AGENT]), order_by)


@content.edge(Content, ListingById, returns=Listing)
def listing(content: Parent[ContentRecord]) -> str | None:
    """The listing it is about, if it is about one."""
    return content.listing_id


@content.edge(Content, CharacterById, returns=Character)
def character(content: Parent[ContentRecord]) -> str | None:
    """The character it was made for, if it was made for one."""
    return content.character_id


ContentSubject = Annotated[
    Listing | Character, strawberry.union("ContentSubject", description="What a piece of content is about.")
]


@content.edge(Content, (ListingById, CharacterById), returns=ContentSubject)
def subject(content: Parent[ContentRecord]) -> Key[str] | None:
    """The listing or the character it is about; null when that is gone."""
    loader: type[Loader[str, Any]] = CharacterById if content.character_id else ListingById
    id = content.character_id or content.listing_id
    return Key(id, loader=loader) if id else None


@content.edge(Content, AgentById, returns=Agent)
def agent(content: Parent[ContentRecord]) -> str | None:
    """The agent it was written for."""
    return content.agent_id


@content.edge(Content, TaskById, returns=Task, name="task")
def task_of_content(content: Parent[ContentRecord]) -> str | None:
    """The task that wrote it."""
    return content.task_id


@content.edge(Task, ContentById, returns=Content, many=True, name="contents")
def contents_of_task(task: Parent[TaskRecord]) -> list[str]:
    """What the task has written so far."""
    return task.content_ids


@content.connection(Listing, ContentsByListing, returns=Content, name="contents")
def contents_of_listing(
    listing: Parent[ListingRecord], filter: ContentFilterArgument = None, order_by: ContentOrder = None
) -> Key[str]:
    """What has been written for this listing."""
    return _contents_key(listing.id, filter, order_by)


@content.connection(Character, ContentsByCharacter, returns=Content, name="contents")
def contents_of_character(
    character: Parent[CharacterRecord], filter: ContentFilterArgument = None, order_by: ContentOrder = None
) -> Key[str]:
    """What has been made for this character."""
    refuse_other_characters(filter.character_id if filter else None)
    return _contents_key(character.id, filter, order_by)


@strawberry.pydantic.input(description="What to write, and for which listing.")
class CreateContentForListingInput(BaseModel):
    listing_id: ID = Field(description="The listing's id, of either kind.")
    content_types: list[ContentType] = Field(
        min_length=1,
        max_length=5,
        description="One draft is written for each; not pictures, clips and characters' posts.",
    )


@strawberry.pydantic.input(description="The content to approve.")
class ApproveContentInput(BaseModel):
    id: ID = Field(description="The content's id, of either kind.")


@strawberry.pydantic.input(description="The content to reject.")
class RejectContentInput(BaseModel):
    id: ID = Field(description="The content's id, of either kind.")
    feedback: str | None = Field(
        None, max_length=2000, description="The reason; needed for what was made for a character."
    )


@strawberry.pydantic.input(description="The content to delete.")
class DeleteContentInput(BaseModel):
    id: ID = Field(description="The content's id, of either kind.")


@strawberry.pydantic.input(description="The content to have written again.")
class RequestContentRevisionsInput(BaseModel):
    id: ID = Field(description="The content's id, of either kind.")
    feedback: str = Field(min_length=1, max_length=2000, description="What to change.")


@strawberry.pydantic.input(description="The content to pass on to marketing.")
class SendContentToMarketingInput(BaseModel):
    id: ID = Field(description="The content's id, of either kind.")
    note: str | None = Field(None, max_length=2000, description="What to tell them.")


@strawberry.pydantic.input(description="What marketing answered.")
class RecordMarketingResponseInput(BaseModel):
    id: ID = Field(description="The content's id, of either kind.")
    response: str = Field(min_length=1, max_length=2000, description="Their answer.")


@content.mutation(Task, calls=2)
async def create_content_for_listing(info: Info, input: CreateContentForListingInput) -> TaskRecord | None:
    """Have content written for a listing. The task that does it can be followed by `taskProgress`."""
    listing_id = database_id(input.listing_id, Listing, "listingId")
    types = [content_type.value for content_type in input.content_types]
    task_id = await info.context.client(ContentClient).create_for_listing(listing_id, types)
    return await info.context.load(TaskById, task_id)


async def _act(info: Info, id: str, action: ContentAction, feedback: str | None = None) -> ContentRecord:
    return await info.context.client(ContentClient).act(database_id(id, Content), action.value, feedback)


@content.mutation(Content)
async def approve_content(info: Info, input: ApproveContentInput) -> ContentRecord:
    """Approve a piece of content that waits for it. For a listing it is posted next."""
    return await _act(info, input.id, ContentAction.APPROVE)


@content.mutation(Content)
async def reject_content(info: Info, input: RejectContentInput) -> ContentRecord:
    """Reject a piece of content for good."""
    return await _act(info, input.id, ContentAction.REJECT, input.feedback)


@content.mutation(Content)
async def delete_content(info: Info, input: DeleteContentInput) -> ContentRecord:
    """Delete a piece of content for good; the answer is what it was."""
    return await info.context.client(ContentClient).delete(database_id(input.id, Content))


@content.mutation(Content)
async def request_content_revisions(info: Info, input: RequestContentRevisionsInput) -> ContentRecord:
    """Have a piece of content written again."""
    return await _act(info, input.id, ContentAction.REQUEST_REVISIONS, input.feedback)


@content.mutation(Content, renamed={"feedback": "note"})
async def send_content_to_marketing(info: Info, input: SendContentToMarketingInput) -> ContentRecord:
    """Ask the marketing department about a piece of content."""
    return await _act(info, input.id, ContentAction.SEND_TO_MARKETING, input.note)


@content.mutation(Content, renamed={"feedback": "response"})
async def record_marketing_response(info: Info, input: RecordMarketingResponseInput) -> ContentRecord:
    """Record what marketing answered; the content waits for the agent again."""
    return await _act(info, input.id, ContentAction.RECORD_MARKETING_RESPONSE, input.response)


@content.subscription(Content)
def content_changed(info: Info, after: After = None) -> AsyncGenerator[Change[ContentRecord], None]:
    """Every change of the caller's content, from now on or from after a cursor."""
    return changes(info.context.follow("content.changed", after=after), ContentRecord, "content")
