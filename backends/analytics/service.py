"""Analytics: how posts and characters do, how much there is of everything, and the platform's settings."""

from datetime import UTC, date, datetime
from typing import Annotated, Final

import httpx
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from backends import platform_stats
from backends.analytics.collection import Collector
from backends.analytics.figures import Figures, Overview, Period, PostFigures, Selected
from backends.analytics.preferences import PlatformSettings, Preferences, SettingsChange
from backends.analytics.totals import SystemStats, system_stats
from backends.authentication import AuthenticatedCaller
from backends.description import Page, parameters
from backends.document import now
from backends.problem import ProblemError, bad_input
from backends.reading import DERIVED, answer, answer_read
from backends.selection import MAX_KEYS, split
from backends.service import Service, Serving, routes
from backends.settings import BackendSettings
from backends.social import Platform

MAX_DAYS: Final = 366
PERIOD: Final = ("from", "to", "platform")

router = routes()


class AnalyticsService(Service):
    name = "analytics"
    routers = (router, platform_stats.router)

    def __init__(self, settings: BackendSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings, http)
        self.preferences = Preferences(self.database)
        self.figures = Figures(self.database)
        self.collector = Collector(self.database, self.peers, self.figures)

    async def period(self, query: QueryParams, owner_id: str | None) -> Period:
        """The days that a query asks about; raises 422 for those that are none."""
        await self.collector.collect(owner_id)
        usual = self.figures.default_period(owner_id) or Period(now().date(), now().date())
        last = day_in(query, "to") or usual.last
        first = day_in(query, "from") or min(usual.first, last)
        if first > last:
            raise bad_input(["from"], "The first day must not be after the last one.")
        if (last - first).days >= MAX_DAYS:
            raise bad_input(["from"], f"At most {MAX_DAYS} days can be asked for.")
        return Period(first, last)


def day_in(query: QueryParams, name: str) -> date | None:
    """A day, or the day of a moment, as RFC 3339 writes them."""
    text = query.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise bad_input([name], f"{text} is no day; one is written like 2025-01-16.") from None
    return (moment.astimezone(UTC) if moment.tzinfo else moment).date()


def platform_in(query: QueryParams) -> Platform | None:
    text = query.get("platform")
    if text is None:
        return None
    try:
        return Platform(text)
    except ValueError:
        raise bad_input(["platform"], f"{text} is not one of {', '.join(Platform)}.") from None


def ids_in(query: QueryParams) -> list[str]:
    ids = list(dict.fromkeys(split(query.get("ids", ""))))
    if len(ids) > MAX_KEYS:
        raise ProblemError(400, f"At most {MAX_KEYS} values can be asked for at once.", code="TOO_MANY_IDS")
    return ids


ServingAnalytics = Annotated[AnalyticsService, Serving]


@router.get("/overview", response_model=Overview, openapi_extra=parameters({"character_id", *PERIOD}))
async def read_overview(request: Request, caller: AuthenticatedCaller, service: ServingAnalytics) -> Response:
    query, owner_id = request.query_params, caller.sees_only
    selected = Selected(owner_id, query.get("character_id"), platform_in(query))
    overview = service.figures.overview(selected, await service.period(query, owner_id))
    return answer_read(request, overview.model_dump_json().encode(), DERIVED)


@router.get("/characters", response_model=Page[Overview], openapi_extra=parameters({"ids", *PERIOD}))
async def read_characters(request: Request, caller: AuthenticatedCaller, service: ServingAnalytics) -> Response:
    """One row for each character that is asked for; all zero where nothing is known, or nothing of the caller's."""
    query, owner_id = request.query_params, caller.sees_only
    ids, platform = ids_in(query), platform_in(query)
    period = await service.period(query, owner_id)
    rows = [service.figures.overview(Selected(owner_id, key, platform), period) for key in ids]
    return answer_read(request, Page[Overview](items=rows, total=len(rows)).model_dump_json().encode(), DERIVED)


@router.get("/posts", response_model=Page[PostFigures], openapi_extra=parameters({"ids"}))
async def read_posts(request: Request, caller: AuthenticatedCaller, service: ServingAnalytics) -> Response:
    ids = ids_in(request.query_params)
    await service.collector.collect(caller.sees_only)
    rows = service.figures.of_posts(ids, caller.sees_only)
    return answer_read(request, Page[PostFigures](items=rows, total=len(rows)).model_dump_json().encode(), DERIVED)


@router.get("/system/stats", response_model=SystemStats)
async def read_system_stats(request: Request, caller: AuthenticatedCaller, service: ServingAnalytics) -> Response:
    stats = await system_stats(service.peers, service.settings.data_dir, caller.sees_only)
    return answer_read(request, stats.model_dump_json().encode(), DERIVED)


@router.get("/settings", response_model=PlatformSettings)
async def read_settings(request: Request, _caller: AuthenticatedCaller, service: ServingAnalytics) -> Response:
    return answer_read(request, service.preferences.read().model_dump_json().encode())


@router.put("/settings", response_model=PlatformSettings)
async def change_settings(change: SettingsChange, caller: AuthenticatedCaller, service: ServingAnalytics) -> Response:
    if not caller.is_admin:
        raise ProblemError(403, "The platform's settings are for admins to change.")
    return answer(service.preferences.change(change))
