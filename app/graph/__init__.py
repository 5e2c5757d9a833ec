"""The vocabulary that domains are written in."""

from typing import Annotated, Any, TypeAlias

import strawberry
from strawberry import ID, Parent

from app.graph.change import Change, changes
from app.graph.collection import ALL, ById, Pages, PagesBy
from app.graph.composition import ComposedSchema, CompositionError
from app.graph.context import Context, ContextFactory, Info
from app.graph.enum import value
from app.graph.filter import Order, filter_query, order_text
from app.graph.following import following
from app.graph.loader import BackendCall, Found, Key, Loader, PageLoader
from app.graph.money import Money, MoneyInput
from app.graph.node import Node, database_id
from app.graph.payload import Payload
from app.graph.rate_limit import RateLimit
from app.graph.roots import Mutation, Query, Subscription
from app.graph.scalars import URL, CurrencyCode, EmailAddress
from app.graph.subgraph import Subgraph
from app.graph.upload import Upload

AnyId: TypeAlias = Annotated[ID, strawberry.argument(description="A global id, or the id the owning backend knows.")]
"""An argument that takes either kind of id: give it to `database_id`."""

After: TypeAlias = Annotated[
    str | None,
    strawberry.argument(
        description="Go on behind this cursor of an earlier event, with nothing lost and nothing twice."
    ),
]
"""The `after` of a subscription."""


def described(description: str, **options: Any) -> Any:
    """A field that is an attribute of the record, and what it means."""
    return strawberry.field(description=description, **options)


__all__ = [
    "ALL",
    "ID",
    "URL",
    "After",
    "AnyId",
    "BackendCall",
    "ById",
    "Change",
    "ComposedSchema",
    "CompositionError",
    "Context",
    "ContextFactory",
    "CurrencyCode",
    "EmailAddress",
    "Found",
    "Info",
    "Key",
    "Loader",
    "Money",
    "MoneyInput",
    "Mutation",
    "Node",
    "Order",
    "PageLoader",
    "Pages",
    "PagesBy",
    "Parent",
    "Payload",
    "Query",
    "RateLimit",
    "Subgraph",
    "Subscription",
    "Upload",
    "changes",
    "database_id",
    "described",
    "filter_query",
    "following",
    "order_text",
    "value",
]
