"""Reservations: single connections, which carry the results of operations that come by other requests."""

import asyncio
import math
import secrets
from collections import Counter
from collections.abc import Callable

from app.errors import ForbiddenError, RequestError
from app.graph.principal import Principal
from app.server.streaming.channel import Channel
from app.server.streaming.operations import Operations
from app.server.streaming.session import Session

_TOKEN_BYTES = 32


class Reservation:
    """The place of one stream, which who has its token may open once, and the operations sent to it."""

    def __init__(self, session: Session, max_operations: int) -> None:
        self.token = secrets.token_urlsafe(_TOKEN_BYTES)
        self.session = session
        self.operations = Operations(max_operations)
        self._channel: Channel[bytes] | None = None

    @property
    def is_open(self) -> bool:
        return self._channel is not None

    @property
    def channel(self) -> Channel[bytes]:
        assert self._channel is not None, "operations run once the stream is open"
        return self._channel

    async def serve(self, channel: Channel[bytes]) -> None:
        """Run the operations, those added before and those to come, until this is cancelled."""
        self._channel = channel
        async with asyncio.TaskGroup() as tasks:
            self.operations.open(tasks)
            await asyncio.Event().wait()


class Reservations:
    """Those that are reserved and those that are open, by their tokens. One that nobody opens expires."""

    def __init__(
        self, create_session: Callable[[], Session], *, max_operations: int, limit: int, timeout: float
    ) -> None:
        """At most `limit` of a caller wait to be opened, for `timeout` seconds each."""
        self._create_session = create_session
        self._max_operations = max_operations
        self._limit = limit
        self._timeout = timeout
        self._by_token: dict[str, Reservation] = {}
        self._expiries: dict[str, asyncio.TimerHandle] = {}
        self._waiting: Counter[str | None] = Counter()

    def __len__(self) -> int:
        return len(self._by_token)

    def add(self, principal: Principal | None) -> Reservation:
        """Reserve a stream for a caller. Raises `RequestError` (429) when too many of theirs wait."""
        if self._waiting[_subject(principal)] >= self._limit:
            message = f"More than {self._limit} event streams are reserved and not open."
            headers = {"retry-after": f"{math.ceil(self._timeout)}"}
            raise RequestError(message, status=429, code="TOO_MANY_RESERVATIONS", headers=headers)
        session = self._create_session()
        session.renew(principal)
        made = Reservation(session, self._max_operations)
        self._by_token[made.token] = made
        self._expiries[made.token] = asyncio.get_running_loop().call_later(self._timeout, self.remove, made)
        self._waiting[_subject(principal)] += 1
        return made

    def get(self, token: str, principal: Principal | None) -> Reservation:
        """The reservation of a token, for whom made it: as of now they are who `principal` says.

        Raises `RequestError` (404) and `ForbiddenError`.
        """
        found = self._by_token.get(token)
        if found is None:
            raise RequestError("There is no such event stream.", status=404, code="STREAM_NOT_FOUND")
        if _subject(principal) != _subject(found.session.principal):
            raise ForbiddenError("The event stream is of another caller.")
        if _lasts_longer(principal, found.session.principal):
            found.session.renew(principal)
            found.operations.renew()
        return found

    def open(self, reservation: Reservation) -> None:
        """Keep it until it is removed. Raises `RequestError` (409) when it is open."""
        if not self._ends_waiting(reservation):
            raise RequestError("The event stream is open already.", status=409, code="STREAM_ALREADY_OPEN")

    def remove(self, reservation: Reservation) -> None:
        del self._by_token[reservation.token]
        self._ends_waiting(reservation)

    def _ends_waiting(self, reservation: Reservation) -> bool:
        expiry = self._expiries.pop(reservation.token, None)
        if expiry is None:
            return False
        expiry.cancel()
        subject = _subject(reservation.session.principal)
        self._waiting[subject] -= 1
        if not self._waiting[subject]:
            del self._waiting[subject]
        return True


def _lasts_longer(principal: Principal | None, than: Principal | None) -> bool:
    return principal is not None and than is not None and principal.expires_at > than.expires_at


def _subject(principal: Principal | None) -> str | None:
    return None if principal is None else principal.subject
