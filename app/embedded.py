"""Development mode: the reference backends beside the gateway, in the same process, over real HTTP."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from app.settings import Settings
from backends.embedded import serve
from backends.sample.people import PASSWORD, PEOPLE
from backends.settings import PORTS, BackendSettings

SAMPLE_LOGINS = tuple(person.email for person in PEOPLE if person.email in ("chris@example.com", "admin@example.com"))
SAMPLE_PASSWORD = PASSWORD


@asynccontextmanager
async def reference_backends(
    settings: Settings,
    events_url: str | None,
    *,
    step_seconds: float | None = None,
    wrap: Callable[[ASGIApp], ASGIApp] | None = None,
) -> AsyncIterator[dict[str, str]]:
    """Every reference backend, with sample data on first start; gives their URLs by the name of the service.

    Events are posted to `events_url`, if there is one. `wrap` may put a layer around the app, to record requests for
    example.
    """
    backend_settings = BackendSettings(
        jwt_secret=settings.jwt_secret,
        jwt_issuer=settings.jwt_issuer,
        jwt_audience=settings.jwt_audience,
        jwt_expiration_minutes=settings.jwt_expiration_minutes,
        service_key=settings.service_key,
        events_url=events_url,
        data_dir=settings.data_dir,
    )
    if step_seconds is not None:
        backend_settings = backend_settings.model_copy(update={"step_seconds": step_seconds})
    async with serve(backend_settings, sample=True, wrap=wrap) as base_url:
        yield {name: f"{base_url}/{name}" for name in PORTS}


def sample_person(role: str) -> tuple[str, str | None]:
    """The user id, and the agent id if there is one, of the first sample login with a role."""
    person = next(person for person in PEOPLE if person.role == role)
    return person.user_id, person.agent_id
