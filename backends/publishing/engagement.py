"""Engagement: likes, comments and follows that characters give elsewhere on their platforms."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, HttpUrl

from backends.authentication import Caller
from backends.document import Body, Document, Timestamp, new_id
from backends.jobs import Payload
from backends.problem import FieldError, ProblemError
from backends.publishing.failures import FailureSource, tell_failure
from backends.publishing.platforms import PlatformError, engage
from backends.publishing.posts import Id
from backends.publishing.scheduler import Clock
from backends.publishing.sources import Directory
from backends.selection import Reads, among
from backends.service import Service
from backends.social import Platform
from backends.storage import Table


class ActionType(StrEnum):
    LIKE = "like"
    COMMENT = "comment"
    FOLLOW = "follow"


class TargetType(StrEnum):
    POST = "post"
    USER = "user"


class ActionStatus(StrEnum):
    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"


DONE_ONCE: Final = (ActionType.LIKE, ActionType.FOLLOW)


class EngagementRequest(Body):
    """What to engage with, from which account; `target_id` is the platform's own."""

    character_id: Id | None = None
    social_account_id: Id
    target_id: Id
    target_url: HttpUrl | None = None


class CommentRequest(EngagementRequest):
    comment_text: Annotated[str, Field(min_length=1, max_length=2200)]


class EngagementAction(Document):
    character_id: str | None
    social_account_id: str
    platform: Platform
    action_type: ActionType
    target_type: TargetType
    target_id: str
    target_url: str | None
    comment_text: str | None = None
    status: ActionStatus = ActionStatus.PENDING
    error: str | None = None
    performed_at: Timestamp | None = None


class Engagement:
    """The actions of the service. Each is taken in the background."""

    def __init__(self, service: Service, directory: Directory, clock: Clock) -> None:
        self._service = service
        self._directory = directory
        self._clock = clock
        columns = {
            name: f"TEXT $.{name}"
            for name in ("character_id", "social_account_id", "platform", "action_type", "target_id", "status")
        }
        groups = ["character_id", "social_account_id"]
        self.table = Table(service.database, "engagement_actions", EngagementAction, columns, indexed=groups)
        service.jobs.register("engage", self.perform)
        filters = {
            "character_id": among("character_id"),
            "social_account_id": among("social_account_id"),
            "platform": among("platform", Platform),
            "action_type": among("action_type", ActionType),
            "status": among("status", ActionStatus),
        }
        reads = Reads(self.table, noun="engagement action", filters=filters, groups=groups)
        service.expose("/engagement", reads)

    async def begin(self, kind: ActionType, request: EngagementRequest, caller: Caller) -> EngagementAction:
        account = await self._directory.connected_account(request.social_account_id, caller.sees_only)
        character_id = await self._directory.character_of(account, request.character_id, caller.sees_only)
        self._check_is_new(kind, request)
        action = EngagementAction(
            id=new_id("eng"),
            owner_id=account.owner_id,
            platform=account.platform,
            action_type=kind,
            target_type=TargetType.USER if kind is ActionType.FOLLOW else TargetType.POST,
            **request.model_dump(mode="json", exclude={"character_id"}),
            character_id=character_id,
        )
        with self._service.database.transaction():
            self.table.put(action)
            self._service.jobs.add("engage", {"action_id": action.id})
        return action

    def _check_is_new(self, kind: ActionType, request: EngagementRequest) -> None:
        same = "social_account_id = ? AND action_type = ? AND target_id = ? AND status <> 'failed'"
        key = (request.social_account_id, kind, request.target_id)
        if kind in DONE_ONCE and self.table.where(same, key):
            detail = f"This account has done so already: {kind} {request.target_id}."
            raise ProblemError(409, detail, errors=[FieldError(["target_id"], detail, "CONFLICT")])

    async def perform(self, _job: str, payload: Payload) -> None:
        await self._service.pause()
        action = self.table.find(payload["action_id"])
        if action is None or action.status is not ActionStatus.PENDING:
            return
        try:
            await self._directory.connected_account(action.social_account_id, action.owner_id)
            engage(action.platform, action.target_type, action.target_id)
            action.status, action.performed_at = ActionStatus.COMPLETED, self._clock.now()
        except PlatformError as error:
            action.status, action.error = ActionStatus.FAILED, str(error)
        except ProblemError as error:
            if error.status >= 500:
                raise
            action.status, action.error = ActionStatus.FAILED, error.detail
        self._end(action)

    def _end(self, action: EngagementAction) -> None:
        with self._service.database.transaction():
            self.table.put(action)
            if action.status is ActionStatus.COMPLETED:
                self._service.outbox.tell("engagement.completed", "action", action)
            else:
                source, error = FailureSource.ENGAGEMENT_ACTION, action.error or ""
                tell_failure(self._service, source, action, action.character_id, error)
