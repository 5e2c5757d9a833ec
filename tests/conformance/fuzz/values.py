"""Values: what the resolvers of a random schema return, failures included."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    is_abstract_type,
    is_leaf_type,
)

from tests.conformance.fuzz.draw import Draw


class Colour(Enum):
    """Values of the enum type, given as members or as they are."""

    RED = "r"
    GREEN = "g"
    BLUE = "b"


@dataclass(frozen=True)
class Mood:
    """How a case behaves: percentages of what may happen to a value."""

    failures: float
    nulls: float
    awaits: float


@dataclass
class World:
    """What a case is made of besides its schema and its document."""

    seed: int
    mood: Mood
    schema: GraphQLSchema | None = None
    record_classes: dict[str, type["Record"]] = field(default_factory=dict)

    def record_class(self, type_name: str) -> type["Record"]:
        """The class of the objects of a type."""
        return self.record_classes.setdefault(type_name, type(type_name, (Record,), {}))

    def record(self, type_name: str, draw: Draw) -> "Record":
        return self.record_class(type_name)(self, type_name, draw)


class Record:
    """A source object. Its attributes are the values of the fields of its type."""

    def __init__(self, world: World, type_name: str, draw: Draw) -> None:
        self._world = world
        self._type_name = type_name
        self._draw = draw

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        value = self.value(name)
        if isinstance(value, Raised):
            raise value.error
        return value

    @property
    def made_of(self) -> str:
        """What the object is, for decisions about it."""
        return f"{self._type_name} {self._draw.number(2**60)}"

    def value(self, name: str, **arguments: object) -> Any:
        """The value of a field, or what reading it raises."""
        assert self._world.schema is not None
        object_type = self._world.schema.type_map[self._type_name]
        assert isinstance(object_type, GraphQLObjectType)
        draw = self._draw.about(self._type_name, name, sorted(arguments.items()))
        return value_of(object_type.fields[name].type, self._world, draw)

    def __repr__(self) -> str:
        return f"<{self._type_name}>"


class Raised:
    """What a resolver raises instead of returning."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def value_of(of_type: Any, world: World, draw: Draw) -> Any:
    """A value of a type, or one that is not, or `Raised`."""
    if draw.about("fails").chance(world.mood.failures):
        return failure(draw.about("failure"))
    if draw.about("is null").chance(world.mood.nulls) and not isinstance(of_type, GraphQLNonNull):
        return None
    return good_value(of_type, world, draw)


def failure(draw: Draw) -> Any:
    """Something that cannot be completed."""
    number = draw.about("number").number(1_000_000)
    wrong: list[Any] = [object, {"wrong": number}, 7 * number, "wrong", [number], None, float("nan"), True, 2**40]
    kind = draw.choice(["raise", "raise", "return", "wrong", "wrong", "graphql"])
    if kind == "wrong":
        return draw.about("wrong").choice(wrong)
    error = GraphQLError(f"told {number}") if kind == "graphql" else ValueError(f"bad {number}")
    return error if kind == "return" else Raised(error)


def good_value(of_type: Any, world: World, draw: Draw) -> Any:
    """A value that suits a type, so far as what is in it does."""
    if isinstance(of_type, GraphQLNonNull):
        of_type = of_type.of_type
    if isinstance(of_type, GraphQLList):
        return _list(of_type, world, draw)
    if is_leaf_type(of_type):
        return _leaf(of_type, draw)
    type_name = of_type.name
    if is_abstract_type(of_type):
        assert world.schema is not None
        type_name = draw.about("possible").choice(
            [possible.name for possible in world.schema.get_possible_types(of_type)]
        )
    return Record(world, type_name, draw)


def _leaf(of_type: Any, draw: Draw) -> Any:
    number = draw.about("leaf").number(100)
    values: Mapping[str, list[Any]] = {
        "Int": [number, -number, True, float(number), str(number)],
        "Float": [number / 4, number, True, str(number)],
        "String": [f"s{number}", number, 1.5, False, draw],  # any object of a class of ours may be written as a string
        "Boolean": [True, False, 1, 0.0],
        "ID": [f"i{number}", number],
        "Upper": [f"u{number}", "lower"],
    }
    if isinstance(of_type, GraphQLEnumType):
        return draw.choice(["r", "g", "b", *Colour])
    return draw.choice([values[of_type.name][0], values[of_type.name][0], *values[of_type.name]])


def _list(of_type: GraphQLList[Any], world: World, draw: Draw) -> Any:
    items = [
        _item(value_of(of_type.of_type, world, draw.about(index)), world, draw.about(index, "item"))
        for index in range(draw.about("length").choice((0, 1, 2, 2, 3, 4)))
    ]
    match draw.about("list").number(10):
        case 0:
            return tuple(items)
        case 1:
            return _generator(items)
        case 2 if world.mood.awaits:
            return _async_generator(items)
    return items


def _item(item: Any, world: World, draw: Draw) -> Any:
    if isinstance(item, Raised) and not world.mood.awaits:
        return item.error
    if isinstance(item, Raised) or draw.chance(world.mood.awaits / 2):
        return later(item)
    return item


def _generator(items: list[Any]) -> Iterator[Any]:
    yield from items


async def _async_generator(items: list[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item


async def later(value: Any) -> Any:
    """The value, or what it raises, in the next turn of the loop."""
    await asyncio.sleep(0)
    return now(value)


def now(value: Any) -> Any:
    if isinstance(value, Raised):
        raise value.error
    return value
