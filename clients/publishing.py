"""The publishing backend: posts, scheduled posts, automation rules and engagement."""

from datetime import datetime
from typing import ClassVar

from app.rest import CollectionClient, Record, Service

PUBLISHING = Service("publishing", port=8009)


class PostRecord(Record, frozen=True, kw_only=True):
    id: str
    owner_id: str
    character_id: str | None = None
    social_account_id: str
    automation_rule_id: str | None = None
    platform: str
    post_type: str
    content_id: str | None = None
    additional_content_ids: list[str]
    caption: str
    hashtags: list[str]
    mentions: list[str]
    platform_post_id: str | None = None
    platform_post_url: str | None = None
    likes_count: int
    comments_count: int
    shares_count: int
    views_count: int
    status: str
    error: str | None = None
    published_at: datetime | None = None
    last_synced_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


class ScheduledPostRecord(Record, frozen=True, kw_only=True):
    """`timezone` is where `scheduled_at`, a moment, was meant."""

    id: str
    owner_id: str
    character_id: str | None = None
    social_account_id: str
    platform: str
    post_type: str
    content_id: str | None = None
    additional_content_ids: list[str]
    caption: str
    hashtags: list[str]
    mentions: list[str]
    scheduled_at: datetime
    timezone: str
    status: str
    error: str | None = None
    post_id: str | None = None
    created_at: datetime
    updated_at: datetime


class AutomationRuleRecord(Record, frozen=True, kw_only=True):
    id: str
    owner_id: str
    character_id: str
    name: str
    description: str | None = None
    is_enabled: bool
    trigger_type: str
    cron: str
    timezone: str
    platforms: list[str]
    content_type: str
    content_category: str
    prompt_template: str
    caption_template: str
    hashtag_strategy: str
    max_posts_per_day: int
    cooldown_minutes: int
    last_run_at: datetime | None = None
    next_run_at: datetime | None = None
    runs_count: int
    created_at: datetime
    updated_at: datetime


class EngagementActionRecord(Record, frozen=True, kw_only=True):
    """`target_id` is the platform's own id of the post or the user."""

    id: str
    owner_id: str
    character_id: str | None = None
    social_account_id: str
    platform: str
    action_type: str
    target_type: str
    target_id: str
    target_url: str | None = None
    comment_text: str | None = None
    status: str
    error: str | None = None
    performed_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


class FailureRecord(Record, frozen=True, kw_only=True):
    """What went wrong with work that nobody waited for; comes as an event only. `source` says what `source_id` is."""

    id: str
    owner_id: str
    source: str
    source_id: str
    character_id: str | None = None
    code: str
    message: str


class PostClient(CollectionClient[PostRecord]):
    service: ClassVar[Service] = PUBLISHING
    route: ClassVar[str] = "/posts"
    record: ClassVar[type[PostRecord]] = PostRecord

    async def create(self, post: dict[str, object]) -> PostRecord:
        """Publish a post, or keep it as a draft; the problem PLATFORM_CONNECTION_FAILED without a connection."""
        return await self.write("POST", "/posts", PostRecord, body=post)

    async def delete(self, id: str) -> PostRecord:
        """Take a post down; what it was."""
        return await self.write("DELETE", "/posts/{id}", PostRecord, params={"id": id})

    async def sync(self, id: str) -> PostRecord:
        """Read a post's figures from its platform."""
        return await self.write("POST", "/posts/{id}/sync", PostRecord, params={"id": id})


class ScheduledPostClient(CollectionClient[ScheduledPostRecord]):
    service: ClassVar[Service] = PUBLISHING
    route: ClassVar[str] = "/scheduled-posts"
    record: ClassVar[type[ScheduledPostRecord]] = ScheduledPostRecord

    async def create(self, post: dict[str, object]) -> ScheduledPostRecord:
        """Have a post published at a moment to come."""
        return await self.write("POST", "/scheduled-posts", ScheduledPostRecord, body=post)

    async def update(self, id: str, change: dict[str, object]) -> ScheduledPostRecord:
        """Change what is left; the problem INVALID_TRANSITION when it is published or cancelled already."""
        return await self.write("PATCH", "/scheduled-posts/{id}", ScheduledPostRecord, params={"id": id}, body=change)

    async def cancel(self, id: str) -> ScheduledPostRecord:
        """Not to be published after all."""
        return await self.write("DELETE", "/scheduled-posts/{id}", ScheduledPostRecord, params={"id": id})


class AutomationRuleClient(CollectionClient[AutomationRuleRecord]):
    service: ClassVar[Service] = PUBLISHING
    route: ClassVar[str] = "/automation-rules"
    record: ClassVar[type[AutomationRuleRecord]] = AutomationRuleRecord

    async def create(self, rule: dict[str, object]) -> AutomationRuleRecord:
        return await self.write("POST", "/automation-rules", AutomationRuleRecord, body=rule)

    async def update(self, id: str, change: dict[str, object]) -> AutomationRuleRecord:
        """Change what is given; what is left out stays."""
        return await self.write("PATCH", "/automation-rules/{id}", AutomationRuleRecord, params={"id": id}, body=change)

    async def delete(self, id: str) -> AutomationRuleRecord:
        """Delete a rule; what it was."""
        return await self.write("DELETE", "/automation-rules/{id}", AutomationRuleRecord, params={"id": id})

    async def enable(self, id: str) -> AutomationRuleRecord:
        return await self.write("POST", "/automation-rules/{id}/enable", AutomationRuleRecord, params={"id": id})

    async def disable(self, id: str) -> AutomationRuleRecord:
        return await self.write("POST", "/automation-rules/{id}/disable", AutomationRuleRecord, params={"id": id})


class EngagementClient(CollectionClient[EngagementActionRecord]):
    service: ClassVar[Service] = PUBLISHING
    route: ClassVar[str] = "/engagement"
    record: ClassVar[type[EngagementActionRecord]] = EngagementActionRecord

    async def like(self, action: dict[str, object]) -> EngagementActionRecord:
        """Begin to like a post; it is `pending` until the platform has it."""
        return await self.write("POST", "/engagement/like", EngagementActionRecord, body=action)

    async def comment(self, action: dict[str, object]) -> EngagementActionRecord:
        """Begin to comment on a post."""
        return await self.write("POST", "/engagement/comment", EngagementActionRecord, body=action)

    async def follow(self, action: dict[str, object]) -> EngagementActionRecord:
        """Begin to follow a user."""
        return await self.write("POST", "/engagement/follow", EngagementActionRecord, body=action)
