"""Declarations: what kind of field a function was declared to be. They stand in the field's metadata."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from app.graph.loader import Loader
from app.graph.rate_limit import RateLimit


@dataclass(frozen=True, slots=True)
class Attribute:
    """Computed from the parent's record alone."""


@dataclass(frozen=True, slots=True)
class EdgeDeclaration:
    """Read by a loader. The function gives a key; with `many` a list of keys; None is nothing.

    Without `loaders` every key names its own. `keeps_missing` leaves a null in the place of each of `many` keys
    that stands for nothing. With `must_exist` a key that stands for nothing is the error NOT_FOUND.
    """

    loaders: tuple[type[Loader[Any, Any]], ...]
    many: bool = False
    keeps_missing: bool = False
    is_connection: bool = False
    must_exist: bool = False


@dataclass(frozen=True, slots=True)
class ResolverDeclaration:
    """An ordinary resolver, which makes at most so many calls of backends for one object."""

    calls: int = 0


@dataclass(frozen=True, slots=True)
class MutationDeclaration:
    """`attribute` is the payload's field for the changed object; None when the function returns the payload.

    `renamed` gives the path inside `input`, with dots, of what the backend knows by another path. `calls` is how many
    calls of backends the function makes at most.
    """

    payload: type
    attribute: str | None
    renamed: Mapping[str, str] = field(default_factory=dict)
    calls: int = 1
    rate_limit: RateLimit | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionDeclaration:
    """`attribute` is the event's field for the changed object; None when the function yields the events themselves."""

    attribute: str | None


Declaration: TypeAlias = (
    Attribute | EdgeDeclaration | ResolverDeclaration | MutationDeclaration | SubscriptionDeclaration
)
