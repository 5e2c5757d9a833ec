"""What the servers of this comparison share, handed to their processes in the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from app.settings import Environment, Settings
from backends.settings import PORTS

SECRET: Final = "a-secret-for-benchmarks-that-is-long-enough"  # noqa: S105 -- of servers that live for seconds
SERVICE_KEY: Final = "a-service-key-for-benchmarks"


def gateway_settings() -> Settings:
    """Atrium as in production, with no line a request."""
    return Settings(
        environment=Environment.PRODUCTION,
        jwt_secret=SecretStr(SECRET),
        service_key=SecretStr(SERVICE_KEY),
        log_level="WARNING",
    )


def port() -> int:
    """The loopback port that this process is to serve on."""
    return int(os.environ["PORT"])


def data_dir() -> Path:
    return Path(os.environ["DATA_DIR"])


def service_urls() -> Mapping[str, str]:
    """Where each reference backend is."""
    return {name: f"{os.environ['BACKENDS']}/{name}" for name in PORTS}
