"""Connections: lists that can grow, after the Relay connection specification. Views of `app.graph.window.Slice`."""

from typing import Generic, TypeVar

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument

T = TypeVar("T")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether something follows the page.")
    has_previous_page: bool = strawberry.field(description="Whether something precedes the page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first item; give it as `before`.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last item; give it as `after`.")


@strawberry.type(description="An item and its place in the list.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="The item's place; give it as `after` or `before`.")
    node: T = strawberry.field(description="The item.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The items with their cursors.")
    nodes: list[T] = strawberry.field(description="The items.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")
    total_count: int = strawberry.field(description="How many items the whole list has.")


def window_arguments() -> list[StrawberryArgument]:
    """The four arguments of every connection field, made anew for each field."""
    return [
        _argument("first", int, "How many items from the start, 1 to 100; 20 when neither this nor `last` is given."),
        _argument("after", str, "Begin behind this cursor."),
        _argument("last", int, "How many items from the end, 1 to 100."),
        _argument("before", str, "End in front of this cursor."),
    ]


def _argument(name: str, type_: type, description: str) -> StrawberryArgument:
    annotation = StrawberryAnnotation(type_ | None)
    return StrawberryArgument(name, None, annotation, default=strawberry.UNSET, description=description)
