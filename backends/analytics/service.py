"""Analytics: how posts and characters do, how much there is of everything, and the platform's settings."""

from typing import Annotated

import httpx
from starlette.requests import Request
from starlette.responses import Response

from backends.analytics.preferences import Preferences, SettingsChange
from backends.analytics.totals import system_stats
from backends.authentication import AuthenticatedCaller
from backends.problem import ProblemError
from backends.reading import answer, answer_read
from backends.service import Service, Serving, routes
from backends.settings import BackendSettings

router = routes()


class AnalyticsService(Service):
    name = "analytics"
    routers = (router,)

    def __init__(self, settings: BackendSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings, http)
        self.preferences = Preferences(self.database)


ServingAnalytics = Annotated[AnalyticsService, Serving]


@router.get("/system/stats")
async def read_system_stats(request: Request, caller: AuthenticatedCaller, service: ServingAnalytics) -> Response:
    stats = await system_stats(service.peers, service.settings.data_dir, caller.sees_only)
    return answer_read(request, stats.model_dump_json().encode())


@router.get("/settings")
async def read_settings(request: Request, _caller: AuthenticatedCaller, service: ServingAnalytics) -> Response:
    return answer_read(request, service.preferences.read().model_dump_json().encode())


@router.put("/settings")
async def change_settings(change: SettingsChange, caller: AuthenticatedCaller, service: ServingAnalytics) -> Response:
    if not caller.is_admin:
        raise ProblemError(403, "The platform's settings are for admins to change.")
    return answer(service.preferences.change(change))
