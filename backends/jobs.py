"""Work in the background that outlives the process: a row for each job until the job is done."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from backends.document import new_id
from backends.peers import PeerUnavailableError
from backends.problem import ProblemError
from backends.storage import Database

FIRST_RETRY_SECONDS: Final = 0.1
LAST_RETRY_SECONDS: Final = 10.0

Payload = dict[str, Any]
Work = Callable[[str, Payload], Awaitable[None]]
"""Does a job, given its id and payload. It may be run again after a crash, so it looks at what is stored first."""

logger = logging.getLogger(__name__)


class Jobs:
    """The unfinished work of one service."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._work: dict[str, Work] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._added = asyncio.Event()
        database.execute(
            "CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, kind TEXT NOT NULL, payload TEXT NOT NULL)"
        )

    def register(self, kind: str, work: Work) -> None:
        self._work[kind] = work

    def add(self, kind: str, payload: Payload) -> None:
        """Adds a job; call it inside the transaction of the change that makes it necessary."""
        self._database.execute(
            "INSERT INTO jobs (id, kind, payload) VALUES (?, ?, ?)", (new_id("job"), kind, json.dumps(payload))
        )
        self._added.set()

    async def run(self) -> None:
        """Starts jobs as they are added, beginning with what an earlier process left."""
        try:
            while True:
                self._added.clear()
                self._start_waiting()
                await self._added.wait()
        finally:
            await self._stop()

    def _start_waiting(self) -> None:
        rows = self._database.execute("SELECT id, kind, payload FROM jobs ORDER BY rowid").fetchall()
        for job, kind, payload in rows:
            if job not in self._running:
                self._running[job] = asyncio.create_task(self._finish(job, kind, json.loads(payload)), name=job)

    async def _finish(self, job: str, kind: str, payload: Payload) -> None:
        try:
            await self._until_done(job, kind, payload)
        except ProblemError as error:
            logger.warning("job %s (%s) is refused: %s", job, kind, error.detail)
        except Exception:
            logger.exception("job %s (%s) cannot be done", job, kind)
        self._database.execute("DELETE FROM jobs WHERE id = ?", (job,))
        del self._running[job]

    async def _until_done(self, job: str, kind: str, payload: Payload) -> None:
        delay = FIRST_RETRY_SECONDS
        while True:
            try:
                return await self._work[kind](job, payload)
            except PeerUnavailableError as error:
                logger.info("job %s (%s) waits: %s", job, kind, error.detail)
            await asyncio.sleep(delay)
            delay = min(delay * 2, LAST_RETRY_SECONDS)

    async def _stop(self) -> None:
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
