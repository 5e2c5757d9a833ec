"""Reading long documents beside the loop, in a thread of their own: others are served meanwhile."""

import asyncio
import gc
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from itertools import count
from queue import PriorityQueue
from typing import Final, TypeAlias

from graphql import DocumentNode

from app.errors import RequestError, forget_frames
from app.execution.pace import paced

LONG: Final = 300
"""Characters; a document that is shorter is read in two milliseconds."""
MAX_WAITING: Final = 10_000_000
"""Characters of the long documents that wait, all told: half a minute's reading at most."""
MAX_COUNTED: Final = 100_000
"""Characters of one: what is longer than the default of `MAX_DOCUMENT_LENGTH` is refused unread."""

Parse: TypeAlias = Callable[[str], DocumentNode]
"""From the text of a document to its syntax tree; raises `InvalidDocumentError`, or what else refuses it."""


@dataclass(order=True, slots=True)
class _Asked:
    """A document that is to be read."""

    length: int
    number: int
    text: str = field(compare=False)
    parse: Parse = field(compare=False)
    context: Context = field(compare=False, default_factory=copy_context)
    read: Future[DocumentNode] = field(compare=False, default_factory=Future)


class Reader:
    """Reads one document at a time, the shortest first, and one that several ask for once."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "documents")
        self._waiting: PriorityQueue[_Asked] = PriorityQueue()
        self._reading: dict[str, asyncio.Future[DocumentNode]] = {}
        self._numbers = count()
        self._characters = 0

    async def read(self, text: str, parse: Parse) -> DocumentNode:
        """What `parse` makes of a text. Raises what that raises, and `RequestError` (503) when too many wait."""
        reading = self._reading.get(text) or self._begin(text, parse)
        try:
            return await asyncio.shield(reading)  # who leaves must not take it from the others
        finally:
            del reading  # which has the error that has this frame: only the garbage collector would find them

    def _begin(self, text: str, parse: Parse) -> asyncio.Future[DocumentNode]:
        counted = min(len(text), MAX_COUNTED)
        if self._characters + counted > MAX_WAITING:
            message = "Too many long documents wait to be read."
            raise RequestError(message, status=503, code="TOO_MANY_DOCUMENTS", headers={"retry-after": "1"})
        asked = _Asked(len(text), next(self._numbers), text, parse)
        self._waiting.put(asked)
        self._thread.submit(self._read_shortest)
        reading = self._reading[text] = asyncio.wrap_future(asked.read)
        self._characters += counted
        reading.add_done_callback(lambda done: self._forget(text, counted, done))
        return reading

    def _forget(self, text: str, counted: int, done: asyncio.Future[DocumentNode]) -> None:
        del self._reading[text]
        self._characters -= counted
        if not done.cancelled():
            done.exception()  # told to those who waited, if there still are any

    def _read_shortest(self) -> None:
        """What the thread does as often as a document was asked for."""
        asked = self._waiting.get()
        with _collector_at_rest():
            try:
                asked.read.set_result(asked.context.run(paced, asked.parse, asked.text))
            except Exception as error:
                forget_frames(error)  # whose trees are let go here, then, and not where others wait for it
                asked.read.set_exception(error)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """It would look at a growing tree again and again, up to 100,000 objects, and everybody would wait for it."""
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_collecting:
            gc.enable()
