"""Repeated writes: the answer to an Idempotency-Key is stored and given again."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from backends.authentication import Caller
from backends.document import now
from backends.problem import ProblemError
from backends.storage import Database

MAX_KEY_LENGTH: Final = 255
TABLE: Final = """
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER NOT NULL, media_type TEXT, body BLOB NOT NULL,
    expires_at REAL NOT NULL
)
"""


@dataclass(slots=True)
class InFlight:
    """The lock of one key, and how many requests hold it or wait for it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    requests: int = 0


class Idempotency:
    """The answers of one service, kept for a user, a route and a key. Refusals change nothing and are not kept."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._in_flight: dict[str, InFlight] = {}
        database.execute(TABLE)

    async def answer(
        self, request: Request, caller: Caller, handle: Callable[[Request], Awaitable[Response]], keep: timedelta
    ) -> Response:
        """What `handle` answers, or answered before to the same key. A duplicate in flight waits for the first."""
        given = request.headers.get("idempotency-key")
        if given is None:
            return await handle(request)
        if not 0 < len(given) <= MAX_KEY_LENGTH:
            raise ProblemError(400, f"An Idempotency-Key has 1 to {MAX_KEY_LENGTH} characters.")
        key = f"{caller.identity} {request.method} {request.url.path} {given}"
        fingerprint = hashlib.sha256(await request.body()).hexdigest()
        async with self._alone(key):
            stored = self._stored(key, fingerprint)
            if stored is not None:
                return stored
            response = await handle(request)
            if response.status_code < 300:
                self._store(key, fingerprint, response, keep)
            return response

    @asynccontextmanager
    async def _alone(self, key: str) -> AsyncIterator[None]:
        entry = self._in_flight.setdefault(key, InFlight())
        entry.requests += 1
        try:
            async with entry.lock:
                yield
        finally:
            entry.requests -= 1
            if not entry.requests:
                del self._in_flight[key]

    def _stored(self, key: str, fingerprint: str) -> Response | None:
        self._database.execute("DELETE FROM idempotency WHERE expires_at < ?", (now().timestamp(),))
        row = self._database.execute(
            "SELECT request, status, media_type, body FROM idempotency WHERE key = ?", (key,)
        ).fetchone()
        if row is None:
            return None
        if row[0] != fingerprint:
            raise ProblemError(422, "The Idempotency-Key was used with another body.", code="IDEMPOTENCY_KEY_REUSED")
        return Response(row[3], status_code=row[1], media_type=row[2], headers={"Idempotency-Replayed": "true"})

    def _store(self, key: str, fingerprint: str, response: Response, keep: timedelta) -> None:
        expires_at = (now() + keep).timestamp()
        self._database.execute(
            "INSERT INTO idempotency VALUES (?, ?, ?, ?, ?, ?)",
            (key, fingerprint, response.status_code, response.media_type, bytes(response.body), expires_at),
        )
