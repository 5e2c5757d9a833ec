"""The analytics backend: figures of posts and characters, totals, and the platform's settings."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import ClassVar

from app.rest import Client, Page, Query, Record, Service

ANALYTICS = Service("analytics", port=8011)


class PlatformFiguresRecord(Record, frozen=True, kw_only=True):
    platform: str
    posts: int
    engagement: int


class TrendsRecord(Record, frozen=True, kw_only=True):
    """One value for each date."""

    dates: list[date]
    follower_growth: list[int]
    engagement: list[int]


class OverviewRecord(Record, frozen=True, kw_only=True):
    """`character_id` is null for everything together; `engagement_rate` is by post and follower."""

    character_id: str | None = None
    first_day: date
    last_day: date
    total_posts: int
    total_engagement: int
    total_followers: int
    engagement_rate: float
    follower_growth: int
    top_post_ids: list[str]
    platform_breakdown: list[PlatformFiguresRecord]
    trends: TrendsRecord


class PostAnalyticsRecord(Record, frozen=True, kw_only=True):
    """`engagement_rate` is by view; the daily values belong to the dates one by one."""

    post_id: str
    likes: int
    comments: int
    shares: int
    views: int
    engagement: int
    engagement_rate: float
    dates: list[date]
    daily_engagement: list[int]
    daily_views: list[int]


class SystemStatsRecord(Record, frozen=True, kw_only=True):
    total_characters: int
    active_characters: int
    total_content: int
    total_posts: int
    storage_used_gb: float
    storage_available_gb: float


class ModelServerRecord(Record, frozen=True, kw_only=True):
    base_url: str
    default_model: str


class StorageRecord(Record, frozen=True, kw_only=True):
    type: str
    path: str


class SettingsRecord(Record, frozen=True, kw_only=True):
    stable_diffusion: ModelServerRecord
    ollama: ModelServerRecord
    storage: StorageRecord
    updated_at: datetime


class AnalyticsClient(Client):
    service: ClassVar[Service] = ANALYTICS

    async def overview(self, query: Query) -> OverviewRecord:
        """What everything of the caller's comes to in a period."""
        return await self.get("/overview", OverviewRecord, query)

    async def of_characters(self, ids: Iterable[str], query: Query) -> list[OverviewRecord]:
        """What each character comes to in a period."""
        return (await self.get("/characters", Page[OverviewRecord], (("ids", ",".join(ids)), *query))).items

    async def of_posts(self, ids: Iterable[str]) -> list[PostAnalyticsRecord]:
        """What each post has earned; posts without figures are left out."""
        return (await self.get("/posts", Page[PostAnalyticsRecord], (("ids", ",".join(ids)),))).items


class SystemClient(Client):
    service: ClassVar[Service] = ANALYTICS

    async def stats(self) -> SystemStatsRecord:
        """How much there is of everything that the caller may see."""
        return await self.get("/system/stats", SystemStatsRecord)

    async def settings(self) -> SettingsRecord:
        return await self.get("/settings", SettingsRecord)

    async def update_settings(self, change: dict[str, object]) -> SettingsRecord:
        """Change what is given, at every depth; for admins."""
        key = self.caller.write_key("PUT", "/settings", change)
        return await self.send("PUT", "/settings", SettingsRecord, body=change, idempotency_key=key)
