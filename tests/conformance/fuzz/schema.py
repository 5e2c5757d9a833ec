"""Schemas: random types whose fields are come by in every way there is."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
)

from tests.conformance.fuzz.draw import Draw
from tests.conformance.fuzz.values import Colour, Raised, Record, World, later, now

WAYS = ("attribute", "view", "level", "async level", "resolve", "async resolve", "default", "told")


def _upper(value: object) -> object:
    if value == "lower":
        return None
    if not isinstance(value, str):
        raise TypeError(f"{value!r} has no upper case")
    return value.upper()


UPPER = GraphQLScalarType("Upper", coerce_output_value=_upper)
COLOUR = GraphQLEnumType("Colour", {member.name: member.value for member in Colour})
INPUT = GraphQLInputObjectType(
    "Wish",
    {
        "many": GraphQLInputField(GraphQLList(GraphQLNonNull(GraphQLInt))),
        "colour": GraphQLInputField(COLOUR, default_value="g"),
    },
)
LEAVES: tuple[Any, ...] = (GraphQLInt, GraphQLFloat, GraphQLString, GraphQLBoolean, GraphQLID, UPPER, COLOUR)
ARGUMENTS: Mapping[str, Any] = {
    "count": GraphQLInt,
    "wish": INPUT,
    "names": GraphQLList(GraphQLString),
    "colour": COLOUR,
}


class SchemaMaker:
    """Makes one random schema, whose resolvers draw their values from a world."""

    def __init__(self, random: Random, world: World, *, is_async: bool) -> None:
        self._random = random
        self._world = world
        self._ways = [way for way in WAYS if is_async or "async" not in way]
        self._is_async = is_async
        self._declares_records = random.random() < 0.3
        self._outputs: list[Any] = list(LEAVES)

    def make(self) -> GraphQLSchema:
        random = self._random
        objects = [f"Object{number}" for number in range(random.randint(2, 4))]
        interface = GraphQLInterfaceType(
            "Face",
            lambda: {"face": GraphQLField(GraphQLString), "friend": GraphQLField(self._types["Face"])},
            resolve_type=self._type_resolver("Face"),
        )
        self._types: dict[str, Any] = {"Face": interface}
        for name in objects:
            has_face = random.random() < 0.6 or name == objects[0]
            self._types[name] = self._object(name, [interface] if has_face else [])
        self._types["Any"] = GraphQLUnionType(
            "Any", [self._types[name] for name in objects], resolve_type=self._type_resolver("Any")
        )
        self._outputs += [*self._types.values()] * 3
        query, mutation = self._object("Query", []), self._object("Mutation", [])
        self._types |= {"Query": query, "Mutation": mutation}
        schema = GraphQLSchema(query, mutation, types=[self._types[name] for name in objects])
        self._world.schema = schema
        return schema

    def _object(self, name: str, interfaces: list[GraphQLInterfaceType]) -> GraphQLObjectType:
        count = self._random.randint(3, 6)
        salt = self._random.random()

        def fields() -> dict[str, GraphQLField]:
            random = Random(f"{salt}")  # noqa: S311  # repeatable, not secret
            fields = {f"field{number}": self._field(name, f"field{number}", random) for number in range(count)}
            if interfaces:
                fields["face"] = self._resolved(name, "face", GraphQLString, {}, random)
                fields["friend"] = self._resolved(name, "friend", self._types["Face"], {}, random)
            return fields

        is_root = name in ("Query", "Mutation")
        if self._declares_records and not is_root:
            return self._object_of_records(name, fields, interfaces)
        is_type_of = self._predicate(name) if self._random.random() < 0.5 and not is_root else None
        return GraphQLObjectType(name, fields, interfaces, is_type_of=is_type_of)

    def _object_of_records(
        self, name: str, fields: Callable[[], dict[str, GraphQLField]], interfaces: list[GraphQLInterfaceType]
    ) -> GraphQLObjectType:
        """A type that says of which class its objects are, so that none has to be asked."""
        record = self._world.record_class(name)

        def is_type_of(value: object, _info: object) -> bool:
            return isinstance(value, record)

        return GraphQLObjectType(name, fields, interfaces, is_type_of=is_type_of, extensions={"records": (record,)})

    def _field(self, type_name: str, name: str, random: Random) -> GraphQLField:
        of_type: Any = random.choice(self._outputs)
        for _ in range(random.choice([0, 0, 1, 1, 2])):
            of_type = GraphQLList(GraphQLNonNull(of_type) if random.random() < 0.4 else of_type)
        if random.random() < (0.35 if type_name.startswith("Object") else 0.1):
            of_type = GraphQLNonNull(of_type)
        names = random.sample(list(ARGUMENTS), random.choice([0, 0, 1, 2]))
        default = {"count": 3} if random.random() < 0.5 else {}
        arguments = {
            argument: GraphQLArgument(ARGUMENTS[argument], default_value=default[argument])
            if argument in default
            else GraphQLArgument(ARGUMENTS[argument])
            for argument in names
        }
        return self._resolved(type_name, name, of_type, arguments, random)

    def _resolved(
        self, type_name: str, name: str, of_type: Any, arguments: dict[str, GraphQLArgument], random: Random
    ) -> GraphQLField:
        ways = [way for way in self._ways if not (arguments and way in ("attribute", "view", "default"))]
        built = GraphQLField(of_type, args=arguments)
        _RESOLVERS[random.choice(ways)](built, name)
        return built

    def _predicate(self, type_name: str) -> Any:
        def is_type_of(value: object, _info: object) -> Any:
            return self._verdict(
                Draw(self._world.seed, "is", type_name, getattr(value, "made_of", None)),
                isinstance(value, self._world.record_class(type_name)),
                [False, Raised(ValueError(f"no {type_name}"))],
            )

        return is_type_of

    def _type_resolver(self, abstract_name: str) -> Any:
        if self._declares_records or self._random.random() < 0.3:
            return None

        def resolve_type(value: object, _info: object, _abstract: object) -> Any:
            return self._verdict(
                Draw(self._world.seed, "type", abstract_name, getattr(value, "made_of", None)),
                type(value).__name__ if isinstance(value, Record) else None,
                ["Nothing", "Int", "Query", None, 5, Raised(ValueError("no type"))],
            )

        return resolve_type

    def _verdict(self, draw: Draw, right: Any, wrong: list[Any]) -> Any:
        """What is to be said of an object, sometimes wrong, and sometimes to be awaited."""
        fails = draw.about("fails").chance(self._world.mood.failures / 2)
        verdict = draw.choice(wrong) if fails else right
        return later(verdict) if self._is_async and draw.about("late").chance(20) else now(verdict)


def _raw(source: Record, name: str, arguments: Mapping[str, object]) -> Any:
    return source.value(name, **arguments)


def _attribute(built: GraphQLField, name: str) -> None:
    built.resolve = lambda source, _info: getattr(source, name)
    built.extensions["attribute"] = name


def _view(built: GraphQLField, name: str) -> None:
    def view(source: Record) -> Any:
        return now(_raw(source, name, {}))

    built.resolve = lambda source, _info: view(source)
    built.extensions["view"] = view


def _values(sources: list[Record], name: str, arguments: Mapping[str, object]) -> list[Any]:
    return [_value_or_error(source, name, arguments) for source in sources]


def _value_or_error(source: Record, name: str, arguments: Mapping[str, object]) -> Any:
    try:
        return now(_raw(source, name, arguments))
    except Exception as error:  # such as the source not being a record
        return error


def _level(built: GraphQLField, name: str) -> None:
    built.resolve = lambda source, _info, **arguments: now(_raw(source, name, arguments))
    built.extensions["level"] = lambda sources, _info, arguments: _values(sources, name, arguments)


def _async_level(built: GraphQLField, name: str) -> None:
    async def resolve_level(sources: list[Record], _info: object, arguments: Mapping[str, object]) -> list[Any]:
        values = _values(sources, name, arguments)
        await later(None)
        return values

    built.resolve = lambda source, _info, **arguments: later(_raw(source, name, arguments))
    built.extensions["level"] = resolve_level


def _resolve(built: GraphQLField, name: str) -> None:
    built.resolve = lambda source, _info, **arguments: now(_raw(source, name, arguments))


def _async_resolve(built: GraphQLField, name: str) -> None:
    built.resolve = lambda source, _info, **arguments: later(_raw(source, name, arguments))


def _default(_built: GraphQLField, _name: str) -> None:
    """graphql-core's own resolver reads the attribute."""


def _told(built: GraphQLField, name: str) -> None:
    """Returns what it is told, where that is a string."""

    def resolve(source: Record, info: Any, **arguments: object) -> Any:
        if built.type is GraphQLString:
            return (
                f"{info.path.as_list()} {info.parent_type} {info.field_name} {sorted(arguments.items())} {info.context}"
            )
        return now(_raw(source, name, arguments))

    built.resolve = resolve


_RESOLVERS = {
    "attribute": _attribute,
    "view": _view,
    "level": _level,
    "async level": _async_level,
    "resolve": _resolve,
    "async resolve": _async_resolve,
    "default": _default,
    "told": _told,
}
