"""Enums: values with what they mean."""

from typing import Any, cast

import strawberry


def value(wire: str, description: str) -> str:
    """An enum's value as backends write it, and what it means.

    Strawberry puts the plain string in its place when the enum is made.
    """
    return cast(str, cast(Any, strawberry.enum_value(wire, description=description)))
