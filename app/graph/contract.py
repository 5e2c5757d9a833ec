"""What the graph asks of backends beyond its clients' methods, and which values it knows: for the contract guard."""

import types
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, Final, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

from graphql import GraphQLEnumType, GraphQLObjectType, GraphQLSchema, get_named_type
from pydantic import BaseModel
from strawberry.types.field import StrawberryField

from app.graph.collection import Pages, PagesBy
from app.graph.declaration import EdgeDeclaration
from app.graph.loader import Key, PageLoader
from app.graph.node import type_name_of
from app.graph.subgraph import Subgraph
from app.graph.window import Window
from app.rest import Groups, Page
from app.rest import Query as RestQuery
from app.rest.contract.fit import KnownValues
from app.rest.contract.operation import SAMPLE, Operation

Collection: TypeAlias = Pages[Any] | PagesBy[Any]

WINDOW: Final = frozenset(name for name, _ in Window().query(PageLoader.order))
SAMPLES: Final[dict[Any, object]] = {bool: True, int: 1, float: 1.0, datetime: datetime(2025, 1, 1, tzinfo=UTC)}


def operations_of_loaders(subgraphs: Iterable[Subgraph]) -> list[Operation]:
    """The reads of collections by page and by parent, with every filter that the fields of Query have."""
    found: dict[Operation, None] = {}
    for subgraph in subgraphs:
        for owner, field, loader in _collections(subgraph):
            found[_operation(loader, _filters(field) if owner == "Query" else frozenset())] = None
    return list(found)


def known_values(subgraphs: Iterable[Subgraph], schema: GraphQLSchema) -> KnownValues:
    """The values of each field of a record that is shown as an enum."""
    known: dict[tuple[type, str], set[str]] = {}
    for subgraph in subgraphs:
        for owner, record in subgraph.records.items():
            view = schema.type_map[type_name_of(owner)]
            assert isinstance(view, GraphQLObjectType), f"{view} is a type with a record"
            for field in view.fields.values():
                shown, attribute = get_named_type(field.type), field.extensions.get("attribute")
                if isinstance(shown, GraphQLEnumType) and isinstance(attribute, str):
                    known[record, attribute] = {str(value.value) for value in shown.values.values()}
    return known


def _collections(subgraph: Subgraph) -> Iterator[tuple[str, StrawberryField, type[Collection]]]:
    """The fields that a collection is read for."""
    for owner, field in subgraph.fields:
        declaration = field.metadata["declaration"]
        if isinstance(declaration, EdgeDeclaration):
            for loader in declaration.loaders:
                if issubclass(loader, Pages | PagesBy):
                    yield owner, field, loader


def _operation(loader: type[Collection], filters: frozenset[str]) -> Operation:
    collection = loader.collection
    names, shape = (WINDOW | {"group_by", loader.parent}, Groups) if issubclass(loader, PagesBy) else (WINDOW, Page)
    return Operation(collection.service.name, "GET", collection.route, shape[collection.record], names | filters)


def _filters(field: StrawberryField) -> frozenset[str]:
    """The parameters that the filter of a field comes to, found by filtering by everything."""
    assert field.base_resolver is not None, "an edge has a function"
    function = cast(Callable[..., object], field.base_resolver.wrapped_func)
    hints = get_type_hints(function)
    key = function(**({"filter": _sample(hints["filter"])} if "filter" in hints else {}))
    query = cast(RestQuery, key.parameters.get("filter", ())) if isinstance(key, Key) else ()
    return frozenset(name for name, _ in query)


def _sample(hint: Any) -> Any:
    """A value of a field of a filter."""
    if get_origin(hint) in (Union, types.UnionType, Annotated):
        return _sample(get_args(hint)[0])
    if get_origin(hint) is list:
        return [_sample(get_args(hint)[0])]
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return hint.model_construct(**{name: _sample(inner) for name, inner in get_type_hints(hint).items()})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    return SAMPLES.get(hint, SAMPLE)
