"""The library: pieces of content as they are stored, about a listing or a character."""

from pydantic import Field, computed_field

from backends.approval import APPROVED, FOLLOWED_BY, Action, ContentStatus, available_actions
from backends.copywriting import ContentType
from backends.document import Document, Timestamp, now
from backends.generations import Category, GeneratedType, Generation, GenerationSettings
from backends.media import Media
from backends.notices import EntityType, Notice, NoticeType
from backends.studio import Piece


class Content(Document):
    agent_id: str | None
    listing_id: str | None
    character_id: str | None
    task_id: str | None
    content_type: ContentType | GeneratedType
    title: str
    text: str
    hashtags: list[str]
    status: ContentStatus = ContentStatus.PENDING_APPROVAL_AGENT
    feedback: str | None = None
    marketing_response: str | None = None
    revision: int = 0
    available_actions: list[Action] = Field(default_factory=list)
    posted_at: Timestamp | None = None
    generation_id: str | None = None
    generation_settings: GenerationSettings | None = None
    prompt: str | None = None
    category: Category | None = None
    is_nsfw: bool = False
    file_url: str | None = None
    thumbnail_url: str | None = None
    width: int | None = None
    height: int | None = None
    file_size: int | None = None
    quality_score: float | None = None
    times_used: int = 0

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated properties
    @property
    def is_approved(self) -> bool:
        return self.status in APPROVED

    @property
    def follower(self) -> ContentStatus | None:
        """The state that follows by itself. What is made for a character is posted by whoever uses it."""
        if self.character_id is not None and self.status is ContentStatus.APPROVED:
            return None
        return FOLLOWED_BY.get(self.status)

    def move(self, status: ContentStatus) -> None:
        self.status = status
        self.available_actions = available_actions(status)
        if status is ContentStatus.POSTED:
            self.posted_at = now()


def decision(content: Content) -> Notice:
    posted = content.status is ContentStatus.POSTED
    return Notice(
        owner_id=content.owner_id,
        type=NoticeType.CONTENT_DECISION,
        title="Your content is posted" if posted else "Marketing has responded",
        message=f"“{content.title}” {'has been posted' if posted else 'waits for your approval again'}.",
        related_entity_type=EntityType.CONTENT,
        related_entity_id=content.id,
    )


def generated(generation: Generation, content_id: str, piece: Piece, media: Media) -> Content:
    """What has been made, waiting for its owner; its files are kept."""
    content = Content(
        id=content_id,
        owner_id=generation.owner_id,
        agent_id=None,
        listing_id=None,
        character_id=generation.character_id,
        task_id=None,
        content_type=generation.content_type,
        title=piece.copy.title,
        text=piece.copy.text,
        hashtags=piece.copy.hashtags,
        generation_id=generation.id,
        generation_settings=generation.settings,
        prompt=generation.prompt,
        category=generation.category,
        is_nsfw=generation.is_nsfw,
    )
    replace_piece(content, piece, media)
    content.move(ContentStatus.PENDING_APPROVAL_AGENT)
    return content


def replace_piece(content: Content, piece: Piece, media: Media) -> None:
    """Puts what was made in the place of what was there."""
    content.title, content.text, content.hashtags = piece.copy.title, piece.copy.text, piece.copy.hashtags
    content.quality_score = piece.quality_score
    if piece.picture is not None:
        picture = piece.picture
        content.file_url = media.store(picture.content, picture.suffix)
        content.thumbnail_url = media.store(picture.thumbnail, "png")
        content.width, content.height, content.file_size = picture.width, picture.height, len(picture.content)


def made(generation: Generation) -> Notice:
    """What the owner is told once a generation is over."""
    if generation.error is not None:
        message = f"“{generation.prompt[:200]}” could not be made: {generation.error}"
        return Notice(
            owner_id=generation.owner_id, type=NoticeType.TASK_FAILED, title="A generation failed", message=message
        )
    return Notice(
        owner_id=generation.owner_id,
        type=NoticeType.CONTENT_READY,
        title="Your content is ready",
        message=f"“{generation.prompt[:200]}” waits for your approval.",
        related_entity_type=EntityType.CONTENT,
        related_entity_id=generation.content_ids[0],
    )
