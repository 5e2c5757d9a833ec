"""Collection: how figures come here. Publishing and social are asked for what has changed since the last time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel

from backends.analytics.figures import Figures, FollowerDay, PostDay
from backends.document import rfc3339
from backends.peers import Peers
from backends.social import Platform
from backends.storage import Database

PAGE: Final = 100

P = TypeVar("P", bound="Collected")


class Post(BaseModel):
    """What is read of a post."""

    id: str
    owner_id: str
    character_id: str | None
    platform: Platform
    likes_count: int
    comments_count: int
    shares_count: int
    views_count: int
    published_at: datetime
    last_synced_at: datetime | None
    updated_at: datetime

    @property
    def figures(self) -> PostDay:
        return PostDay(
            post_id=self.id,
            day=(self.last_synced_at or self.published_at).date(),
            owner_id=self.owner_id,
            character_id=self.character_id,
            platform=self.platform,
            published_on=self.published_at.date(),
            likes=self.likes_count,
            comments=self.comments_count,
            shares=self.shares_count,
            views=self.views_count,
        )


class Account(BaseModel):
    """What is read of a social account."""

    id: str
    owner_id: str
    character_id: str | None
    platform: Platform
    follower_count: int
    connected_at: datetime
    last_synced_at: datetime | None

    @property
    def figures(self) -> FollowerDay:
        return FollowerDay(
            account_id=self.id,
            day=(self.last_synced_at or self.connected_at).date(),
            owner_id=self.owner_id,
            character_id=self.character_id,
            platform=self.platform,
            followers=self.follower_count,
        )


class Collected(BaseModel):
    total: int


class CollectedPosts(Collected):
    items: list[Post]


class CollectedAccounts(Collected):
    items: list[Account]


class Collector:
    """Brings the figures up to date."""

    def __init__(self, database: Database, peers: Peers, figures: Figures) -> None:
        self._database = database
        self._peers = peers
        self._figures = figures
        database.execute("CREATE TABLE IF NOT EXISTS marks (owner TEXT PRIMARY KEY, updated_at TEXT NOT NULL)")

    async def collect(self, owner_id: str | None) -> None:
        """All that an owner has; all there is where nobody is named."""
        posts, accounts = await asyncio.gather(self._posts(owner_id), self._accounts(owner_id))
        with self._database.transaction():
            self._figures.store((post.figures for post in posts), (account.figures for account in accounts))
            if posts:
                self._mark(owner_id, max(post.updated_at for post in posts))

    def _mark(self, owner_id: str | None, newest: datetime) -> None:
        """Remembers how far an owner's posts are known; None stands for everybody's together."""
        self._database.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (owner_id or "", rfc3339(newest)))

    def _marked(self, owner_id: str | None) -> str | None:
        row = self._database.execute("SELECT updated_at FROM marks WHERE owner = ?", (owner_id or "",)).fetchone()
        return row[0] if row else None

    async def _posts(self, owner_id: str | None) -> list[Post]:
        query = {"status": "published", "order": "updated_at"}
        if newest := self._marked(owner_id):
            query["updated_since"] = newest
        pages = self._pages("publishing", "/posts", query, CollectedPosts, owner_id)
        return [post async for page in pages for post in page.items]

    async def _accounts(self, owner_id: str | None) -> list[Account]:
        pages = self._pages("social", "/accounts", {"order": "created_at"}, CollectedAccounts, owner_id)
        return [account async for page in pages for account in page.items]

    async def _pages(
        self, service: str, path: str, query: dict[str, str], decode: type[P], owner_id: str | None
    ) -> AsyncIterator[P]:
        offset, total = 0, 1
        while offset < total:
            asked = urlencode({**query, "limit": PAGE, "offset": offset})
            page = await self._peers.get(service, f"{path}?{asked}", decode, on_behalf_of=owner_id)
            yield page
            offset, total = offset + PAGE, page.total
