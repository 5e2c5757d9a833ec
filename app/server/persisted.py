"""Persisted operations: documents that clients name instead of sending them.

Automatic ones (`extensions.persistedQuery`, as Apollo's clients send it) are kept when they are sent for the first time
with their hash. Trusted documents come from a manifest that the clients' build has written; they are named by
`documentId` or by their hash, and in a safelist nothing else is run.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

from app.errors import RequestError
from app.execution import Prepared, Request
from app.server.stores import MemoryStore, RedisStore, Store
from app.settings import Settings

KEEP_SECONDS: Final = 86_400.0
_PREFIX: Final = "sha256:"
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class TrustedDocuments:
    """The documents of a manifest, by their ids and by their hashes."""

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        """`texts` are by the ids of the manifest."""
        self._by_id: dict[str, str] = {}
        for name, text in (texts or {}).items():
            self._by_id[name.removeprefix(_PREFIX)] = text
            self._by_id[hash_of(text)] = text

    @classmethod
    def load(cls, path: Path) -> "TrustedDocuments":
        """Read a manifest: `{id: text}`, as Relay writes it, or Apollo's `{"operations": [{"id": …, "body": …}]}`.

        Raises `ValueError` for anything else, `OSError` when it cannot be read.
        """
        content = path.read_bytes()
        try:
            if isinstance(msgspec.json.decode(content, type=dict[str, Any]).get("operations"), list):
                manifest = msgspec.json.decode(content, type=_ApolloManifest)
                return cls({operation.id: operation.body for operation in manifest.operations})
            return cls(msgspec.json.decode(content, type=dict[str, str]))
        except msgspec.DecodeError as error:
            raise ValueError(f"{path} is no manifest of operations: {error}.") from error

    def get(self, document_id: str) -> str | None:
        """The text of a document, by its id or its hash."""
        return self._by_id.get(document_id.removeprefix(_PREFIX))


class PersistedOperations:
    """Finds the texts of requests that only name them. With `only_trusted`, no other documents are run."""

    def __init__(
        self,
        store: Store | None = None,
        trusted: TrustedDocuments | None = None,
        *,
        automatic: bool = True,
        only_trusted: bool = False,
    ) -> None:
        self._store = store or MemoryStore(max_values=1000, max_bytes=4_000_000)
        self._trusted = trusted or TrustedDocuments()
        self._automatic = automatic and not only_trusted
        self._only_trusted = only_trusted

    @classmethod
    def of(cls, settings: Settings, redis: Redis | None) -> "PersistedOperations":
        """As the settings have it; raises `ValueError` for a safelist without documents, or no manifest."""
        path = settings.trusted_documents
        if settings.safelist and path is None:
            raise ValueError("SAFELIST is set, and TRUSTED_DOCUMENTS names no manifest.")
        return cls(
            None if redis is None else RedisStore(redis),
            None if path is None else TrustedDocuments.load(path),
            automatic=settings.automatic_persisted_queries,
            only_trusted=settings.safelist,
        )

    def concerns(self, request: Request) -> bool:
        """Whether the request is to be looked at: most are plain."""
        return bool(request.extensions or request.document_id or self._only_trusted)

    async def prepare(self, request: Request, read: Callable[[Request], Awaitable[Prepared]]) -> Prepared:
        """The operation of a request; one that is sent with its hash is kept once it has proved to be valid.

        Raises `RequestError`, and what `read` raises.
        """
        hashed = _automatic_hash(request)
        if request.document_id is not None:
            request = self._named(request, request.document_id)
        elif hashed is not None and not request.query:
            request = _with_text(request, await self._kept(hashed))
        elif hashed is not None and hashed != hash_of(request.query):
            message = "The hash is not that of the query: it must be the SHA-256 of the text, in hexadecimal."
            raise RequestError(message, code="PERSISTED_QUERY_HASH_MISMATCH")
        if self._only_trusted and self._trusted.get(hash_of(request.query)) is None:
            raise RequestError("Only documents that were registered are run.", code="QUERY_NOT_IN_SAFELIST")
        prepared = await read(request)
        if hashed is not None and self._automatic:
            await self._store.put(f"persisted:{hashed}", request.query.encode(), KEEP_SECONDS)
        return prepared

    def _named(self, request: Request, document_id: str) -> Request:
        if request.query:
            raise RequestError("A request has a query or a documentId, and not both.", status=422)
        text = self._trusted.get(document_id)
        if text is None:
            raise _not_found()
        return _with_text(request, text)

    async def _kept(self, hashed: str) -> str:
        text = self._trusted.get(hashed)
        if text is not None:
            return text
        if not self._automatic:
            raise _not_found() if self._only_trusted else _not_supported()
        kept = await self._store.get(f"persisted:{hashed}")
        if kept is None:
            raise _not_found()
        return kept.decode()


class _Operation(msgspec.Struct):
    id: str
    body: str


class _ApolloManifest(msgspec.Struct):
    operations: list[_Operation]


def hash_of(text: str) -> str:
    """The name of a document: its SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _automatic_hash(request: Request) -> str | None:
    asked = (request.extensions or {}).get("persistedQuery")
    if asked is None:
        return None
    if not isinstance(asked, dict) or asked.get("version") != 1:
        raise RequestError("Persisted queries are of version 1 here.", code="PERSISTED_QUERY_NOT_SUPPORTED")
    hashed = asked.get("sha256Hash")
    if not isinstance(hashed, str) or not _HASH.fullmatch(hashed.lower()):
        raise RequestError("A persisted query has its SHA-256 in hexadecimal.", code="PERSISTED_QUERY_HASH_MISMATCH")
    return hashed.lower()


def _with_text(request: Request, text: str) -> Request:
    return Request(text, request.variables, request.operation_name, request.extensions)


def _not_found() -> RequestError:
    """Clients look for these words, and then send the text."""
    return RequestError("PersistedQueryNotFound", code="PERSISTED_QUERY_NOT_FOUND", is_well_formed=True)


def _not_supported() -> RequestError:
    return RequestError("PersistedQueryNotSupported", code="PERSISTED_QUERY_NOT_SUPPORTED", is_well_formed=True)
