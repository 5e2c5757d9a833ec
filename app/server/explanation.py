"""Explanation: which backend calls an operation can make, known from its plan before it runs."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.execution import Plan
from app.graph.declaration import EdgeDeclaration, MutationDeclaration, ResolverDeclaration
from app.graph.edge import MAX_KEYS
from app.graph.loader import BackendCall
from app.server.bounds import Bound, bounds


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
    return Explanation(
        tuple(
            ExplainedField(
                bound.path, bound.field.coordinate, bound.field.kind.value, bound.objects, tuple(calls_of(bound))
            )
            for bound in bounds(plan, variables)
        )
    )


def calls_of(bound: Bound) -> Iterator[Call]:
    """The calls that a field makes."""
    field, objects = bound.field, bound.objects
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


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
