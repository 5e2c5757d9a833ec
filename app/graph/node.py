"""Nodes: objects with a globally unique id, after the Relay global object identification specification."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

import strawberry

from app.errors import BadUserInputError

MAX_ID_LENGTH = 256


@strawberry.interface(description="An object that can be asked for again by its id.")
class Node:
    id: strawberry.ID = strawberry.field(description="Globally unique and opaque; `node(id:)` takes it.")
    database_id: strawberry.ID = strawberry.field(description="The id the owning backend knows it by.")


def global_id(type_name: str, database_id: str) -> str:
    """The opaque id of an object."""
    return base64.urlsafe_b64encode(f"{type_name}:{database_id}".encode()).decode().rstrip("=")


def parse_global_id(text: str) -> tuple[str, str] | None:
    """The type name and the backend's id in a global id; None when `text` is not one."""
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    type_name, _, database_id = decoded.partition(":")
    return (type_name, database_id) if _is_possible(database_id) and type_name.isidentifier() else None


def database_id(id: str, owner: type, argument: str = "id") -> str:
    """The backend's id in an argument that accepts either kind; raises `BadUserInputError` for another type's."""
    parsed = parse_global_id(id)
    if parsed is None:
        if not _is_possible(id):
            raise BadUserInputError(f"An id has 1 to {MAX_ID_LENGTH} printable characters.", field=[argument])
        return id
    type_name, own_id = parsed
    expected = type_name_of(owner)
    if type_name != expected:
        raise BadUserInputError(f"This is the id of a {type_name}, not of a {expected}.", field=[argument])
    return own_id


def _is_possible(id: str) -> bool:
    return 0 < len(id) <= MAX_ID_LENGTH and id.isprintable()


def type_name_of(owner: type) -> str:
    """The GraphQL name of a type."""
    name: str = owner.__strawberry_definition__.name  # type: ignore[attr-defined]  # set by strawberry's decorators
    return name


def global_id_view(type_name: str) -> Callable[[Any], str]:
    """The function from a record of a type to its global id."""
    return lambda record: global_id(type_name, record.id)
