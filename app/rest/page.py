"""The two shapes in which backends answer with many things."""

from typing import Generic, TypeVar

from app.rest.record import Record

T = TypeVar("T")


class Page(Record, Generic[T], frozen=True):
    """`GET /things` and `GET /things?ids=`: a part of a list, and how long the whole is."""

    items: list[T]
    total: int


class Groups(Record, Generic[T], frozen=True):
    """`GET /things?group_by=parent`: one page for each parent that was asked for."""

    groups: dict[str, Page[T]]
