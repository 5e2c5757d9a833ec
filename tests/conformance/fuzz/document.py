"""Documents: random operations that a schema accepts, with the variables they need."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLField,
    GraphQLSchema,
    NoUnusedVariablesRule,
    OverlappingFieldsCanBeMergedRule,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    parse,
    validate,
)
from graphql.type import GraphQLInterfaceType, GraphQLObjectType

BROKEN_BY_CHANCE = (NoUnusedVariablesRule, OverlappingFieldsCanBeMergedRule)
"""The rules that a document may not keep to; to all others it is made."""

LITERALS = {
    "count": ["1", "-7", "null"],
    "wish": ["{many: [1, 2]}", "{many: $numbers, colour: RED}", "{}", "null"],
    "names": ['["a", "b"]', '"alone"', "[$name, null]", "$names"],
    "colour": ["RED", "$colour"],
}
VARIABLES = {
    "$numbers": "[Int!]",
    "$name": "String",
    "$names": "[String]",
    "$colour": "Colour = BLUE",
    "$yes": "Boolean!",
    "$no": "Boolean!",
    "$maybe": "Boolean! = true",
}
CONDITIONS = [
    " @skip(if: $no)",
    " @include(if: $yes)",
    " @include(if: $maybe)",
    " @skip(if: $maybe)",
    " @skip(if: true)",
    " @skip(if: $maybe) @include(if: $yes)",
]


@dataclass
class DocumentMaker:
    """Makes one random document."""

    random: Random
    schema: GraphQLSchema
    budget: int = 60
    fragments: list[str] = field(default_factory=list)

    def make(self) -> tuple[DocumentNode, dict[str, Any]]:
        """A valid document and variables for it."""
        while True:
            kind = self.random.choice(["query", "query", "query", "mutation"])
            self.fragments, self.budget = [], 60
            body = self._selection(
                self.schema.query_type if kind == "query" else self.schema.mutation_type, 4, wide=True
            )
            text = "\n".join([body, *self.fragments])
            used = [f"{name}: {of_type}" for name, of_type in VARIABLES.items() if name in text]
            text = f"{kind} Fuzz{f'({chr(44).join(used)})' if used else ''} {text}"
            document = parse(text)
            if not validate(self.schema, document, BROKEN_BY_CHANCE, max_errors=1):
                return document, self._variables(text)

    def _variables(self, text: str) -> dict[str, Any]:
        values: dict[str, list[Any]] = {
            "numbers": [[1], None, [3, 4]],
            "name": ["n", None],
            "names": [["x"], None],
            "colour": ["RED", None],
            "yes": [True],
            "no": [False],
            "maybe": [True, False],
        }
        chosen = {name: self.random.choice(options) for name, options in values.items() if f"${name}" in text}
        return {name: value for name, value in chosen.items() if name in ("yes", "no") or self.random.random() < 0.8}

    def _selection(self, of_type: Any, depth: int, *, wide: bool = False) -> str:
        parts = [self._part(of_type, depth) for _ in range(self.random.randint(3 if wide else 1, 6 if wide else 4))]
        parts = [part for part in parts if part]
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def _part(self, of_type: Any, depth: int) -> str:
        self.budget -= 1
        if self.budget < 0:
            return ""
        choice = self.random.random()
        if choice < 0.12:
            return f"{self._alias()}__typename{self._condition()}"
        if choice < 0.3 and depth > 0:
            return self._fragment(of_type, depth)
        if isinstance(of_type, GraphQLObjectType | GraphQLInterfaceType):
            name = self.random.choice(list(of_type.fields))
            return self._field(name, of_type.fields[name], depth)
        return self._fragment(of_type, depth) if depth > 0 else "__typename"

    def _field(self, name: str, definition: GraphQLField, depth: int) -> str:
        named = get_named_type(definition.type)
        if not is_leaf_type(named) and depth <= 0:
            return ""
        given = [argument for argument in definition.args if self.random.random() < 0.6]
        arguments = [f"{argument}: {self.random.choice(LITERALS[argument])}" for argument in given]
        call = f"({', '.join(arguments)})" if arguments else ""
        below = "" if is_leaf_type(named) else " " + self._selection(named, depth - 1)
        alias = self._alias() if self.random.random() < (0.9 if arguments else 0.6) else ""
        return f"{alias}{name}{call}{self._condition()}{below}"

    def _fragment(self, of_type: Any, depth: int) -> str:
        options = [of_type]
        if is_abstract_type(of_type):
            options += self.schema.get_possible_types(of_type)
        elif getattr(of_type, "interfaces", ()):
            options += of_type.interfaces
        on = self.random.choice(options)
        body = self._selection(on, depth - 1)
        if self.random.random() < 0.5:
            condition = f" on {on.name}" if self.random.random() < 0.8 or on is not of_type else ""
            return f"...{condition}{self._condition()} {body}"
        name = f"part{len(self.fragments)}"
        self.fragments.append(f"fragment {name} on {on.name} {body}")
        return f"...{name}{self._condition()}"

    def _alias(self) -> str:
        return f"a{self.random.randint(0, 200)}: "

    def _condition(self) -> str:
        return self.random.choice(
            [""] * 12
            + [
                " @skip(if: $no)",
                " @include(if: $yes)",
                " @include(if: $maybe)",
                " @skip(if: $maybe)",
                " @skip(if: true)",
            ]
        )
