"""Explanation: which backend calls an operation can make, known from its plan before it runs."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import GraphQLList, GraphQLOutputType, IntValueNode, VariableNode, get_nullable_type

from app.execution import Field, Kind, Plan, Selection
from app.graph.declaration import EdgeDeclaration, MutationDeclaration, ResolverDeclaration
from app.graph.edge import MAX_KEYS
from app.graph.loader import BackendCall
from app.graph.window import DEFAULT_PAGE, MAX_PAGE


@dataclass(frozen=True, slots=True)
class Call:
    """One kind of call that a field makes, and how many of them at most."""

    service: str
    request: str
    at_most: int


@dataclass(frozen=True, slots=True)
class ExplainedField:
    """A field that is more than an attribute: where it stands, how it is executed, and what it asks."""

    path: str
    coordinate: str
    kind: str
    objects: int
    """For how many objects at most it is executed."""
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The fields of an operation that make calls, outermost first."""

    fields: tuple[ExplainedField, ...]

    @property
    def most_calls(self) -> int:
        """The bound on backend calls: given by the shape of the operation, whatever the size of the data."""
        return sum(call.at_most for field in self.fields for call in field.calls)

    def as_json(self) -> dict[str, object]:
        """For `extensions.plan`."""
        fields = [
            {
                "path": field.path,
                "coordinate": field.coordinate,
                "kind": field.kind,
                "objects": field.objects,
                "calls": [
                    {"service": call.service, "request": call.request, "atMost": call.at_most} for call in field.calls
                ],
            }
            for field in self.fields
        ]
        return {"mostCalls": self.most_calls, "fields": fields}

    def as_text(self) -> str:
        """For a terminal."""
        lines: list[str] = []
        for field in self.fields:
            lines.append(f"{field.path}  ({field.coordinate}, {field.kind}, at most {_count(field.objects, 'object')})")
            lines += [f"    {_count(call.at_most, 'call')}  {call.service}  {call.request}" for call in field.calls]
        return "\n".join([*lines, f"At most {_count(self.most_calls, 'backend call')}."])


def explain(plan: Plan, variables: Mapping[str, object]) -> Explanation:
    """What a plan can ask of backends. A variable that is not given counts with the most it could be."""
    return Explanation(tuple(_selection(plan.root, "", 1, None, variables)))


def _selection(
    selection: Selection, path: str, objects: int, page: int | None, variables: Mapping[str, object]
) -> Iterator[ExplainedField]:
    """`page` is how many items a list has that stands in the selection, if the selection is of a connection."""
    for field in selection.fields:
        here = f"{path}.{field.key}" if path else field.key
        if field.kind in (Kind.LEVEL, Kind.RESOLVE):
            yield ExplainedField(here, field.coordinate, field.kind.value, objects, tuple(_calls(field, objects)))
        window = _window(field, variables)
        below = objects * _items(field, window, page)
        for inner in field.position.selections():
            yield from _selection(inner, here, below, window, variables)


def _calls(field: Field, objects: int) -> Iterator[Call]:
    declared = field.definition.extensions.get("strawberry-definition")
    declaration = declared.metadata.get("declaration") if declared is not None else None
    match declaration:
        case EdgeDeclaration(loaders=loaders, many=many):
            keys = objects * (MAX_KEYS if many else 1)
            yield from (_batched(loader.backend_call(), keys) for loader in loaders)
        case MutationDeclaration(calls=calls) | ResolverDeclaration(calls=calls) if calls:
            yield Call("any", "by the resolver", calls * objects)


def _batched(call: BackendCall, keys: int) -> Call:
    return Call(call.service, call.request, 1 if call.batch is None else math.ceil(keys / call.batch))


def _window(field: Field, variables: Mapping[str, object]) -> int | None:
    """How many items a connection shows; None when the field is no connection."""
    edge = field.definition.extensions.get("edge")
    if not isinstance(edge, EdgeDeclaration) or not edge.is_connection:
        return None
    for argument in field.nodes[0].arguments or ():
        if argument.name.value in ("first", "last"):
            match argument.value:
                case IntValueNode(value=digits):
                    return min(int(digits), MAX_PAGE)
                case VariableNode(name=name) if isinstance(size := variables.get(name.value, MAX_PAGE), int):
                    return min(size, MAX_PAGE)
    return DEFAULT_PAGE


def _items(field: Field, window: int | None, page: int | None) -> int:
    """How many objects come of each object at most."""
    if window is not None or not _is_list(field.definition.type):
        return 1
    return page if page is not None else MAX_KEYS


def _is_list(type_: GraphQLOutputType) -> bool:
    return isinstance(get_nullable_type(type_), GraphQLList)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
