"""Content: what is made for listings and characters, and its way to approval and publication."""

import asyncio
import logging
from datetime import timedelta
from typing import Annotated, Any, Final

import httpx
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from backends.approval import APPROVED, NEEDS_FEEDBACK, TRANSITIONS, Action, ContentStatus
from backends.authentication import AuthenticatedCaller, Caller
from backends.copywriting import ContentType, ContentTypes
from backends.document import Body, new_id, now
from backends.drafts import ContentDraft, Draft
from backends.generations import GeneratedType, Generation, GenerationDraft, GenerationStatus
from backends.jobs import Payload
from backends.library import Content, decision, generated, made, replace_piece
from backends.media import MediaService, media_router
from backends.peers import PeerUnavailableError
from backends.personas import Persona, look_up_persona
from backends.problem import ProblemError, bad_input, not_found
from backends.selection import Reads, among, containing, flag
from backends.service import Serving, routes
from backends.settings import BackendSettings
from backends.storage import Table
from backends.studio import make_piece
from backends.tasks import TaskKind, TaskRequest

SECONDS_TO_MAKE: Final = 2

logger = logging.getLogger(__name__)

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


class StartedTask(BaseModel):
    task: AcceptedTask


router = routes()


class ContentService(MediaService):
    name = "content"
    routers = (router, media_router)

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
                "generation_id": "TEXT $.generation_id",
                "content_type": "TEXT $.content_type",
                "is_nsfw": "INTEGER $.is_nsfw",
                "status": "TEXT $.status",
                "title": "TEXT $.title",
                "text": "TEXT $.text",
            },
            indexed=["agent_id", "listing_id", "task_id", "character_id", "generation_id"],
        )
        self.generations = Table(
            self.database,
            "generations",
            Generation,
            {
                "character_id": "TEXT $.character_id",
                "content_type": "TEXT $.content_type",
                "status": "TEXT $.status",
            },
            indexed=["character_id"],
        )
        self.jobs.register("proceed", self.proceed)
        self.jobs.register("generate", self.generate)
        approved = ", ".join(f"'{status}'" for status in sorted(APPROVED))
        self.expose(
            "/content",
            Reads(
                self.contents,
                noun="content",
                filters={
                    "status": among("status", ContentStatus),
                    "content_type": among("content_type", [*ContentType, *GeneratedType]),
                    "listing_id": among("listing_id"),
                    "character_id": among("character_id"),
                    "task_id": among("task_id"),
                    "agent_id": among("agent_id"),
                    "generation_id": among("generation_id"),
                    "is_approved": flag(f"(status IN ({approved}))"),
                    "is_nsfw": flag("coalesce(is_nsfw, 0)"),
                    "search": containing("title", "text"),
                },
                orders=["created_at", "updated_at"],
                groups=["listing_id", "task_id", "agent_id", "character_id", "generation_id"],
            ),
        )
        self.expose(
            "/generations",
            Reads(
                self.generations,
                noun="generation",
                filters={
                    "status": among("status", GenerationStatus),
                    "content_type": among("content_type", GeneratedType),
                    "character_id": among("character_id"),
                },
                orders=["created_at", "updated_at"],
                groups=["character_id"],
            ),
        )

    def store(self, content: Content) -> None:
        """Stores a change and tells of it; call it inside a transaction."""
        content.revision += 1
        self.contents.put(content)
        self.tell("content.changed", "content", content)

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
        is_reasoned = action in NEEDS_FEEDBACK or (action is Action.REJECT_DISCARD and content.character_id is not None)
        if is_reasoned and not feedback:
            raise bad_input(["feedback"], f"{action} needs feedback.")
        if action is Action.RECORD_MARKETING_RESPONSE:
            content.marketing_response = feedback
        elif feedback:
            content.feedback = feedback
        content.move(target)
        with self.database.transaction():
            self.store(content)
            if content.follower is not None:
                self.jobs.add("proceed", {"content_id": content.id})
        return content

    async def proceed(self, job: str, payload: Payload) -> None:
        """Takes the step that follows a state by itself."""
        await self.pause()
        content = self.contents.find(payload["content_id"])
        if content is None:
            return
        if content.follower is not None:
            self.follow(content, content.follower)
        if content.status is ContentStatus.GENERATING:
            await self.request_revision(content, job)

    def follow(self, content: Content, status: ContentStatus) -> None:
        content.move(status)
        with self.database.transaction():
            self.store(content)
            if content.status is not ContentStatus.GENERATING:
                self.notify(decision(content))

    async def request_revision(self, content: Content, key: str) -> None:
        """Has the agents service write another draft; without one the agent gets the last one back."""
        if content.generation_id is not None:
            return await self.make_again(content)
        if content.listing_id is None or content.content_type not in set(ContentType):
            self.end_generating(content.id, None)
            return None
        request = TaskRequest(
            kind=TaskKind.REVISE_CONTENT,
            listing_id=content.listing_id,
            content_types=[ContentType(content.content_type)],
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

    async def make_again(self, content: Content) -> None:
        """Makes another piece of the same generation, by another seed; the last one comes back where none can be."""
        piece, generation = None, self.generations.find(content.generation_id or "")
        try:
            if generation is not None:
                persona = await look_up_persona(self.peers, generation.character_id, generation.owner_id)
                number = len(generation.piece_ids) + content.revision
                piece = await asyncio.to_thread(make_piece, generation, persona, number)
        except PeerUnavailableError:
            raise
        except ProblemError:
            logger.info("the character of %s is gone", content.id)
        found = self.contents.find(content.id)
        if found is None or found.status is not ContentStatus.GENERATING:
            return
        if piece is not None:
            replace_piece(found, piece, self.media)
        found.move(ContentStatus.PENDING_APPROVAL_AGENT)
        with self.database.transaction():
            self.store(found)

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

    def remove(self, content: Content) -> Content:
        with self.database.transaction():
            self.contents.remove(content.id)
            self.tell("content.deleted", "content", content)
        return content

    def use(self, content: Content) -> Content:
        content.times_used += 1
        with self.database.transaction():
            self.store(content)
        return content

    async def begin(self, draft: GenerationDraft, caller: Caller) -> Generation:
        """Accepts a generation; a job makes its pieces."""
        caller.require_user()
        persona = await look_up_persona(self.peers, draft.character_id, caller.sees_only)
        generation = Generation(id=new_id("gen"), owner_id=persona.owner_id, **draft.model_dump())
        seconds = SECONDS_TO_MAKE + self.settings.step_seconds * (1 + len(generation.piece_ids))
        generation.estimated_completion = now() + timedelta(seconds=seconds)
        with self.database.transaction():
            self.generations.put(generation)
            self.jobs.add("generate", {"generation_id": generation.id})
        return generation

    async def generate(self, _job: str, payload: Payload) -> None:
        """Makes what is not made yet, one piece a step."""
        generation = self.generations.find(payload["generation_id"])
        if generation is None or generation.is_over:
            return
        if generation.status is GenerationStatus.PENDING:
            generation.status, generation.started_at = GenerationStatus.PROCESSING, now()
            self.generations.put(generation)
        await self.pause()
        try:
            await self.make_pieces(generation)
        except PeerUnavailableError:
            raise
        except ProblemError as error:
            generation.end(now(), error.detail)
        except OSError:
            logger.exception("the files of %s cannot be stored", generation.id)
            generation.end(now(), "The files cannot be stored.", "STORAGE_ERROR")
        else:
            generation.end(now())
        self.end_generation(generation)

    async def make_pieces(self, generation: Generation) -> None:
        if generation.blocked_words:
            raise bad_input(["prompt"], f"The prompt asks for {', '.join(generation.blocked_words)}.")
        persona = await look_up_persona(self.peers, generation.character_id, generation.owner_id)
        for number, content_id in enumerate(generation.piece_ids):
            if content_id not in generation.content_ids:
                await self.make(generation, persona, number, content_id)
                await self.pause()

    async def make(self, generation: Generation, persona: Persona, number: int, content_id: str) -> None:
        """Drawing takes up to a second, so a thread does it."""
        piece = await asyncio.to_thread(make_piece, generation, persona, number)
        content = generated(generation, content_id, piece, self.media)
        generation.content_ids.append(content_id)
        generation.success_count = len(generation.content_ids)
        with self.database.transaction():
            self.store(content)
            self.tell("content.generated", "content", content)
            self.generations.put(generation)

    def end_generation(self, generation: Generation) -> None:
        with self.database.transaction():
            self.generations.put(generation)
            self.tell(f"generation.{generation.status}", "generation", generation)
            self.notify(made(generation))


def invalid_transition(detail: str) -> ProblemError:
    return ProblemError(409, detail, code="INVALID_TRANSITION")


ServingContent = Annotated[ContentService, Serving]


@router.post("/content/create-for-listing", status_code=202, response_model=StartedTask)
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


@router.post("/content/{content_id}/action", response_model=Content)
async def act_on_content(
    content_id: str, body: ActionRequest, caller: AuthenticatedCaller, service: ServingContent
) -> Response:
    return service.answer(service.act(service.visible(content_id, caller), body.action, body.feedback))


@router.post("/content", status_code=201, response_model=Content)
async def create_content(draft: ContentDraft, caller: AuthenticatedCaller, service: ServingContent) -> Response:
    caller.require_service()
    return service.answer(service.create(draft), 201)


@router.put("/content/{content_id}/draft", response_model=Content)
async def replace_draft(
    content_id: str, draft: Draft, caller: AuthenticatedCaller, service: ServingContent
) -> Response:
    caller.require_service()
    return service.answer(service.end_generating(content_id, draft))


@router.delete("/content/{content_id}/draft", response_model=Content)
async def give_up_draft(content_id: str, caller: AuthenticatedCaller, service: ServingContent) -> Response:
    caller.require_service()
    return service.answer(service.end_generating(content_id, None))


@router.post("/content/{content_id}/use", response_model=Content)
async def use_content(content_id: str, caller: AuthenticatedCaller, service: ServingContent) -> Response:
    """Publishing says so when it has posted a piece."""
    caller.require_service()
    return service.answer(service.use(service.visible(content_id, caller)))


@router.delete("/content/{content_id}", response_model=Content)
async def delete_content(content_id: str, caller: AuthenticatedCaller, service: ServingContent) -> Response:
    return service.answer(service.remove(service.visible(content_id, caller)))


@router.post("/generations", status_code=202, response_model=Generation)
async def generate_content(draft: GenerationDraft, caller: AuthenticatedCaller, service: ServingContent) -> Response:
    return service.answer(await service.begin(draft, caller), 202)
