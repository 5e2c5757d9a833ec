"""Retry-safe mutations: the answer to an `Idempotency-Key` is kept, and given again to who repeats the request.

What the gateway does not remember, as after a crash, the backends do: the keys of the calls that a mutation makes come
from its own (`app.rest.caller`).
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from app.errors import RequestError
from app.execution import Prepared
from app.server.stores import Store

MAX_KEY_LENGTH: Final = 255
POLL_SECONDS: Final = 0.1


class Recorded(msgspec.Struct, frozen=True):
    """An answer that is kept, with what tells one request from another. `status` is that of graphql-response+json."""

    fingerprint: str
    status: int
    body: bytes


Work = Callable[[], Awaitable[tuple[Recorded, bool]]]
"""Executes the mutation; its answer, and whether that is final: after an outage it may yet be done."""


class Idempotency:
    """Answers by caller and key, each kept for `seconds`. `patience` is how long a mutation may be under way."""

    def __init__(self, store: Store, *, seconds: float, patience: float) -> None:
        self._store = store
        self._seconds = seconds
        self._patience = patience
        self._in_flight: dict[str, _Flight] = {}

    async def run(self, place: str, fingerprint: str, work: Work) -> tuple[Recorded, bool]:
        """The answer of the work, or of an earlier run in the same place, and whether it is an earlier one's.

        While another run is under way this one waits for it, and takes over when that comes to nothing. Raises
        `RequestError` (422) when the earlier request was another one.
        """
        while (flight := self._in_flight.get(place)) is not None:
            _check_same(flight.fingerprint, fingerprint)
            recorded = await flight.landed()
            if recorded is not None:
                return recorded, True
        flight = self._in_flight[place] = _Flight(fingerprint)
        recorded = None
        try:
            async with self._alone(place):
                recorded = await self._kept(place)
                if recorded is not None:
                    _check_same(recorded.fingerprint, fingerprint)
                    return recorded, True
                answer, is_final = await work()
                if is_final:
                    recorded = answer
                    await self._store.put(_answer(place), msgspec.msgpack.encode(answer), self._seconds)
                return answer, False
        finally:
            del self._in_flight[place]
            flight.land(recorded)

    @asynccontextmanager
    async def _alone(self, place: str) -> AsyncIterator[None]:
        """Keep other processes from doing the same meanwhile."""
        while not await self._store.claim(_lock(place), self._patience):  # noqa: ASYNC110 -- for another process
            await asyncio.sleep(POLL_SECONDS)
        try:
            yield
        finally:
            await self._store.drop(_lock(place))

    async def _kept(self, place: str) -> Recorded | None:
        kept = await self._store.get(_answer(place))
        return None if kept is None else msgspec.msgpack.decode(kept, type=Recorded)


class _Flight:
    """A mutation under way, and those who wait for what comes of it."""

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self._waiters: list[asyncio.Future[Recorded | None]] = []

    async def landed(self) -> Recorded | None:
        """The answer; None when there is none to be kept."""
        waiter: asyncio.Future[Recorded | None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        return await waiter

    def land(self, recorded: Recorded | None) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(recorded)


def checked_key(header: bytes) -> str:
    """The key that a header holds; raises `RequestError` (400) for one that cannot be used."""
    key = header.decode("latin-1").strip()
    if not key or len(key) > MAX_KEY_LENGTH or not key.isascii() or not key.isprintable():
        message = f"An Idempotency-Key has 1 to {MAX_KEY_LENGTH} visible ASCII characters."
        raise RequestError(message, code="INVALID_IDEMPOTENCY_KEY")
    return key


def place_of(subject: str, key: str) -> str:
    """Where the answer to somebody's key is kept."""
    return hashlib.sha256(f"{len(subject)} {subject} {key}".encode()).hexdigest()


def fingerprint_of(prepared: Prepared) -> str:
    """What is the same for the same operation with the same variables, however it is sent."""
    variables = msgspec.json.encode(prepared.variables or {}, order="sorted")
    text = f"{prepared.operation_name} {prepared.document.text}"
    return hashlib.sha256(text.encode() + b"\0" + variables).hexdigest()


def _check_same(earlier: str, fingerprint: str) -> None:
    if earlier != fingerprint:
        message = "The Idempotency-Key was used with another request."
        raise RequestError(message, status=422, code="IDEMPOTENCY_KEY_REUSED")


def _answer(place: str) -> str:
    return f"idempotency:{place}"


def _lock(place: str) -> str:
    return f"idempotency-lock:{place}"
