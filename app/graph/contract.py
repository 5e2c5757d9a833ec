"""What the graph asks of backends beyond its clients' methods, and which values it knows: for the contract guard."""

from collections.abc import Iterable, Iterator

from graphql import GraphQLEnumType, GraphQLObjectType, GraphQLSchema, get_named_type

from app.graph.collection import Pages, PagesBy
from app.graph.declaration import EdgeDeclaration
from app.graph.loader import PageLoader
from app.graph.node import type_name_of
from app.graph.subgraph import Subgraph
from app.graph.window import Window
from app.rest import Groups, Page
from app.rest.contract.fit import KnownValues
from app.rest.contract.operation import Operation

WINDOW = frozenset(name for name, _ in Window().query(PageLoader.order))


def operations_of_loaders(subgraphs: Iterable[Subgraph]) -> list[Operation]:
    """The reads of collections by page and by parent, with the parameters that they have in any case."""
    loaders = {loader: None for subgraph in subgraphs for loader in _loaders(subgraph)}
    return [_operation(loader) for loader in loaders if issubclass(loader, Pages | PagesBy)]


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


def _loaders(subgraph: Subgraph) -> Iterator[type]:
    for _, field in subgraph.fields:
        declaration = field.metadata["declaration"]
        if isinstance(declaration, EdgeDeclaration):
            yield from declaration.loaders


def _operation(loader: type[Pages[object]] | type[PagesBy[object]]) -> Operation:
    collection = loader.collection
    names, shape = (WINDOW | {"group_by", loader.parent}, Groups) if issubclass(loader, PagesBy) else (WINDOW, Page)
    return Operation(collection.service.name, "GET", collection.route, shape[collection.record], names)
