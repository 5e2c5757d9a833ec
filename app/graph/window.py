"""Windows: which part of a growing list is asked for, after the Relay connection specification."""

import base64
import binascii
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.errors import BadUserInputError
from app.rest import Page, Query

R = TypeVar("R")

DEFAULT_PAGE = 20
MAX_PAGE = 100


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a list, counted from its start, or from its end when `from_end`.

    `floor` is the position that a window from the end must stay behind.
    """

    offset: int = 0
    limit: int = DEFAULT_PAGE
    from_end: bool = False
    floor: int = 0

    @classmethod
    def of(cls, first: int | None, after: str | None, last: int | None, before: str | None) -> "Window":
        """The window that the four arguments of a connection describe; raises `BadUserInputError`."""
        if first is not None and last is not None:
            raise BadUserInputError("Ask for either `first` or `last`, not for both.", field=["last"])
        start = _position(after, "after") + 1 if after is not None else 0
        end = _position(before, "before") if before is not None else None
        if last is None:
            limit = _size(DEFAULT_PAGE if first is None else first, "first")
            return cls(start, limit if end is None else max(0, min(limit, end - start)))
        limit = _size(last, "last")
        if end is None:
            return cls(0, limit, from_end=True, floor=start)
        begin = max(start, end - limit)
        return cls(begin, max(0, end - begin))

    def query(self, order: str) -> Query:
        """The window as query parameters of a backend. `order` is a field name, descending with a leading minus."""
        if self.from_end:
            order = order[1:] if order.startswith("-") else f"-{order}"
        return (("limit", str(self.limit)), ("offset", str(self.offset)), ("order", order))

    def slice(self, page: Page[R]) -> "Slice[R]":
        """The answer to `query`, in the order of the list."""
        if not self.from_end:
            return Slice(list(page.items), self.offset, page.total)
        wanted = max(0, min(len(page.items), page.total - self.floor))
        items = list(reversed(page.items[:wanted]))
        return Slice(items, page.total - len(items), page.total)


@dataclass(frozen=True, slots=True)
class Slice(Generic[R]):
    """Part of a list: `items` begin at position `offset` of `total`. What a connection type is a view of."""

    nodes: list[R]
    offset: int
    total_count: int

    @property
    def edges(self) -> "list[SliceEdge[R]]":
        return [SliceEdge(self.offset + index, node) for index, node in enumerate(self.nodes)]

    @property
    def page_info(self) -> "Slice[R]":
        return self

    @property
    def has_previous_page(self) -> bool:
        return self.offset > 0 and self.total_count > 0

    @property
    def has_next_page(self) -> bool:
        return self.offset + len(self.nodes) < self.total_count

    @property
    def start_cursor(self) -> str | None:
        return cursor(self.offset) if self.nodes else None

    @property
    def end_cursor(self) -> str | None:
        return cursor(self.offset + len(self.nodes) - 1) if self.nodes else None


@dataclass(frozen=True, slots=True)
class SliceEdge(Generic[R]):
    """One place of a list and what stands there."""

    position: int
    node: R

    @property
    def cursor(self) -> str:
        return cursor(self.position)


def cursor(position: int) -> str:
    """The opaque cursor of a position in a list."""
    return base64.urlsafe_b64encode(b"position:%d" % position).decode().rstrip("=")


def _position(text: str, argument: str) -> int:
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
        prefix, _, digits = decoded.partition(":")
        if prefix == "position" and digits.isdecimal() and len(digits) <= 9:
            return int(digits)
    except (binascii.Error, ValueError):
        pass
    raise BadUserInputError(f"`{argument}` is not a cursor of this list.", field=[argument])


def _size(size: int, argument: str) -> int:
    if not 1 <= size <= MAX_PAGE:
        raise BadUserInputError(f"`{argument}` must be between 1 and {MAX_PAGE}.", field=[argument])
    return size
