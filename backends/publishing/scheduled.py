"""Scheduled posts: what is to be published at a moment to come."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import Field

from backends.authentication import Caller
from backends.document import Body, Document, Timestamp, new_id, rfc3339
from backends.jobs import Payload
from backends.peers import PeerUnavailableError
from backends.problem import ProblemError, bad_input, not_found
from backends.publishing.failures import FailureSource, tell_failure
from backends.publishing.moments import TimeZone, before, in_zone, not_before
from backends.publishing.posts import (
    COLUMNS,
    MATERIAL_FILTERS,
    Caption,
    ContentIds,
    Id,
    Material,
    Post,
    Posts,
    PostStatus,
    PostType,
    Publication,
    Words,
    checked,
)
from backends.publishing.scheduler import Clock
from backends.publishing.sources import Directory
from backends.selection import Reads, among
from backends.service import Service
from backends.storage import Table

LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ScheduleStatus(StrEnum):
    SCHEDULED = "scheduled"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ScheduleRequest(Publication):
    """`scheduled_at` without an offset is what a clock in the time zone shows."""

    scheduled_at: datetime
    timezone: TimeZone = "UTC"


class ScheduleChange(Body):
    """What is left out stays as it is."""

    social_account_id: Id = ""
    content_id: Id | None = None
    additional_content_ids: ContentIds = Field(default_factory=list)
    caption: Caption = ""
    hashtags: Words = Field(default_factory=list)
    mentions: Words = Field(default_factory=list)
    post_type: PostType = PostType.POST
    scheduled_at: datetime = LONG_AGO
    timezone: TimeZone = "UTC"


class ScheduledPost(Material):
    scheduled_at: Timestamp
    timezone: str
    status: ScheduleStatus = ScheduleStatus.SCHEDULED
    post_id: str | None = None


class ScheduledPosts:
    """The scheduled posts of the service. `start_due` begins those that are due; each is published by a job."""

    def __init__(self, service: Service, directory: Directory, posts: Posts, clock: Clock) -> None:
        self._service = service
        self._directory = directory
        self._posts = posts
        self._clock = clock
        columns = COLUMNS | {"scheduled_at": "TEXT $.scheduled_at"}
        groups = ["character_id", "social_account_id", "content_id"]
        self.table = Table(service.database, "scheduled_posts", ScheduledPost, columns, indexed=groups)
        service.jobs.register("publish_scheduled", self.publish)
        filters = MATERIAL_FILTERS | {
            "status": among("status", ScheduleStatus),
            "from": not_before("scheduled_at"),
            "to": before("scheduled_at"),
        }
        orders = ["created_at", "updated_at", "scheduled_at"]
        reads = Reads(self.table, noun="scheduled post", filters=filters, orders=orders, groups=groups)
        service.expose("/scheduled-posts", reads)

    async def create(self, request: ScheduleRequest, caller: Caller) -> ScheduledPost:
        scheduled_at = self._to_come(request.scheduled_at, request.timezone)
        account, character_id = await checked(self._directory, request, caller)
        scheduled = ScheduledPost(
            id=new_id("sch"),
            owner_id=account.owner_id,
            platform=account.platform,
            **request.model_dump(exclude={"character_id", "scheduled_at"}),
            character_id=character_id,
            scheduled_at=scheduled_at,
        )
        self._store(scheduled)
        return scheduled

    async def change(self, scheduled: ScheduledPost, change: ScheduleChange, caller: Caller) -> ScheduledPost:
        self._check_open(scheduled)
        given: dict[str, Any] = change.model_dump(exclude_unset=True)
        if "scheduled_at" in given:
            given["scheduled_at"] = self._to_come(given["scheduled_at"], given.get("timezone", scheduled.timezone))
        changed = scheduled.model_copy(update=given)
        if changed.social_account_id != scheduled.social_account_id:
            changed.character_id = None
        publication = Publication.model_validate(changed.model_dump(include=set(Publication.model_fields)))
        account, changed.character_id = await checked(self._directory, publication, caller)
        changed.platform = account.platform
        self._check_open(self.visible(scheduled.id, caller))
        self._store(changed)
        return changed

    def cancel(self, scheduled: ScheduledPost) -> ScheduledPost:
        self._check_open(scheduled)
        scheduled.status = ScheduleStatus.CANCELLED
        self._store(scheduled)
        return scheduled

    def visible(self, scheduled_id: str, caller: Caller) -> ScheduledPost:
        scheduled = self.table.find(scheduled_id)
        if scheduled is None or not caller.may_see(scheduled.owner_id):
            raise not_found("scheduled post", scheduled_id)
        return scheduled

    def next_due(self) -> datetime | None:
        sql = "SELECT min(scheduled_at) FROM scheduled_posts WHERE status = 'scheduled'"
        text = self._service.database.execute(sql).fetchone()[0]
        return datetime.fromisoformat(text) if text else None

    def start_due(self, moment: datetime) -> None:
        due = "status = 'scheduled' AND scheduled_at <= ?"
        for scheduled in self.table.where(due, (rfc3339(moment),)):
            scheduled.status = ScheduleStatus.PUBLISHING
            with self._service.database.transaction():
                self.table.put(scheduled)
                self._service.jobs.add("publish_scheduled", {"scheduled_id": scheduled.id})

    async def publish(self, _job: str, payload: Payload) -> None:
        """Publishes one; run again after a crash, it finds the post that it has made."""
        scheduled = self.table.find(payload["scheduled_id"])
        if scheduled is None or scheduled.status is not ScheduleStatus.PUBLISHING:
            return
        scheduled.post_id = f"pst_{scheduled.id.removeprefix('sch_')}"
        try:
            post = self._posts.table.find(scheduled.post_id) or await self._posted(scheduled, scheduled.post_id)
        except PeerUnavailableError:
            raise
        except ProblemError as error:
            scheduled.post_id = None
            self._end(scheduled, error.detail, error.code)
        else:
            self._end(scheduled, post.error if post.status is not PostStatus.PUBLISHED else None)

    async def _posted(self, scheduled: ScheduledPost, post_id: str) -> Post:
        await self._directory.connected_account(scheduled.social_account_id, scheduled.owner_id)
        material = scheduled.model_dump(include=set(Material.model_fields) - set(Document.model_fields))
        return self._posts.publish(Post(id=post_id, owner_id=scheduled.owner_id, **material))

    def _end(self, scheduled: ScheduledPost, error: str | None, code: str = "PLATFORM_ERROR") -> None:
        scheduled.error = error
        scheduled.status = ScheduleStatus.FAILED if error else ScheduleStatus.PUBLISHED
        with self._service.database.transaction():
            self.table.put(scheduled)
            if error and scheduled.post_id is None:
                source = FailureSource.SCHEDULED_POST
                tell_failure(self._service, source, scheduled, scheduled.character_id, error, code)

    def _to_come(self, moment: datetime, zone: str) -> datetime:
        try:
            scheduled_at = in_zone(moment, zone)
        except OverflowError:
            raise bad_input(["scheduled_at"], "The moment is out of reach.") from None
        if scheduled_at <= self._clock.now():
            raise bad_input(["scheduled_at"], "The moment to publish at must be to come.")
        return scheduled_at

    def _check_open(self, scheduled: ScheduledPost) -> None:
        if scheduled.status is not ScheduleStatus.SCHEDULED:
            raise ProblemError(409, f"The scheduled post is {scheduled.status} already.", code="INVALID_TRANSITION")

    def _store(self, scheduled: ScheduledPost) -> None:
        with self._service.database.transaction():
            self.table.put(scheduled)
