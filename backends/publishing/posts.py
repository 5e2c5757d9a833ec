"""Posts: what is published on the platforms, and how it does there."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from backends.authentication import Caller
from backends.document import Body, Document, Timestamp, new_id
from backends.jobs import Payload
from backends.problem import ProblemError, bad_input, not_found
from backends.publishing.failures import FailureSource, tell_failure
from backends.publishing.moments import before, not_before
from backends.publishing.platforms import CAPTION_LIMITS, PlatformError, publish, reactions
from backends.publishing.scheduler import Clock
from backends.publishing.sources import Account, Directory
from backends.selection import Reads, among
from backends.service import Service
from backends.social import Platform
from backends.storage import Table

Id = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^,]+$")]
Word = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^\S+$")]
MAX_CAPTION: Final = max(CAPTION_LIMITS.values())
Caption = Annotated[str, Field(max_length=MAX_CAPTION)]
Words = Annotated[list[Word], Field(max_length=30)]
ContentIds = Annotated[list[Id], Field(max_length=9)]


class PostType(StrEnum):
    POST = "post"
    STORY = "story"
    REEL = "reel"


class PostStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    FAILED = "failed"
    DELETED = "deleted"


class Publication(Body):
    """What is to be posted where, and as whom."""

    character_id: Id | None = None
    social_account_id: Id
    content_id: Id | None = None
    additional_content_ids: ContentIds = Field(default_factory=list)
    caption: Caption = ""
    hashtags: Words = Field(default_factory=list)
    mentions: Words = Field(default_factory=list)
    post_type: PostType = PostType.POST


class PostRequest(Publication):
    publish_immediately: bool = True


class Material(Document):
    """What posts and scheduled posts have in common."""

    character_id: str | None
    social_account_id: str
    platform: Platform
    post_type: PostType
    content_id: str | None
    additional_content_ids: list[str]
    caption: str
    hashtags: list[str]
    mentions: list[str]
    error: str | None = None


class Post(Material):
    automation_rule_id: str | None = None
    status: PostStatus = PostStatus.DRAFT
    platform_post_id: str | None = None
    platform_post_url: str | None = None
    likes_count: int = 0
    comments_count: int = 0
    shares_count: int = 0
    views_count: int = 0
    published_at: Timestamp | None = None
    last_synced_at: Timestamp | None = None


COLUMNS: Final = {
    "character_id": "TEXT $.character_id",
    "social_account_id": "TEXT $.social_account_id",
    "content_id": "TEXT $.content_id",
    "platform": "TEXT $.platform",
    "status": "TEXT $.status",
}
MATERIAL_FILTERS: Final = {
    "character_id": among("character_id"),
    "social_account_id": among("social_account_id"),
    "content_id": among("content_id"),
    "platform": among("platform", Platform),
}


async def checked(directory: Directory, publication: Publication, caller: Caller) -> tuple[Account, str | None]:
    """The account and the character of what may be published; raises what refuses the rest."""
    account = await directory.connected_account(publication.social_account_id, caller.sees_only)
    character_id = await directory.character_of(account, publication.character_id, caller.sees_only)
    if not (publication.caption or publication.content_id):
        raise bad_input(["caption"], "A post needs a caption, or content.")
    text = caption_with_hashtags(publication.caption, publication.hashtags)
    if len(text) > CAPTION_LIMITS[account.platform]:
        limit = CAPTION_LIMITS[account.platform]
        raise bad_input(["caption"], f"On {account.platform} a caption has at most {limit} characters with hashtags.")
    ids = dict.fromkeys(publication.additional_content_ids, "additional_content_ids")
    if publication.content_id is not None:
        ids[publication.content_id] = "content_id"
    await directory.check_content(ids, caller.sees_only)
    return account, character_id


def caption_with_hashtags(caption: str, hashtags: Sequence[str]) -> str:
    """As the platform shows it; a hashtag that the caption has already is not repeated."""
    return " ".join([caption, *(f"#{tag}" for tag in hashtags if f"#{tag}" not in caption.split())]).strip()


class Posts:
    """The posts of the service: made, published, followed and taken down."""

    def __init__(self, service: Service, directory: Directory, clock: Clock) -> None:
        self._service = service
        self._directory = directory
        self._clock = clock
        columns = COLUMNS | {"automation_rule_id": "TEXT $.automation_rule_id", "published_at": "TEXT $.published_at"}
        indexed = ["character_id", "social_account_id", "content_id", "automation_rule_id"]
        service.jobs.register("use_content", self._tell_of_use)
        self.table = Table(service.database, "posts", Post, columns, indexed=indexed)
        filters = MATERIAL_FILTERS | {
            "status": among("status", PostStatus),
            "automation_rule_id": among("automation_rule_id"),
            "updated_since": not_before("updated_at"),
            "from": not_before("published_at"),
            "to": before("published_at"),
        }
        orders = ["created_at", "updated_at", "published_at"]
        service.expose("/posts", Reads(self.table, noun="post", filters=filters, orders=orders, groups=indexed))

    async def create(self, request: PostRequest, caller: Caller) -> Post:
        account, character_id = await checked(self._directory, request, caller)
        post = Post(
            id=new_id("pst"),
            owner_id=account.owner_id,
            platform=account.platform,
            **request.model_dump(exclude={"publish_immediately", "character_id"}),
            character_id=character_id,
        )
        if request.publish_immediately:
            return self.publish(post)
        with self._service.database.transaction():
            self.table.put(post)
        return post

    def publish(self, post: Post) -> Post:
        """Hands a post to its platform; it is stored as published, or as failed with what the platform said."""
        text, moment = caption_with_hashtags(post.caption, post.hashtags), self._clock.now()
        try:
            post.platform_post_id, post.platform_post_url = publish(post.platform, post.id, text, post.post_type)
            post.status, post.published_at, post.error = PostStatus.PUBLISHED, moment, None
        except PlatformError as error:
            post.status, post.error = PostStatus.FAILED, str(error)
        with self._service.database.transaction():
            self.table.put(post)
            if post.status is PostStatus.PUBLISHED:
                self._service.outbox.tell("post.published", "post", post)
                for content_id in dict.fromkeys(filter(None, (post.content_id, *post.additional_content_ids))):
                    self._service.jobs.add("use_content", {"content_id": content_id})
            else:
                tell_failure(self._service, FailureSource.POST, post, post.character_id, post.error or "")
        return post

    async def _tell_of_use(self, job: str, payload: Payload) -> None:
        await self._directory.use_content(payload["content_id"], job)

    def visible(self, post_id: str, caller: Caller) -> Post:
        post = self.table.find(post_id)
        if post is None or not caller.may_see(post.owner_id):
            raise not_found("post", post_id)
        return post

    def delete(self, post: Post) -> Post:
        """Takes a post down: the last that is seen of it."""
        post.status = PostStatus.DELETED
        self.table.remove(post.id)
        return post

    async def sync(self, post: Post, caller: Caller) -> Post:
        """Reads from the platform how a post does."""
        if post.status is not PostStatus.PUBLISHED or post.published_at is None:
            raise ProblemError(409, f"A post that is {post.status} has no figures.", code="INVALID_TRANSITION")
        await self._directory.connected_account(post.social_account_id, caller.sees_only)
        moment = self._clock.now()
        counted = post.model_copy(update=reactions(post.id, moment - post.published_at).model_dump())
        counted.last_synced_at = moment
        with self._service.database.transaction():
            self.table.put(counted)
        return counted
