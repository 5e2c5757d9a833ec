"""Events: stored in the transaction of the change they tell of, delivered in order until acknowledged."""

import asyncio
import json
import logging
from typing import Final

import httpx

from backends.document import Document, new_id, now, rfc3339
from backends.storage import Database

BATCH: Final = 50
FIRST_RETRY_SECONDS: Final = 0.05
LAST_RETRY_SECONDS: Final = 5.0

logger = logging.getLogger(__name__)


class Outbox:
    """The events of one service on their way to the gateway."""

    def __init__(self, database: Database, source: str, http: httpx.AsyncClient, url: str | None, key: str) -> None:
        self._database = database
        self._source = source
        self._http = http
        self._url = url
        self._headers = {"X-Service-Key": key, "Content-Type": "application/cloudevents-batch+json"}
        self._added = asyncio.Event()
        database.execute(
            "CREATE TABLE IF NOT EXISTS outbox (sequence INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL)"
        )

    def tell(self, kind: str, noun: str, document: Document) -> None:
        """Adds the event that `document` was changed; call it inside the transaction of the change."""
        data = f"{{{json.dumps(noun)}:{document.model_dump_json()}}}"
        self.add(kind, subject=document.id, owner=document.owner_id, data=data)

    def add(self, kind: str, *, subject: str, owner: str, data: str) -> None:
        if self._url is None:
            return
        head = {
            "specversion": "1.0",
            "id": new_id("evt"),
            "source": self._source,
            "type": kind,
            "subject": subject,
            "time": rfc3339(now()),
            "datacontenttype": "application/json",
            "owner": owner,
        }
        event = f'{json.dumps(head)[:-1]}, "data": {data}}}'
        self._database.execute("INSERT INTO outbox (event) VALUES (?)", (event,))
        self._added.set()

    async def run(self) -> None:
        """Delivers for as long as it is not cancelled, beginning with what an earlier process left."""
        if self._url is None:
            return
        while True:
            self._added.clear()
            await self._deliver_all(self._url)
            await self._added.wait()

    async def _deliver_all(self, url: str) -> None:
        delay = FIRST_RETRY_SECONDS
        while waiting := self._database.execute(
            "SELECT sequence, event FROM outbox ORDER BY sequence LIMIT ?", (BATCH,)
        ).fetchall():
            if await self._acknowledged(url, [event for _, event in waiting]):
                self._database.execute("DELETE FROM outbox WHERE sequence <= ?", (waiting[-1][0],))
                delay = FIRST_RETRY_SECONDS
            else:
                await asyncio.sleep(delay)
                delay = min(delay * 2, LAST_RETRY_SECONDS)

    async def _acknowledged(self, url: str, events: list[str]) -> bool:
        try:
            answer = await self._http.post(url, content=f"[{','.join(events)}]", headers=self._headers)
        except httpx.HTTPError as error:
            logger.debug("%s: events are not delivered: %r", self._source, error)
            return False
        if not answer.is_success:
            logger.warning("%s: events are refused with %s", self._source, answer.status_code)
        return answer.is_success
