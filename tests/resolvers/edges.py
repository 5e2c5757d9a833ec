"""What the cases of edges share."""

from collections.abc import Iterable
from typing import Any


def ids(values: Iterable[Any], *path: str) -> str:
    """The distinct database ids at a path of some objects, in order, as one query value."""
    found = []
    for value in values:
        for step in path:
            value = value and value[step]
        found += [value["databaseId"]] if value else []
    return ",".join(dict.fromkeys(found))
