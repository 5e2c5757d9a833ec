"""The writers' desk: reads listings, writes drafts and reviews them, and hands them over to the content service."""

from typing import Final
from urllib.parse import quote

from pydantic import BaseModel

from backends.copywriting import ContentType, Copy, ListingFacts, price_words, problems_of, write_copy
from backends.drafts import ContentDraft, Draft
from backends.peers import Peers
from backends.storage import Database
from backends.tasks import READ_LISTING, REVIEW, Task, TaskKind, draft_step

TABLE: Final = """
CREATE TABLE IF NOT EXISTS materials (
    task_id TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (task_id, name)
)
"""


class WritingError(Exception):
    """The drafts are not good enough to be shown."""


class HandedOver(BaseModel):
    """What is read of the stored content."""

    id: str


class Desk:
    """What lies on it, the listing's facts and the drafts of each task, outlives the process."""

    def __init__(self, database: Database, peers: Peers) -> None:
        self._database = database
        self._peers = peers
        database.execute(TABLE)

    async def look_up(self, listing_id: str, on_behalf_of: str | None) -> ListingFacts:
        segment = quote(listing_id, safe="").replace(".", "%2E")  # a client gave it: it must not lead anywhere else
        return await self._peers.get("listings", f"/listings/{segment}", ListingFacts, on_behalf_of=on_behalf_of)

    async def work_on(self, task: Task, step: str) -> str:
        """Does a step that ends on the desk; returns what is to be said of it."""
        if step == READ_LISTING:
            return await self._read_listing(task)
        if step == REVIEW:
            return self._review(task)
        return self._draft(task, next(kind for kind in task.content_types if draft_step(kind) == step))

    async def _read_listing(self, task: Task) -> str:
        listing = await self.look_up(task.listing_id or "", task.owner_id)
        self._keep(task, READ_LISTING, listing)
        return f"{listing.address}, {price_words(listing.price)}, {len(listing.key_features)} key features"

    def _draft(self, task: Task, kind: ContentType) -> str:
        copy = write_copy(kind, self._listing(task), task.edition, task.feedback or "")
        self._keep(task, kind, copy)
        return f"“{copy.title}”, {len(copy.text.split())} words"

    def _review(self, task: Task) -> str:
        listing, drafts = self._listing(task), {kind: self._copy(task, kind) for kind in task.content_types}
        problems = [
            f"{kind}: {problem}" for kind, copy in drafts.items() for problem in problems_of(kind, copy, listing)
        ]
        if len({copy.text for copy in drafts.values()}) < len(drafts):
            problems.append("two drafts say the same")
        if problems:
            raise WritingError(f"The review found that {'; '.join(problems)}.")
        return f"{len(drafts)} of {len(drafts)} drafts are within length, say the facts and differ"

    async def hand_over(self, task: Task, kind: ContentType) -> str:
        """Gives a draft to the content service, once however often it is called; returns the content's id."""
        copy, key = self._copy(task, kind), f"{task.id}:{kind}"
        if task.kind is TaskKind.REVISE_CONTENT:
            path, draft = f"/content/{task.content_ids[0]}/draft", Draft(**copy.model_dump())
            content = await self._peers.send("PUT", "content", path, HandedOver, body=draft, idempotency_key=key)
        else:
            first = first_draft(task, kind, copy)
            content = await self._peers.send("POST", "content", "/content", HandedOver, body=first, idempotency_key=key)
        return content.id

    async def give_back(self, content_id: str, key: str) -> None:
        """Tells the content service that no other draft will come."""
        await self._peers.send("DELETE", "content", f"/content/{content_id}/draft", HandedOver, idempotency_key=key)

    def clear(self, task_id: str) -> None:
        self._database.execute("DELETE FROM materials WHERE task_id = ?", (task_id,))

    def _keep(self, task: Task, name: str, material: BaseModel) -> None:
        row = (task.id, name, material.model_dump_json())
        self._database.execute("INSERT OR REPLACE INTO materials VALUES (?, ?, ?)", row)

    def _kept(self, task: Task, name: str) -> str:
        sql = "SELECT document FROM materials WHERE task_id = ? AND name = ?"
        document: str = self._database.execute(sql, (task.id, name)).fetchone()[0]
        return document

    def _listing(self, task: Task) -> ListingFacts:
        return ListingFacts.model_validate_json(self._kept(task, READ_LISTING))

    def _copy(self, task: Task, kind: ContentType) -> Copy:
        return Copy.model_validate_json(self._kept(task, kind))


def first_draft(task: Task, kind: ContentType, copy: Copy) -> ContentDraft:
    return ContentDraft(
        owner_id=task.owner_id,
        agent_id=task.agent_id,
        listing_id=task.listing_id,
        task_id=task.id,
        content_type=kind,
        **copy.model_dump(),
    )
