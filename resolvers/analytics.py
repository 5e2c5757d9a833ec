"""Analytics: how posts and characters do, day by day."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, TypeAlias

import strawberry

from app.graph import (
    ALL,
    BackendCall,
    Found,
    Key,
    Loader,
    Parent,
    Query,
    Subgraph,
    database_id,
    described,
    filter_query,
)
from app.rest import Query as RestQuery
from clients.analytics import ANALYTICS, AnalyticsClient, OverviewRecord, PostAnalyticsRecord
from clients.character import CharacterRecord
from clients.publishing import PostRecord
from resolvers.character import Character, CharacterById
from resolvers.platform import Platform
from resolvers.post import Post, PostById

analytics = Subgraph("analytics")


class Overview(Loader[str, OverviewRecord]):
    """What everything of the caller's comes to; the key is `ALL`."""

    query: RestQuery = ()

    async def fetch(self, keys: list[str]) -> Found[str, OverviewRecord]:
        return dict.fromkeys(keys, await self.client(AnalyticsClient).overview(self.query))

    @classmethod
    def backend_call(cls) -> BackendCall:
        return BackendCall(ANALYTICS.name, "GET /overview", 1)


class OverviewByCharacter(Loader[str, OverviewRecord | None]):
    query: RestQuery = ()

    async def fetch(self, keys: list[str]) -> Found[str, OverviewRecord]:
        rows = await self.client(AnalyticsClient).of_characters(keys, self.query)
        return {row.character_id: row for row in rows if row.character_id is not None}

    @classmethod
    def backend_call(cls) -> BackendCall:
        return BackendCall(ANALYTICS.name, "GET /characters?ids=", cls.max_batch)


class AnalyticsByPost(Loader[str, PostAnalyticsRecord | None]):
    async def fetch(self, keys: list[str]) -> Found[str, PostAnalyticsRecord]:
        return {row.post_id: row for row in await self.client(AnalyticsClient).of_posts(keys)}

    @classmethod
    def backend_call(cls) -> BackendCall:
        return BackendCall(ANALYTICS.name, "GET /posts?ids=", cls.max_batch)


@strawberry.type(description="What came of one platform in a period.")
class PlatformFigures:
    platform: Platform = described("Which platform.")
    posts: int = described("How many posts were published.")
    engagement: int = described("How many likes, comments and shares came.")


@strawberry.type(description="What one day has brought.")
class TrendPoint:
    day: date = described("Which day, in UTC.")
    engagement: int = described("How many likes, comments and shares came.")
    follower_growth: int = described("How many followers came, less those that left.")


@strawberry.type(description="What one day has brought a post.")
class PostTrendPoint:
    day: date = described("Which day, in UTC.")
    engagement: int = described("How many likes, comments and shares came.")
    views: int = described("How often it was seen.")


@analytics.type(OverviewRecord)
class AnalyticsOverview:
    """What posts and accounts come to in a period."""

    first_day: date = described("The first day of the period, in UTC.")
    last_day: date = described("The last day of the period, in UTC.")
    total_posts: int = described("How many posts were published.")
    total_engagement: int = described("How many likes, comments and shares came.")
    total_followers: int = described("How many followers there were at the end.")
    engagement_rate: float = described("The engagement of a post for each follower: 0.05 is five in a hundred.")
    follower_growth: int = described("How many followers came, less those that left.")
    platform_breakdown: list[PlatformFigures] = described("The same by platform.")


@analytics.type(PostAnalyticsRecord)
class PostAnalytics:
    """What a post has earned, as far as its figures were read from the platform."""

    likes: int = described("How many have liked it.")
    comments: int = described("How many comments it has.")
    shares: int = described("How often it was shared.")
    views: int = described("How often it was seen.")
    engagement: int = described("Likes, comments and shares together.")
    engagement_rate: float = described("The engagement for each view.")


FirstDay: TypeAlias = Annotated[
    datetime | None, strawberry.argument(name="from", description="On the day of this moment or later.")
]
LastDay: TypeAlias = Annotated[
    datetime | None,
    strawberry.argument(name="to", description="On its day or earlier; up to the latest figures unless said."),
]
PlatformArgument: TypeAlias = Annotated[
    Platform | None, strawberry.argument(description="On this platform alone; on all unless said.")
]
CharacterArgument: TypeAlias = Annotated[
    strawberry.ID | None, strawberry.argument(description="Of this character alone, by an id of either kind.")
]


def _query(
    platform: Platform | None, since: datetime | None, until: datetime | None, character_id: str | None = None
) -> RestQuery:
    return filter_query(None, character_id=character_id, platform=platform, **{"from": since, "to": until})


@analytics.edge(Query, Overview, returns=AnalyticsOverview)
def analytics_overview(
    character_id: CharacterArgument = None,
    platform: PlatformArgument = None,
    since: FirstDay = None,
    until: LastDay = None,
) -> Key[str]:
    """What everything of the caller's comes to; by default in the sixty days up to the latest figures."""
    id = database_id(character_id, Character, "characterId") if character_id is not None else None
    return Key(ALL, {"query": _query(platform, since, until, id)})


@analytics.edge(Character, OverviewByCharacter, returns=AnalyticsOverview, name="analytics")
def analytics_of_character(
    character: Parent[CharacterRecord],
    platform: PlatformArgument = None,
    since: FirstDay = None,
    until: LastDay = None,
) -> Key[str]:
    """What the character comes to; by default in the sixty days up to the caller's latest figures."""
    return Key(character.id, {"query": _query(platform, since, until)})


@analytics.edge(Post, AnalyticsByPost, returns=PostAnalytics, name="analytics")
def analytics_of_post(post: Parent[PostRecord]) -> str:
    """What the post has earned; null before it is published."""
    return post.id


@analytics.edge(AnalyticsOverview, CharacterById, returns=Character, name="character")
def character_of_overview(analytics_overview: Parent[OverviewRecord]) -> str | None:
    """The character it is about, if it is about one."""
    return analytics_overview.character_id


@analytics.edge(AnalyticsOverview, PostById, returns=Post, many=True)
def top_posts(analytics_overview: Parent[OverviewRecord]) -> list[str]:
    """The posts with the most engagement in the period, the best first, at most five."""
    return analytics_overview.top_post_ids


@analytics.field(AnalyticsOverview)
def trends(analytics_overview: Parent[OverviewRecord]) -> list[TrendPoint]:
    """One point for each day of the period."""
    days = analytics_overview.trends
    return [
        TrendPoint(day=day, engagement=engagement, follower_growth=growth)
        for day, engagement, growth in _zipped(days.dates, days.engagement, days.follower_growth)
    ]


@analytics.field(PostAnalytics, name="trends")
def trends_of_post(post_analytics: Parent[PostAnalyticsRecord]) -> list[PostTrendPoint]:
    """One point for each day on which its figures were read, with what came since the one before."""
    days = _zipped(post_analytics.dates, post_analytics.daily_engagement, post_analytics.daily_views)
    return [PostTrendPoint(day=day, engagement=engagement, views=views) for day, engagement, views in days]


def _zipped(dates: Sequence[date], first: Sequence[int], second: Sequence[int]) -> list[tuple[date, int, int]]:
    return list(zip(dates, first, second, strict=True))
