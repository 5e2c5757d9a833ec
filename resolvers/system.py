"""System: how the gateway is, how much there is of everything, and the platform's settings."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.graph import URL, Info, Query, Subgraph, described, value
from clients.analytics import SettingsRecord, SystemClient, SystemStatsRecord

system = Subgraph("system")


@strawberry.enum(description="How the gateway is.")
class HealthStatus(Enum):
    HEALTHY = value("healthy", "It and every service answer.")
    DEGRADED = value("degraded", "It answers, and some service does not.")


@strawberry.enum(description="Whether a service answers.")
class ServiceStatus(Enum):
    UP = value("up", "It does.")
    DOWN = value("down", "It does not.")


@strawberry.enum(description="Where files are kept.")
class StorageType(Enum):
    LOCAL = value("local", "In a directory.")
    S3 = value("s3", "In a bucket of an object store.")


@strawberry.type(description="How a service is.")
class ServiceHealth:
    name: str = described("Which service.")
    status: ServiceStatus = described("Whether it answers.")
    latency_ms: float | None = described("How many milliseconds its answer took.")
    error: str | None = described("The code of what went wrong.")


@strawberry.type(description="How the gateway is.")
class SystemHealth:
    status: HealthStatus = described("How it is, all in all.")
    version: str = described("Which version it is.")
    uptime_seconds: float = described("How many seconds it has been running.")
    services: list[ServiceHealth] = described("The services behind it, by name.")


@system.type(SystemStatsRecord)
class SystemStats:
    """How much there is of everything that the caller may see."""

    total_characters: int = described("How many characters there are.")
    active_characters: int = described("How many of them are active.")
    total_content: int = described("How many pieces of content there are.")
    total_posts: int = described("How many posts there are.")
    storage_used_gb: float = described("How much the services have stored, in gigabytes.")
    storage_available_gb: float = described("How much they have room for, in gigabytes.")


@strawberry.type(description="A server of a generative model.")
class ModelServer:
    base_url: URL = described("Where it is.")
    default_model: str = described("The model it uses unless another one is asked for.")


@strawberry.type(description="Where files are kept.")
class StorageSettings:
    type: StorageType = described("In what.")
    path: str = described("At which place there.")


@system.type(SettingsRecord)
class Settings:
    """The settings of the platform."""

    stable_diffusion: ModelServer = described("What makes pictures and clips.")
    ollama: ModelServer = described("What writes.")
    storage: StorageSettings = described("Where files are kept.")
    updated_at: datetime = described("When they were last changed.")


@cache
def gateway_version() -> str:
    """The version of the installed package; a checkout that is not installed has none."""
    try:
        return version("atrium")
    except PackageNotFoundError:
        return "unreleased"


@system.resolver(Query)
async def system_health(info: Info) -> SystemHealth:
    """How the gateway and the services behind it are."""
    health = info.context.health
    if health is None:
        raise RuntimeError("This gateway was put together without its health check.")
    services = [_service(name, report) for name, report in sorted((await health.check()).items())]
    is_healthy = all(service.status is ServiceStatus.UP for service in services)
    return SystemHealth(
        status=HealthStatus.HEALTHY if is_healthy else HealthStatus.DEGRADED,
        version=gateway_version(),
        uptime_seconds=round(health.uptime_seconds, 3),
        services=services,
    )


def _service(name: str, report: Mapping[str, object]) -> ServiceHealth:
    latency, error = report.get("latencyMs"), report.get("error")
    return ServiceHealth(
        name=name,
        status=ServiceStatus(report["status"]),
        latency_ms=latency if isinstance(latency, float) else None,
        error=error if isinstance(error, str) else None,
    )


@system.resolver(Query, returns=SystemStats | None, calls=1)
async def system_stats(info: Info) -> SystemStatsRecord:
    """How much there is of everything that is the caller's; of everything, for an admin."""
    return await info.context.client(SystemClient).stats()


@system.resolver(Query, returns=Settings | None, calls=1)
async def settings(info: Info) -> SettingsRecord:
    """The settings of the platform."""
    return await info.context.client(SystemClient).settings()


@strawberry.pydantic.input(description="What to change of a model server; what is left out stays.")
class ModelServerInput(BaseModel):
    base_url: URL | None = Field(None, description="Where it is.")
    default_model: str | None = Field(None, min_length=1, max_length=120, description="The model to use.")


@strawberry.pydantic.input(description="What to change of the storage; what is left out stays.")
class StorageSettingsInput(BaseModel):
    type: StorageType | None = Field(None, description="In what files are kept.")
    path: str | None = Field(None, min_length=1, max_length=500, description="At which place there.")


@strawberry.pydantic.input(description="What to change of the settings; what is left out stays.")
class UpdateSettingsInput(BaseModel):
    stable_diffusion: ModelServerInput | None = Field(None, description="What makes pictures and clips.")
    ollama: ModelServerInput | None = Field(None, description="What writes.")
    storage: StorageSettingsInput | None = Field(None, description="Where files are kept.")


@system.mutation(Settings, scopes=("admin",))
async def update_settings(info: Info, input: UpdateSettingsInput) -> SettingsRecord:
    """Change the settings of the platform."""
    change = input.model_dump(mode="json", exclude_none=True)
    return await info.context.client(SystemClient).update_settings(change)
