"""What a backend is called and where it is."""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Service:
    """What a client module says of its backend. `name` also names its settings: `LISTINGS_URL`, `LISTINGS_TIMEOUT`.

    `stores_answers` says that a write repeated with its idempotency key gets the answer of the first.
    """

    name: str
    port: int
    max_batch: int = 100
    stores_answers: bool = True


@dataclass(frozen=True, slots=True)
class Origin:
    """Where calls go: scheme, host and port, and the path under which the service is mounted."""

    scheme: str
    host: str
    port: int
    prefix: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """The origin that the URL names, or `ValueError` saying what is wrong with it."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise ValueError(f"{url!r} must begin with http:// or https://.")
        if not parts.hostname or not re.fullmatch(r"[A-Za-z0-9._:-]+", parts.hostname):
            raise ValueError(f"{url!r} names no host.")
        if "@" in parts.netloc or parts.query or parts.fragment or not re.fullmatch(r"[\x21-\x7e]*", parts.path):
            raise ValueError(f"{url!r} may hold a scheme, a host, a port and a path only.")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return cls(parts.scheme, parts.hostname, port, parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        """`host:port` as the Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return host if self.port == default else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Scheme and authority; targets are appended to it."""
        return f"{self.scheme}://{self.authority}"
