"""Every environment variable: its type, its default and what it means."""

from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT_SECRET = "development-secret-do-not-use-in-production"  # noqa: S105 -- refused by `gateway serve`
DEVELOPMENT_SERVICE_KEY = "development-service-key"
MIN_SECRET_BYTES = 32


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class ServiceSettings(BaseSettings):
    """One backend's settings, read from variables that begin with its name: `LISTINGS_URL`, `LISTINGS_TIMEOUT`."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    url: str | None = Field(None, description="Where the service is; in development, unset means the reference one.")
    timeout: float = Field(5.0, gt=0, description="Seconds one call to the service may take.")
    max_response_bytes: int = Field(16_000_000, gt=0, description="A longer answer is refused.")
    max_calls: int = Field(100, gt=0, description="Calls to the service at once; more wait for their turn.")
    max_waiting: int = Field(1000, ge=0, description="Calls that may wait for their turn; more are refused.")
    retries: int = Field(2, ge=0, description="How often a read that failed is tried again, within a budget.")
    breaker: bool = Field(True, description="Whether an operation that mostly fails is left alone for a while.")

    @classmethod
    def named(cls, service: str) -> Self:
        """The settings of the service of that name."""
        return cls(_env_prefix=f"{service.upper()}_")


class UnsafeSettingsError(Exception):
    """Settings that must not be used in production; says which and why."""


class Settings(BaseSettings):
    """The gateway's own settings."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    environment: Environment = Field(Environment.DEVELOPMENT, description="development or production.")
    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8003, ge=0, le=65535, description="The port to listen on; 0 lets the system choose.")
    data_dir: Path = Field(Path("var"), description="Where the reference backends keep their SQLite files.")

    jwt_secret: SecretStr = Field(
        SecretStr(DEVELOPMENT_SECRET), description="Signs HS256 tokens; at least 32 bytes in production."
    )
    jwt_algorithm: str = Field("HS256", description="The one algorithm tokens may be signed with.")
    jwt_jwks_url: str | None = Field(None, description="Public keys for RS256, ES256 or EdDSA; replaces the secret.")
    jwt_issuer: str = Field("atrium", description="The `iss` that tokens must carry.")
    jwt_audience: str = Field("atrium", description="The `aud` that tokens must carry.")
    jwt_expiration_minutes: int = Field(60, gt=0, description="How long an access token lives.")

    service_key: SecretStr = Field(
        SecretStr(DEVELOPMENT_SERVICE_KEY), description="What backends show at POST /events."
    )
    events_url: str | None = Field(None, description="Where backends post events; unset means this gateway.")
    event_log_size: int = Field(100_000, gt=0, description="Events kept for replay, at most.")
    event_log_seconds: float = Field(3600.0, gt=0, description="How long an event is kept for replay.")

    max_connections: int = Field(
        10_000, gt=0, description="Connections at a time: beyond, slow ones make room for new ones, or these have 503."
    )
    client_timeout: float = Field(
        10.0, gt=0, description="Seconds a head may take; a body has to bring 500 bytes for each second of as long."
    )
    request_timeout: float = Field(15.0, gt=0, description="Seconds a query or a mutation may take: REQUEST_TIMEOUT.")
    max_body_bytes: int = Field(2_000_000, gt=0, description="A longer request body is refused: PAYLOAD_TOO_LARGE.")
    invalid_request_status: Literal[400, 422] = Field(
        422,
        description="The status of a request that is understood and cannot be executed; 400 is that of earlier drafts.",
    )
    max_document_length: int = Field(
        100_000, gt=0, description="A document of more characters is refused: MAX_DOCUMENT_LENGTH_LIMIT."
    )
    max_tokens: int = Field(15_000, gt=0, description="A document of more tokens is refused: MAX_TOKENS_LIMIT.")
    max_recursion: int = Field(
        200, gt=0, le=200, description="Brackets and braces within each other in a document: MAX_RECURSION_LIMIT."
    )
    max_operations: int = Field(50, gt=0, description="Operations in one document: MAX_OPERATIONS_LIMIT.")
    max_fragments: int = Field(200, gt=0, description="Named fragments in one document: MAX_FRAGMENTS_LIMIT.")
    max_depth: int = Field(20, gt=0, description="Fields within fields, but those about the schema: MAX_DEPTH_LIMIT.")
    max_root_fields: int = Field(50, gt=0, description="Fields an operation begins with: MAX_ROOT_FIELDS_LIMIT.")
    max_aliases: int = Field(100, gt=0, description="Aliases, each time one is selected: MAX_ALIASES_LIMIT.")
    max_directives: int = Field(100, gt=0, description="Directives, each time one is used: MAX_DIRECTIVES_LIMIT.")
    max_fields: int = Field(
        5000, gt=0, description="Fields of a document with fragments in their places: MAX_FIELDS_LIMIT, always kept."
    )
    max_overlaps: int = Field(
        10_000, gt=0, description="Pairs of fields of one name in one place, to be merged: MAX_OVERLAPS_LIMIT."
    )
    max_variables_depth: int = Field(
        20, gt=0, description="Objects and lists within each other in variables: MAX_VARIABLES_DEPTH_LIMIT."
    )
    max_variables_size: int = Field(
        10_000, gt=0, le=25_000, description="Members and items in variables, all told: MAX_VARIABLES_SIZE_LIMIT."
    )
    max_cost: int = Field(
        50_000, gt=0, description="The most an operation may cost: 10 for a backend call, 1 for a row: MAX_COST_LIMIT."
    )
    cost_bucket: int | None = Field(
        None, gt=0, description="What each caller may spend at once, else THROTTLED; unset: as much as they like."
    )
    cost_restore_rate: int = Field(1000, gt=0, description="What comes back to a caller's bucket in a second.")
    show_cost: bool = Field(
        False, description="Whether every answer has `extensions.cost`; else those to the header X-Atrium-Cost."
    )
    max_batch: int = Field(0, ge=0, description="Requests that one JSON array may hold: MAX_BATCH_LIMIT; 0 takes none.")
    trusted_proxies: list[str] = Field(
        default_factory=list, description="JSON list of addresses and networks whose X-Forwarded-For is believed."
    )
    limits_warn_only: list[str] = Field(
        default_factory=list, description='JSON list of codes of limits that are only logged and counted; ["*"] is all.'
    )
    rate_limits: bool = Field(True, description="Whether the rate limits that the schema declares are kept.")
    ip_rate_limit: int | None = Field(
        None, gt=0, description="Requests a minute from one client address, else 429; unset: any number."
    )
    automatic_persisted_queries: bool = Field(
        True, description="Whether a query may be sent as its hash once it was sent with it."
    )
    trusted_documents: Path | None = Field(
        None, description="A JSON manifest of documents that are run by documentId, as Relay or Apollo write it."
    )
    safelist: bool = Field(False, description="Whether only trusted documents are run: QUERY_NOT_IN_SAFELIST.")
    idempotency_seconds: float = Field(
        86_400.0, gt=0, description="How long the answer to a mutation's Idempotency-Key is kept."
    )
    max_upload_bytes: int = Field(100_000_000, gt=0, description="A longer file is refused.")
    max_upload_files: int = Field(10, gt=0, description="Files that one request may have.")
    upload_types: list[str] = Field(
        default_factory=list,
        description='JSON list of media types of files that are taken, as "image/*"; empty: what the backend takes.',
    )
    upload_timeout: float = Field(300.0, gt=0, description="Seconds a request with files may take.")
    share_operations: bool = Field(
        True, description="Whether identical queries of one caller in flight at the same time are executed once."
    )
    share_reads: bool = Field(
        True,
        description="Whether identical reads of one caller in flight at the same time are one call to the backend.",
    )
    cache_reads: bool = Field(
        True, description="Whether answers of backends are kept as their Cache-Control and ETag allow."
    )
    cache_max_bytes: int = Field(
        50_000_000, gt=0, description="Bytes of memory that kept answers may take; those unused for longest go first."
    )
    redis_url: SecretStr | None = Field(
        None, description="Where Redis is, as redis://host:6379/0; set, processes share what they keep in it."
    )
    check_contract: bool | None = Field(
        None, description="Whether backends are held against their OpenAPI at start; unset: in production only."
    )
    cors_origins: list[str] = Field(
        default_factory=list, description='JSON list of origins browsers may call from; ["*"] allows any.'
    )
    hsts_seconds: int = Field(
        0, ge=0, description="How long browsers may use TLS only, once they came by it; 0 does not ask them to."
    )
    introspection: bool | None = Field(
        None, description="Whether the schema can be asked for; unset: not in production."
    )
    graphiql: bool | None = Field(None, description="Whether GraphiQL is served; unset: not in production.")
    metrics: bool | None = Field(
        None, description="Whether /metrics is served, for Prometheus; unset: not in production."
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @cached_property
    def is_production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    @property
    def shows_introspection(self) -> bool:
        return self.introspection if self.introspection is not None else not self.is_production

    @property
    def shows_graphiql(self) -> bool:
        return self.graphiql if self.graphiql is not None else not self.is_production

    @property
    def checks_contract(self) -> bool:
        return self.check_contract if self.check_contract is not None else self.is_production

    @property
    def shows_metrics(self) -> bool:
        return self.metrics if self.metrics is not None else not self.is_production

    def check_safe(self) -> None:
        """Raise `UnsafeSettingsError` unless the secrets are the operator's own."""
        secret, service_key = self.jwt_secret.get_secret_value(), self.service_key.get_secret_value()
        if self.jwt_jwks_url is None and secret == DEVELOPMENT_SECRET:
            raise UnsafeSettingsError("JWT_SECRET is the development secret: set your own, or JWT_JWKS_URL.")
        if self.jwt_jwks_url is None and len(secret.encode()) < MIN_SECRET_BYTES:
            raise UnsafeSettingsError(f"JWT_SECRET is shorter than {MIN_SECRET_BYTES} bytes.")
        if service_key == DEVELOPMENT_SERVICE_KEY:
            raise UnsafeSettingsError("SERVICE_KEY is the development key: set your own.")
