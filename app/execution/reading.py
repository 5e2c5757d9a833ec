"""Reading long documents beside the loop, in a thread of their own: others are served meanwhile."""

import asyncio
import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final

from graphql import DocumentNode

from app.errors import RequestError, forget_frames
from app.execution.pace import paced

LONG: Final = 300
"""Characters; a document that is shorter is read in two milliseconds."""
MAX_WAITING: Final = 10_000_000
"""Characters of the long documents that wait, all told: half a minute's reading at most."""
MAX_COUNTED: Final = 100_000
"""Characters of one: what is longer than the default of `MAX_DOCUMENT_LENGTH` is refused unread."""


class Reader:
    """Reads one document at a time, and one that several ask for once."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "documents")
        self._reading: dict[str, asyncio.Future[DocumentNode]] = {}
        self._waiting = 0

    async def read(self, text: str, parse: Callable[[str], DocumentNode]) -> DocumentNode:
        """What `parse` makes of a text. Raises what that raises, and `RequestError` (503) when too many wait."""
        reading = self._reading.get(text)
        if reading is None:
            size = min(len(text), MAX_COUNTED)
            if self._waiting + size > MAX_WAITING:
                message = "Too many long documents wait to be read."
                raise RequestError(message, status=503, code="TOO_MANY_DOCUMENTS", headers={"retry-after": "1"})
            loop = asyncio.get_running_loop()
            reading = loop.run_in_executor(self._thread, copy_context().run, _read, parse, text)
            self._reading[text] = reading
            self._waiting += size
            reading.add_done_callback(lambda done: self._forget(text, size, done))
        try:
            return await asyncio.shield(reading)  # who leaves must not take it from the others
        finally:
            del reading  # which has the error that has this frame: only the garbage collector would find them

    def _forget(self, text: str, size: int, done: asyncio.Future[DocumentNode]) -> None:
        del self._reading[text]
        self._waiting -= size
        if not done.cancelled():
            done.exception()  # told to those who waited, if there still are any


def _read(parse: Callable[[str], DocumentNode], text: str) -> DocumentNode:
    """Read at a pace, without the garbage collector.

    It would look at the growing tree again and again, up to 100,000 objects, and everybody would wait for it.
    """
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        return paced(parse, text)
    except Exception as error:
        forget_frames(error)  # whose trees are let go here, then, and not where others wait for it
        raise
    finally:
        if is_collecting:
            gc.enable()
