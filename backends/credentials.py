"""What proves who a user is: password hashes, refresh tokens and revoked access tokens."""

import asyncio
import hashlib
import secrets
from datetime import timedelta
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from backends.document import now
from backends.problem import ProblemError
from backends.storage import Database

HASHES_AT_ONCE: Final = 2
TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS passwords (user_id TEXT PRIMARY KEY, hash TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS refresh_tokens (hash TEXT PRIMARY KEY, family TEXT NOT NULL, user_id TEXT NOT NULL,"
    " expires_at REAL NOT NULL, is_rotated INTEGER NOT NULL DEFAULT 0)",
    "CREATE INDEX IF NOT EXISTS refresh_tokens_by_family ON refresh_tokens (family)",
    "CREATE TABLE IF NOT EXISTS revoked_tokens (token_id TEXT PRIMARY KEY, expires_at REAL NOT NULL)",
)


class Passwords:
    """Argon2 hashes, made and checked in threads, a few at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._hasher = PasswordHasher()
        self._slots = asyncio.Semaphore(HASHES_AT_ONCE)
        self._nobody: str | None = None

    def hash_now(self, password: str) -> str:
        return self._hasher.hash(password)

    async def hash(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    def store(self, user_id: str, hashed: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO passwords VALUES (?, ?)", (user_id, hashed))

    async def matches(self, user_id: str | None, password: str) -> bool:
        """Whether this is the user's password; takes as long when there is no such user."""
        row = self._database.execute("SELECT hash FROM passwords WHERE user_id = ?", (user_id,)).fetchone()
        hashed = row[0] if row else await self._hash_of_nobody()
        async with self._slots:
            return await asyncio.to_thread(self._verify, hashed, password) and row is not None

    async def _hash_of_nobody(self) -> str:
        if self._nobody is None:
            self._nobody = await self.hash(secrets.token_urlsafe())
        return self._nobody

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except VerifyMismatchError:
            return False


class RefreshTokens:
    """Each token is used once, for the next of its family. One that is used again ends the family."""

    def __init__(self, database: Database, lifetime: timedelta) -> None:
        self._database = database
        self._lifetime = lifetime

    def issue(self, user_id: str, family: str) -> str:
        self._database.execute("DELETE FROM refresh_tokens WHERE expires_at < ?", (now().timestamp(),))
        token = f"rft_{secrets.token_urlsafe(32)}"
        self._database.execute(
            "INSERT INTO refresh_tokens (hash, family, user_id, expires_at) VALUES (?, ?, ?, ?)",
            (digest(token), family, user_id, (now() + self._lifetime).timestamp()),
        )
        return token

    def rotate(self, token: str) -> tuple[str, str]:
        """The user and the family of a token, which is used up by this."""
        row = self._database.execute(
            "SELECT user_id, family, is_rotated FROM refresh_tokens WHERE hash = ? AND expires_at > ?",
            (digest(token), now().timestamp()),
        ).fetchone()
        if row is None:
            raise ProblemError(401, "The refresh token is unknown or has expired.", code="INVALID_REFRESH_TOKEN")
        user_id, family, is_rotated = row
        if is_rotated:
            self.revoke(user_id, family)
            raise ProblemError(401, "The refresh token was used before.", code="REFRESH_TOKEN_REUSED")
        self._database.execute("UPDATE refresh_tokens SET is_rotated = 1 WHERE hash = ?", (digest(token),))
        return user_id, family

    def revoke(self, user_id: str, family: str) -> None:
        self._database.execute("DELETE FROM refresh_tokens WHERE user_id = ? AND family = ?", (user_id, family))

    def revoke_family_of(self, user_id: str, token: str) -> None:
        row = self._database.execute(
            "SELECT family FROM refresh_tokens WHERE hash = ? AND user_id = ?", (digest(token), user_id)
        ).fetchone()
        if row is not None:
            self.revoke(user_id, row[0])


class RevokedTokens:
    """Access tokens that a logout ended before their time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, token_id: str, expires_at: int) -> None:
        self._database.execute("DELETE FROM revoked_tokens WHERE expires_at < ?", (now().timestamp(),))
        self._database.execute("INSERT OR IGNORE INTO revoked_tokens VALUES (?, ?)", (token_id, expires_at))

    def __contains__(self, token_id: str) -> bool:
        row = self._database.execute("SELECT 1 FROM revoked_tokens WHERE token_id = ?", (token_id,)).fetchone()
        return row is not None


def create_tables(database: Database) -> None:
    for table in TABLES:
        database.execute(table)


def digest(token: str) -> str:
    """Refresh tokens are random, so a plain hash of them gives nothing away."""
    return hashlib.sha256(token.encode()).hexdigest()
