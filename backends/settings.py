"""The settings of the reference services, read from the environment."""

from pathlib import Path
from typing import Final, Self

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PORTS: Final = {
    "accounts": 8000,
    "sessions": 8001,
    "files": 8002,
    "listings": 8004,
    "agents": 8005,
    "content": 8006,
    "notifications": 8007,
    "social": 8008,
    "publishing": 8009,
    "characters": 8010,
    "analytics": 8011,
}


class PeerSettings(BaseSettings):
    """Where one service is, read from variables that begin with its name: `CONTENT_URL`.

    `CONTENT_PUBLIC_URL` is where browsers find its media, unless that is the same place.
    """

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    url: str | None = None
    public_url: str | None = None

    @classmethod
    def named(cls, service: str) -> Self:
        return cls(_env_prefix=f"{service.upper()}_")


def urls_from_environment() -> dict[str, str]:
    return {name: url for name in PORTS if (url := PeerSettings.named(name).url)}


def public_urls_from_environment() -> dict[str, str]:
    return {name: url for name in PORTS if (url := PeerSettings.named(name).public_url)}


class BackendSettings(BaseSettings):
    """What the reference services share: keys, where events go, where files are, where the peers are."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    jwt_secret: SecretStr = Field(
        SecretStr("development-secret-do-not-use-in-production"), description="Signs HS256 tokens."
    )
    jwt_issuer: str = Field("atrium", description="The `iss` that tokens carry.")
    jwt_audience: str = Field("atrium", description="The `aud` that tokens carry.")
    jwt_expiration_minutes: int = Field(60, gt=0, description="How long an access token lives.")
    refresh_expiration_days: float = Field(30.0, gt=0, description="How long a refresh token lives.")
    service_key: SecretStr = Field(
        SecretStr("development-service-key"), description="What services show each other and the gateway."
    )
    admin_api_key: SecretStr = Field(
        SecretStr("development-admin-key"), description="Who has it may log in as the platform's admin."
    )

    events_url: str | None = Field(None, description="Where events are posted; unset: none are kept or sent.")
    data_dir: Path = Field(Path("var"), description="Where the SQLite files are.")
    step_seconds: float = Field(0.4, ge=0, description="The pace of background work: the pause of one step.")
    peer_timeout: float = Field(5.0, gt=0, description="Seconds one call to another service may take.")
    service_urls: dict[str, str] = Field(
        default_factory=urls_from_environment, description="Where each service is, by its name."
    )
    public_urls: dict[str, str] = Field(
        default_factory=public_urls_from_environment, description="Where browsers find the media of each service."
    )

    def located_at(self, base_url: str) -> "BackendSettings":
        """The same settings, with every service of unknown place mounted under `base_url`."""
        mounted = {name: f"{base_url}/{name}" for name in PORTS}
        return self.model_copy(update={"service_urls": mounted | self.service_urls})

    def url_of(self, service: str) -> str:
        return self.service_urls.get(service) or f"http://127.0.0.1:{PORTS[service]}"

    def public_url_of(self, service: str) -> str:
        return self.public_urls.get(service) or self.url_of(service)
