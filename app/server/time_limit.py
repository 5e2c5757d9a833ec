"""The time limit of an operation, which ends early when the client has gone."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, Final, TypeVar, cast

from starlette.types import Receive

from app.errors import DeadlineExceededError
from app.server.limits.gate import Gate
from app.time_limits import Limit, TimeLimits

T = TypeVar("T")

WATCH_AFTER_SECONDS: Final = 0.05
"""Most operations have ended by then, and are never watched."""
PATIENCE: Final = 10
"""So many times its time an operation has where that limit only warns."""


class ClientDisconnected(Exception):  # noqa: N818 -- an event, not a mistake
    """The client has gone: nobody reads an answer."""


class OperationTime:
    """How long operations may take. `most` is after how many seconds they are cancelled."""

    def __init__(self, seconds: float, gate: Gate | None = None) -> None:
        """A longer one is refused, if the gate does not only warn of it."""
        self._gate = gate or Gate()
        self._seconds = seconds
        self.most = PATIENCE * seconds if self._gate.only_warns(DeadlineExceededError.code) else seconds
        self._limits = TimeLimits()

    async def limit(self, work: Awaitable[T], *, client: Receive | None = None) -> T:
        """What the work gives, which is cancelled when its time is over, or when the client goes.

        `client` is the ASGI receive of a request whose body was read; without one, the work goes on when the client
        has gone. Raises `DeadlineExceededError` or `ClientDisconnected`.
        """
        now = self._limits.loop.time()
        limit = _Watch(now, self.most, client)
        try:
            return await self._limits.hold(limit, work)
        except TimeoutError as error:
            if limit.has_ended:
                if limit.client_left:
                    raise ClientDisconnected from error
                raise self._gate.refusal(_longer_than(self.most)) from error
            raise
        finally:
            limit.stop()
            if self._seconds < self.most and self._limits.loop.time() - now > self._seconds:
                self._gate.exceeded(_longer_than(self._seconds))


def at_once(work: Coroutine[Any, Any, T]) -> T | None:
    """What work comes to that has nothing to wait for; None, and no more of it, if it has after all."""
    try:
        work.send(None)
    except StopIteration as done:
        return cast(T, done.value)
    work.close()
    return None


def _longer_than(seconds: float) -> DeadlineExceededError:
    return DeadlineExceededError(f"The request took longer than {seconds:g} seconds.")


class _Watch(Limit):
    """A time limit that looks for the client as well, once the work has taken a while."""

    __slots__ = ("_client", "_ends_at", "_task", "client_left")

    def __init__(self, now: float, seconds: float, client: Receive | None) -> None:
        self._ends_at = now + seconds
        super().__init__(self._ends_at if client is None else min(now + WATCH_AFTER_SECONDS, self._ends_at))
        self.client_left = False
        self._client = client
        self._task: asyncio.Task[None] | None = None

    def ring(self) -> float | None:
        if self._client is None or self.rings_at >= self._ends_at:
            return super().ring()
        self._task = asyncio.create_task(self._look(self._client))
        return self._ends_at

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None  # whose end refers to this: only the garbage collector would find them

    async def _look(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.client_left = True
        self.end()
