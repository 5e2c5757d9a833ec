"""Figures: what posts and characters have earned, day by day, and what that comes to in a period."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from pydantic import BaseModel, Field

from backends.document import Answered
from backends.social import Platform
from backends.storage import Database

TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS post_days (
        post_id TEXT NOT NULL, day TEXT NOT NULL, owner_id TEXT NOT NULL, character_id TEXT, platform TEXT NOT NULL,
        published_on TEXT NOT NULL,
        likes INTEGER NOT NULL, comments INTEGER NOT NULL, shares INTEGER NOT NULL, views INTEGER NOT NULL,
        PRIMARY KEY (post_id, day)
    )""",
    "CREATE INDEX IF NOT EXISTS post_days_by_owner ON post_days (owner_id, character_id, day)",
    """CREATE TABLE IF NOT EXISTS follower_days (
        account_id TEXT NOT NULL, day TEXT NOT NULL, owner_id TEXT NOT NULL, character_id TEXT, platform TEXT NOT NULL,
        followers INTEGER NOT NULL,
        PRIMARY KEY (account_id, day)
    )""",
)
DEFAULT_DAYS: Final = 60
TOP_POSTS: Final = 5


class PostDay(BaseModel):
    """What a post had earned, all in all, by the end of a day."""

    post_id: str
    day: date
    owner_id: str
    character_id: str | None
    platform: Platform
    published_on: date
    likes: int
    comments: int
    shares: int
    views: int


class FollowerDay(BaseModel):
    """How many followed an account at the end of a day."""

    account_id: str
    day: date
    owner_id: str
    character_id: str | None
    platform: Platform
    followers: int


class PlatformFigures(Answered):
    platform: Platform
    posts: int = 0
    engagement: int = 0


class Trends(Answered):
    """One value for each day."""

    dates: list[date] = Field(default_factory=list)
    follower_growth: list[int] = Field(default_factory=list)
    engagement: list[int] = Field(default_factory=list)


class Overview(Answered):
    """`engagement_rate` is the engagement of a post for each follower."""

    character_id: str | None = None
    first_day: date
    last_day: date
    total_posts: int = 0
    total_engagement: int = 0
    total_followers: int = 0
    engagement_rate: float = 0.0
    follower_growth: int = 0
    top_post_ids: list[str] = Field(default_factory=list)
    platform_breakdown: list[PlatformFigures] = Field(default_factory=list)
    trends: Trends = Field(default_factory=Trends)


class PostFigures(Answered):
    """`engagement_rate` is the engagement for each view."""

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


@dataclass(frozen=True, slots=True)
class Period:
    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]


@dataclass(frozen=True, slots=True)
class Selected:
    """Whose figures, as whom, and where; None is no condition."""

    owner_id: str | None = None
    character_id: str | None = None
    platform: Platform | None = None

    @property
    def sql(self) -> str:
        return " AND ".join([f"{name} = ?" for name in self._given]) or "TRUE"

    @property
    def parameters(self) -> list[str]:
        return list(self._given.values())

    @property
    def _given(self) -> dict[str, str]:
        given = {"owner_id": self.owner_id, "character_id": self.character_id, "platform": self.platform}
        return {name: value for name, value in given.items() if value is not None}


class Figures:
    """The rows of every day, and what they come to."""

    def __init__(self, database: Database) -> None:
        self._database = database
        for table in TABLES:
            database.execute(table)

    @property
    def is_empty(self) -> bool:
        return bool(self._database.execute("SELECT NOT EXISTS (SELECT 1 FROM post_days)").fetchone()[0])

    def store(self, posts: Iterable[PostDay], followers: Iterable[FollowerDay]) -> None:
        """Call it inside a transaction. A later look at a day takes the place of an earlier one."""
        self._insert("post_days", PostDay, posts)
        self._insert("follower_days", FollowerDay, followers)

    def _insert(self, table: str, model: type[BaseModel], rows: Iterable[BaseModel]) -> None:
        columns = ", ".join(model.model_fields)
        marks = ", ".join("?" for _ in model.model_fields)
        sql = f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 -- names come from code
        self._database.execute_many(sql, (tuple(row.model_dump(mode="json").values()) for row in rows))

    def default_period(self, owner_id: str | None) -> Period | None:
        """The last days for which there are figures; None where there are none at all."""
        selected = Selected(owner_id)
        sql = (
            "SELECT max(day) FROM (SELECT owner_id, day FROM post_days "  # noqa: S608 -- names come from code
            f"UNION ALL SELECT owner_id, day FROM follower_days) WHERE {selected.sql}"
        )
        text = self._database.execute(sql, selected.parameters).fetchone()[0]
        if text is None:
            return None
        last = date.fromisoformat(text)
        return Period(last - timedelta(days=DEFAULT_DAYS - 1), last)

    def overview(self, selected: Selected, period: Period) -> Overview:
        engagement = self._engagement(selected, period)
        published = self._published(selected, period)
        followers, growth = self._followers(selected, period)
        total_posts, total_engagement = sum(published.values()), sum(engagement.values())
        total_followers = sum(followers.values())
        reach = total_posts * total_followers
        days = period.days
        return Overview(
            character_id=selected.character_id,
            first_day=period.first,
            last_day=period.last,
            total_posts=total_posts,
            total_engagement=total_engagement,
            total_followers=total_followers,
            engagement_rate=round(total_engagement / reach, 6) if reach else 0.0,
            follower_growth=sum(growth.values()),
            top_post_ids=self._top_posts(selected, period),
            platform_breakdown=breakdown(engagement, published),
            trends=Trends(
                dates=days,
                follower_growth=[growth.get(day.isoformat(), 0) for day in days],
                engagement=by_day(engagement, days),
            ),
        )

    def _engagement(self, selected: Selected, period: Period) -> dict[tuple[str, str], int]:
        """By platform and day: what was added on that day."""
        sql = (
            "SELECT platform, day, sum(added) FROM (SELECT platform, day, likes + comments + shares "  # noqa: S608 -- names come from code
            "- lag(likes + comments + shares, 1, 0) OVER (PARTITION BY post_id ORDER BY day) AS added "
            f"FROM post_days WHERE {selected.sql}) WHERE day BETWEEN ? AND ? GROUP BY platform, day"
        )
        rows = self._database.execute(sql, [*selected.parameters, *_texts(period)])
        return {(platform, day): added for platform, day, added in rows}

    def _published(self, selected: Selected, period: Period) -> dict[str, int]:
        sql = (
            f"SELECT platform, count(DISTINCT post_id) FROM post_days WHERE {selected.sql} "  # noqa: S608 -- names come from code
            "AND published_on BETWEEN ? AND ? GROUP BY platform"
        )
        return dict(self._database.execute(sql, [*selected.parameters, *_texts(period)]).fetchall())

    def _top_posts(self, selected: Selected, period: Period) -> list[str]:
        sql = (
            "SELECT post_id FROM (SELECT post_id, day, likes + comments + shares "  # noqa: S608 -- names come from code
            "- lag(likes + comments + shares, 1, 0) OVER (PARTITION BY post_id ORDER BY day) AS added "
            f"FROM post_days WHERE {selected.sql}) WHERE day BETWEEN ? AND ? "
            "GROUP BY post_id HAVING sum(added) > 0 ORDER BY sum(added) DESC, post_id LIMIT ?"
        )
        rows = self._database.execute(sql, [*selected.parameters, *_texts(period), TOP_POSTS])
        return [row[0] for row in rows]

    def _followers(self, selected: Selected, period: Period) -> tuple[dict[str, int], dict[str, int]]:
        """By account: how many there were last; by day: how many came."""
        sql = (
            "SELECT account_id, day, followers, followers - lag(followers, 1, followers) "  # noqa: S608 -- names come from code
            "OVER (PARTITION BY account_id ORDER BY day) "
            f"FROM follower_days WHERE {selected.sql} AND day <= ? ORDER BY day"
        )
        last: dict[str, int] = {}
        growth: dict[str, int] = {}
        first_day, last_day = _texts(period)
        for account_id, day, followers, added in self._database.execute(sql, [*selected.parameters, last_day]):
            last[account_id] = followers
            if day >= first_day:
                growth[day] = growth.get(day, 0) + added
        return last, growth

    def of_posts(self, ids: Sequence[str], owner_id: str | None) -> list[PostFigures]:
        """The figures of those posts that there are any of."""
        selected, marks = Selected(owner_id), ", ".join("?" for _ in ids)
        sql = (
            "SELECT post_id, day, likes, comments, shares, views FROM post_days "  # noqa: S608 -- names come from code
            f"WHERE {selected.sql} AND post_id IN ({marks}) ORDER BY post_id, day"
        )
        rows: dict[str, list[tuple[str, int, int, int, int]]] = {}
        for post_id, *row in self._database.execute(sql, [*selected.parameters, *ids]):
            rows.setdefault(post_id, []).append((row[0], row[1], row[2], row[3], row[4]))
        return [post_figures(post_id, days) for post_id, days in rows.items()]


def post_figures(post_id: str, rows: Sequence[tuple[str, int, int, int, int]]) -> PostFigures:
    _, likes, comments, shares, views = rows[-1]
    earned = [likes + comments + shares for _, likes, comments, shares, _ in rows]
    return PostFigures(
        post_id=post_id,
        likes=likes,
        comments=comments,
        shares=shares,
        views=views,
        engagement=earned[-1],
        engagement_rate=round(earned[-1] / views, 6) if views else 0.0,
        dates=[date.fromisoformat(row[0]) for row in rows],
        daily_engagement=_differences(earned),
        daily_views=_differences([row[4] for row in rows]),
    )


def breakdown(engagement: Mapping[tuple[str, str], int], published: Mapping[str, int]) -> list[PlatformFigures]:
    platforms = sorted({platform for platform, _ in engagement} | published.keys())
    return [
        PlatformFigures(
            platform=Platform(platform),
            posts=published.get(platform, 0),
            engagement=sum(added for (place, _), added in engagement.items() if place == platform),
        )
        for platform in platforms
    ]


def by_day(engagement: Mapping[tuple[str, str], int], days: Sequence[date]) -> list[int]:
    totals: dict[str, int] = {}
    for (_, day), added in engagement.items():
        totals[day] = totals.get(day, 0) + added
    return [totals.get(day.isoformat(), 0) for day in days]


def _differences(values: Sequence[int]) -> list[int]:
    return [value - before for value, before in zip(values, [0, *values[:-1]], strict=True)]


def _texts(period: Period) -> tuple[str, str]:
    return period.first.isoformat(), period.last.isoformat()
