"""Publishing: posts, scheduled posts, automation rules and engagement, and the scheduler that runs what is due."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated

import httpx
from starlette.responses import Response

from backends.authentication import AuthenticatedCaller
from backends.publishing.automation import Automation
from backends.publishing.engagement import ActionType, CommentRequest, Engagement, EngagementAction, EngagementRequest
from backends.publishing.posts import Post, PostRequest, Posts
from backends.publishing.rules import AutomationRule, AutomationRules, RuleChange, RuleRequest
from backends.publishing.scheduled import ScheduleChange, ScheduledPost, ScheduledPosts, ScheduleRequest
from backends.publishing.scheduler import Clock, Scheduler
from backends.publishing.sources import Directory
from backends.reading import answer
from backends.service import Service, Serving, routes
from backends.settings import BackendSettings

router = routes()


class PublishingService(Service):
    name = "publishing"
    routers = (router,)

    def __init__(self, settings: BackendSettings, http: httpx.AsyncClient, clock: Clock | None = None) -> None:
        super().__init__(settings, http)
        clock, directory = clock or Clock(), Directory(self.peers)
        self.posts = Posts(self, directory, clock)
        self.scheduled = ScheduledPosts(self, directory, self.posts, clock)
        self.engagement = Engagement(self, directory, clock)
        self.rules = AutomationRules(self, directory, clock)
        self.automation = Automation(self, directory, self.rules, self.posts, clock)
        self.scheduler = Scheduler(clock, self.start_due, self.next_due)

    def start_due(self, moment: datetime) -> None:
        self.scheduled.start_due(moment)
        self.automation.start_due(moment)

    def next_due(self) -> datetime | None:
        moments = (self.scheduled.next_due(), self.automation.next_due())
        return min((moment for moment in moments if moment is not None), default=None)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with super().running():
            scheduling = asyncio.create_task(self._work(self.scheduler.run()))
            try:
                yield
            finally:
                scheduling.cancel()
                await asyncio.gather(scheduling, return_exceptions=True)


ServingPublishing = Annotated[PublishingService, Serving]


@router.post("/posts", status_code=201, response_model=Post)
async def create_post(request: PostRequest, caller: AuthenticatedCaller, service: ServingPublishing) -> Response:
    return answer(await service.posts.create(request, caller), 201)


@router.delete("/posts/{post_id}", response_model=Post)
async def delete_post(post_id: str, caller: AuthenticatedCaller, service: ServingPublishing) -> Response:
    return answer(service.posts.delete(service.posts.visible(post_id, caller)))


@router.post("/posts/{post_id}/sync", response_model=Post)
async def sync_post(post_id: str, caller: AuthenticatedCaller, service: ServingPublishing) -> Response:
    return answer(await service.posts.sync(service.posts.visible(post_id, caller), caller))


@router.post("/scheduled-posts", status_code=201, response_model=ScheduledPost)
async def schedule_post(request: ScheduleRequest, caller: AuthenticatedCaller, service: ServingPublishing) -> Response:
    scheduled = await service.scheduled.create(request, caller)
    service.scheduler.wake()
    return answer(scheduled, 201)


@router.patch("/scheduled-posts/{scheduled_id}", response_model=ScheduledPost)
async def change_scheduled_post(
    scheduled_id: str, change: ScheduleChange, caller: AuthenticatedCaller, service: ServingPublishing
) -> Response:
    scheduled = await service.scheduled.change(service.scheduled.visible(scheduled_id, caller), change, caller)
    service.scheduler.wake()
    return answer(scheduled)


@router.delete("/scheduled-posts/{scheduled_id}", response_model=ScheduledPost)
async def cancel_scheduled_post(scheduled_id: str, caller: AuthenticatedCaller, service: ServingPublishing) -> Response:
    return answer(service.scheduled.cancel(service.scheduled.visible(scheduled_id, caller)))


@router.post("/automation-rules", status_code=201, response_model=AutomationRule)
async def create_rule(request: RuleRequest, caller: AuthenticatedCaller, service: ServingPublishing) -> Response:
    rule = await service.rules.create(request, caller)
    service.scheduler.wake()
    return answer(rule, 201)


@router.patch("/automation-rules/{rule_id}", response_model=AutomationRule)
async def change_rule(
    rule_id: str, change: RuleChange, caller: AuthenticatedCaller, service: ServingPublishing
) -> Response:
    rule = service.rules.change(service.rules.visible(rule_id, caller), change)
    service.scheduler.wake()
    return answer(rule)


@router.delete("/automation-rules/{rule_id}", response_model=AutomationRule)
async def delete_rule(rule_id: str, caller: AuthenticatedCaller, service: ServingPublishing) -> Response:
    return answer(service.rules.delete(service.rules.visible(rule_id, caller)))


@router.post("/automation-rules/{rule_id}/enable", response_model=AutomationRule)
async def enable_rule(rule_id: str, caller: AuthenticatedCaller, service: ServingPublishing) -> Response:
    rule = service.rules.switch(service.rules.visible(rule_id, caller), True)
    service.scheduler.wake()
    return answer(rule)


@router.post("/automation-rules/{rule_id}/disable", response_model=AutomationRule)
async def disable_rule(rule_id: str, caller: AuthenticatedCaller, service: ServingPublishing) -> Response:
    return answer(service.rules.switch(service.rules.visible(rule_id, caller), False))


@router.post("/engagement/like", status_code=201, response_model=EngagementAction)
async def like(request: EngagementRequest, caller: AuthenticatedCaller, service: ServingPublishing) -> Response:
    return answer(await service.engagement.begin(ActionType.LIKE, request, caller), 201)


@router.post("/engagement/comment", status_code=201, response_model=EngagementAction)
async def comment(request: CommentRequest, caller: AuthenticatedCaller, service: ServingPublishing) -> Response:
    return answer(await service.engagement.begin(ActionType.COMMENT, request, caller), 201)


@router.post("/engagement/follow", status_code=201, response_model=EngagementAction)
async def follow(request: EngagementRequest, caller: AuthenticatedCaller, service: ServingPublishing) -> Response:
    return answer(await service.engagement.begin(ActionType.FOLLOW, request, caller), 201)
