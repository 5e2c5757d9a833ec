"""The reference services: small real backends that the gateway can be tried, tested and measured with."""

from backends.app import create_backends
from backends.embedded import serve
from backends.settings import BackendSettings

__all__ = ["BackendSettings", "create_backends", "serve"]
