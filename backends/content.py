"""Content: what is written for listings, and its way to approval and publication."""

from typing import Annotated, Any

import httpx
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from backends.approval import FOLLOWED_BY, NEEDS_FEEDBACK, TRANSITIONS, Action, ContentStatus, available_actions
from backends.authentication import AuthenticatedCaller, Caller
from backends.copywriting import ContentType, ContentTypes
from backends.document import Body, Document, Timestamp, new_id, now
from backends.drafts import ContentDraft, Draft
from backends.jobs import Payload
from backends.notices import EntityType, Notice, NoticeType
from backends.peers import PeerUnavailableError
from backends.problem import ProblemError, bad_input, not_found
from backends.reading import answer
from backends.selection import Reads, among, containing
from backends.service import Service, Serving, routes
from backends.settings import BackendSettings
from backends.storage import Table
from backends.tasks import TaskKind, TaskRequest

Feedback = Annotated[str, Field(max_length=2000)]


class ActionRequest(Body):
    action: Action
    feedback: Feedback | None = None


class GenerationRequest(Body):
    listing_id: Annotated[str, Field(min_length=1, max_length=100)]
    content_types: ContentTypes


class AcceptedTask(BaseModel):
    """The task as the agents service shows it; handed on as it is."""

    model_config = ConfigDict(extra="allow")

    id: str


class Content(Document):
    agent_id: str | None
    listing_id: str | None
    character_id: str | None
    task_id: str | None
    content_type: ContentType
    title: str
    text: str
    hashtags: list[str]
    status: ContentStatus = ContentStatus.PENDING_APPROVAL_AGENT
    feedback: str | None = None
    marketing_response: str | None = None
    revision: int = 0
    available_actions: list[Action] = Field(default_factory=list)
    posted_at: Timestamp | None = None

    def move(self, status: ContentStatus) -> None:
        self.status = status
        self.available_actions = available_actions(status)
        if status is ContentStatus.POSTED:
            self.posted_at = now()


router = routes()


class ContentService(Service):
    name = "content"
    routers = (router,)

    def __init__(self, settings: BackendSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings, http)
        self.contents = Table(
            self.database,
            "content",
            Content,
            {
                "agent_id": "TEXT $.agent_id",
                "listing_id": "TEXT $.listing_id",
                "character_id": "TEXT $.character_id",
                "task_id": "TEXT $.task_id",
                "content_type": "TEXT $.content_type",
                "status": "TEXT $.status",
                "title": "TEXT $.title",
                "text": "TEXT $.text",
            },
            indexed=["agent_id", "listing_id", "task_id"],
        )
        self.jobs.register("proceed", self.proceed)
        self.expose(
            "/content",
            Reads(
                self.contents,
                noun="content",
                filters={
                    "status": among("status", ContentStatus),
                    "content_type": among("content_type", ContentType),
                    "listing_id": among("listing_id"),
                    "character_id": among("character_id"),
                    "task_id": among("task_id"),
                    "agent_id": among("agent_id"),
                    "search": containing("title", "text"),
                },
                orders=["created_at", "updated_at"],
                groups=["listing_id", "task_id", "agent_id"],
            ),
        )

    def store(self, content: Content) -> None:
        """Stores a change and tells of it; call it inside a transaction."""
        content.revision += 1
        self.contents.put(content)
        self.outbox.tell("content.changed", "content", content)

    def create(self, draft: ContentDraft) -> Content:
        content = Content(id=new_id("cnt"), **draft.model_dump())
        content.move(ContentStatus.PENDING_APPROVAL_AGENT)
        with self.database.transaction():
            self.store(content)
        return content

    def visible(self, content_id: str, caller: Caller) -> Content:
        content = self.contents.find(content_id)
        if content is None or not caller.may_see(content.owner_id):
            raise not_found("content", content_id)
        return content

    def act(self, content: Content, action: Action, feedback: str | None) -> Content:
        """Does what a person decided; what follows from it happens in the background."""
        target = TRANSITIONS.get((content.status, action))
        if target is None:
            raise invalid_transition(f"{action} is not possible while the content is {content.status}.")
        if action in NEEDS_FEEDBACK and not feedback:
            raise bad_input(["feedback"], f"{action} needs feedback.")
        if action is Action.RECORD_MARKETING_RESPONSE:
            content.marketing_response = feedback
        elif feedback:
            content.feedback = feedback
        content.move(target)
        with self.database.transaction():
            self.store(content)
            if target in FOLLOWED_BY:
                self.jobs.add("proceed", {"content_id": content.id})
        return content

    async def proceed(self, job: str, payload: Payload) -> None:
        """Takes the step that follows a state by itself."""
        await self.pause()
        content = self.contents.find(payload["content_id"])
        if content is None:
            return
        if content.status in FOLLOWED_BY:
            self.follow(content)
        if content.status is ContentStatus.GENERATING:
            await self.request_revision(content, job)

    def follow(self, content: Content) -> None:
        content.move(FOLLOWED_BY[content.status])
        with self.database.transaction():
            self.store(content)
            if content.status is not ContentStatus.GENERATING:
                self.notify(decision(content))

    async def request_revision(self, content: Content, key: str) -> None:
        """Has the agents service write another draft; without one the agent gets the last one back."""
        if content.listing_id is None:
            self.end_generating(content.id, None)
            return
        request = TaskRequest(
            kind=TaskKind.REVISE_CONTENT,
            listing_id=content.listing_id,
            content_types=[content.content_type],
            content_id=content.id,
            feedback=content.feedback,
            edition=content.revision,
        )
        try:
            await self.request_task(request, content.owner_id, key)
        except PeerUnavailableError:
            raise
        except ProblemError:
            self.end_generating(content.id, None)

    async def request_task(self, request: TaskRequest, owner_id: str | None, key: str | None) -> AcceptedTask:
        return await self.peers.send(
            "POST", "agents", "/tasks", AcceptedTask, body=request, on_behalf_of=owner_id, idempotency_key=key
        )

    def end_generating(self, content_id: str, draft: Draft | None) -> Content:
        """The new draft, or the old one where none could be written, waits for approval again."""
        content = self.contents.find(content_id)
        if content is None:
            raise not_found("content", content_id)
        if content.status is not ContentStatus.GENERATING:
            raise invalid_transition(f"No draft is awaited while the content is {content.status}.")
        if draft is not None:
            content.title, content.text, content.hashtags = draft.title, draft.text, draft.hashtags
        content.move(ContentStatus.PENDING_APPROVAL_AGENT)
        with self.database.transaction():
            self.store(content)
        return content


def invalid_transition(detail: str) -> ProblemError:
    return ProblemError(409, detail, code="INVALID_TRANSITION")


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


ServingContent = Annotated[ContentService, Serving]


@router.post("/content/create-for-listing", status_code=202)
async def create_for_listing(
    request: Request, generation: GenerationRequest, caller: AuthenticatedCaller, service: ServingContent
) -> dict[str, Any]:
    """Agents checks that the listing is the caller's; its refusal is the answer."""
    task = await service.request_task(
        TaskRequest(listing_id=generation.listing_id, content_types=generation.content_types),
        caller.sees_only,
        request.headers.get("idempotency-key"),
    )
    return {"task": task.model_dump()}


@router.post("/content/{content_id}/action")
async def act_on_content(
    content_id: str, body: ActionRequest, caller: AuthenticatedCaller, service: ServingContent
) -> Response:
    return answer(service.act(service.visible(content_id, caller), body.action, body.feedback))


@router.post("/content")
async def create_content(draft: ContentDraft, caller: AuthenticatedCaller, service: ServingContent) -> Response:
    caller.require_service()
    return answer(service.create(draft), 201)


@router.put("/content/{content_id}/draft")
async def replace_draft(
    content_id: str, draft: Draft, caller: AuthenticatedCaller, service: ServingContent
) -> Response:
    caller.require_service()
    return answer(service.end_generating(content_id, draft))


@router.delete("/content/{content_id}/draft")
async def give_up_draft(content_id: str, caller: AuthenticatedCaller, service: ServingContent) -> Response:
    caller.require_service()
    return answer(service.end_generating(content_id, None))
