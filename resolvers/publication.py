"""Publication: the vocabulary that posts, scheduled posts, rules and engagement share."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

import strawberry
from pydantic import BaseModel
from strawberry.utils.str_converters import to_camel_case

from app.errors import BadUserInputError
from app.graph import database_id, filter_query, value
from app.rest import Query
from resolvers.character import Character
from resolvers.content import Content
from resolvers.social_account import SocialAccount

M = TypeVar("M", bound=BaseModel)

REFERENCES: Mapping[str, type] = {
    "character_id": Character,
    "social_account_id": SocialAccount,
    "content_id": Content,
    "additional_content_ids": Content,
}
"""What the ids of an input or a filter are the ids of."""

MOMENTS: Mapping[str, str] = {
    "published_from": "from",
    "published_to": "to",
    "scheduled_from": "from",
    "scheduled_to": "to",
}
"""What the graph calls the ends of a period, and what the backend does."""


@strawberry.enum(description="In which form something is posted.")
class PostType(Enum):
    POST = value("post", "In the feed.")
    STORY = value("story", "For a day.")
    REEL = value("reel", "As a short video.")


def with_own_ids(model: M) -> M:
    """The input or the filter with the backends' own ids in place of global ones; raises `BadUserInputError`."""
    ids: dict[str, object] = {}
    for name, owner in REFERENCES.items():
        given, argument = getattr(model, name, None), to_camel_case(name)
        if isinstance(given, list):
            ids[name] = [database_id(id, owner, argument) for id in given]
        elif given is not None:
            ids[name] = database_id(given, owner, argument)
    return model.model_copy(update=ids)


def query_of(filter: BaseModel | None, parent: str = "") -> Query:
    """The filter as a query. Under a parent, whose id goes by that name, it can name no other parents."""
    if filter is None:
        return ()
    if parent and getattr(filter, parent) is not None:
        argument = to_camel_case(parent)
        raise BadUserInputError(f"What is listed here has one {argument} alone.", field=["filter", argument])
    return tuple((MOMENTS.get(name, name), text) for name, text in filter_query(with_own_ids(filter)))
