"""Hostile documents: what tools that look for weaknesses of GraphQL servers send, and what each is answered with."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PAGE = "{ viewer { roles } }"
INVALID = (422, "GRAPHQL_VALIDATION_FAILED")
UNREADABLE = (400, "GRAPHQL_PARSE_FAILED")
WELL = (200, None)


@dataclass(frozen=True, slots=True)
class Hostile:
    """A request, and the status and the one code that it is answered with."""

    query: str
    answer: tuple[int, str | None]
    variables: dict[str, Any] | None = None

    @property
    def content(self) -> bytes:
        return json.dumps({"query": self.query, "variables": self.variables}).encode()


def limit(name: str) -> tuple[int, str]:
    return 400, f"MAX_{name}_LIMIT"


def many(count: int, one: Callable[[int], str], around: str = "{ %s }") -> str:
    """A document with one thing after another."""
    return around % " ".join(map(one, range(count)))


def nested(depth: int, opened: str, within: str, closed: str) -> str:
    return opened * depth + within + closed * depth


def fragments(count: int, one: Callable[[int], str], last: str = "id") -> str:
    """A document of fragments on Listing, of which each selects what it is told."""
    defined = [f"fragment F{number} on Listing {{ {one(number)} }}" for number in range(count)]
    return " ".join(["{ listings { nodes { ...F0 } } }", *defined, f"fragment F{count} on Listing {{ {last} }}"])


def deeper(number: int) -> str:
    return f"agent {{ listings {{ nodes {{ ...F{number + 1} ...F{number + 1} }} }} }}"


def of_listings(selected: str) -> str:
    return f"{{ listings {{ nodes {{ {selected} }} }} }}"


def overlapping(width: int, depth: int) -> str:
    """Fields of one name that hold fields of one name: each pair is compared, and in it each pair."""
    inner = "id"
    for _ in range(depth):
        inner = " ".join([f"agent {{ listings {{ nodes {{ {inner} }} }} }}"] * width)
    return of_listings(inner)


def login(number: int) -> str:
    return f'a{number}: login(input: {{ email: "a@b.co", password: "{number}" }}) {{ accessToken }}'


HUNDREDS = "agent { listings(first: 100) { nodes { "
PRODUCT = f"{{ listings(first: 100) {{ nodes {{ {nested(2, HUNDREDS, 'id', ' } } }')} }} }} }}"
NESTED_TYPES = nested(9, "fields { type { ", "name", " } }")
LISTED = "{ listings(%s) { totalCount } }"
FILTERED = "query ($f: ListingFilter) { listings(filter: $f) { totalCount } }"

DOCUMENTS: dict[str, Hostile] = {
    # many of something
    "aliases": Hostile(many(100, lambda n: f"a{n}: roles b{n}: roles", "{ viewer { %s } }"), limit("ALIASES")),
    "aliases at the root": Hostile(many(1000, lambda n: f"a{n}: viewer {{ roles }}"), limit("ROOT_FIELDS")),
    "passwords, one an alias": Hostile(many(200, login, "mutation { %s }"), limit("ROOT_FIELDS")),
    "directives": Hostile("{ viewer { roles" + " @skip(if: false)" * 1000 + " } }", limit("DIRECTIVES")),
    "directives that are unknown": Hostile("{ viewer { roles" + " @aa" * 7000 + " } }", limit("DIRECTIVES")),
    "one field": Hostile("{ viewer { " + "roles " * 10_000 + "} }", limit("FIELDS")),
    "one field, less often": Hostile("{ viewer { " + "roles " * 4900 + "} }", limit("OVERLAPS")),
    "tokens": Hostile("{ " + "a " * 45_000 + "}", limit("TOKENS")),
    "comments": Hostile("#\n" * 45_000 + PAGE, limit("TOKENS")),
    "white space": Hostile(" ,\n" * 33_000 + PAGE, WELL),
    "characters": Hostile("{ " + "a " * 900_000 + "}", limit("DOCUMENT_LENGTH")),
    "operations": Hostile(many(1000, lambda n: f"query Q{n} {PAGE}", "%s"), limit("OPERATIONS")),
    "fragments": Hostile(many(1000, lambda n: f"fragment F{n} on Query {PAGE}", PAGE + " %s"), limit("FRAGMENTS")),
    "arguments": Hostile(LISTED % ("first: 1 " * 4000), INVALID),
    "unknown fields at the root": Hostile(many(4900, lambda n: f"missing{n}"), limit("ROOT_FIELDS")),
    "unknown fields": Hostile(many(4900, lambda n: f"missing{n}", "{ viewer { %s } }"), INVALID),
    "unknown arguments and variables": Hostile(many(2000, lambda n: f"r{n}(a: $v{n})", "{ viewer { %s } }"), INVALID),
    "unused variables": Hostile(many(3000, lambda n: f"$v{n}: Int", f"query (%s) {PAGE}"), INVALID),
    # something long
    "a long name": Hostile("{ " + "a" * 99_000 + " }", INVALID),
    "a long string": Hostile('{ node(id: "' + "a" * 99_000 + '") { id } }', WELL),
    "a long block string": Hostile('{ node(id: """' + "\n a" * 33_000 + '""") { id } }', WELL),
    "a string without an end": Hostile('{ node(id: "' + "a" * 99_000, UNREADABLE),
    "a long number": Hostile(LISTED % ("first: " + "9" * 99_000), INVALID),
    "a number too large": Hostile(LISTED % "filter: {minPrice: 1e999999999}", INVALID),
    # something deep
    "fields in fields": Hostile(of_listings(nested(30, "agent { listings { nodes { ", "id", " } } }")), limit("DEPTH")),
    "brackets": Hostile(nested(4000, "{ a ", "", "}"), limit("RECURSION")),
    "brackets that are never closed": Hostile("{ a " * 7000, limit("RECURSION")),
    "lists in lists": Hostile(LISTED % ("first: " + nested(7000, "[", "", "]")), limit("RECURSION")),
    "objects in objects": Hostile(LISTED % ("filter: " + nested(3000, "{a: ", "1", "}")), limit("RECURSION")),
    "types in types": Hostile(f"query ($a: {nested(7000, '[', 'Int', ']')}) {PAGE}", limit("RECURSION")),
    # fragments, and what they multiply
    "a fragment of itself": Hostile("{ ...F } fragment F on Query { ...F ...F }", INVALID),
    "fragments in a circle": Hostile(fragments(9, lambda n: f"id ...F{(n + 1) % 9}", "...F0"), INVALID),
    "fragments in a long circle": Hostile(fragments(190, lambda n: f"id ...F{(n + 1) % 190}"), limit("OVERLAPS")),
    "fragments that double": Hostile(fragments(100, lambda n: f"...F{n + 1} ...F{n + 1}"), limit("FIELDS")),
    "fragments that double, and go deeper": Hostile(fragments(100, deeper), limit("FIELDS")),
    "fields that overlap": Hostile(of_listings("id " * 4900), limit("OVERLAPS")),
    "fields that overlap within such": Hostile(overlapping(9, 2), limit("OVERLAPS")),
    "a cost that multiplies": Hostile(PRODUCT, limit("COST")),
    # variables
    "many ids": Hostile("query ($i: [ID!]!) { nodes(ids: $i) { id } }", limit("VARIABLES_SIZE"), {"i": ["a"] * 20_000}),
    "many variables": Hostile(PAGE, (413, "PAYLOAD_TOO_LARGE"), {f"v{n}": n for n in range(100_000)}),
    "deep variables": Hostile(FILTERED, limit("VARIABLES_DEPTH"), {"f": json.loads(nested(500, "[", "", "]"))}),
    "members that are none": Hostile(FILTERED, (422, "BAD_USER_INPUT"), {"f": {f"_{n}": 1 for n in range(5000)}}),
    # what is not to be told
    "misspelt names": Hostile("{ viewr { rolez } lisings { nods { adress } } }", INVALID),
    "the schema": Hostile("{ __schema { types { name } } }", (422, "INTROSPECTION_DISABLED")),
    "a type": Hostile('{ __type(name: "Query") { fields { name } } }', (422, "INTROSPECTION_DISABLED")),
    "the schema in a circle": Hostile(f'{{ __type(name: "User") {{ {NESTED_TYPES} }} }}', INVALID),
    # bytes that do not belong there
    "a null byte": Hostile("{ viewer { roles\x00 } }", UNREADABLE),
    "half a pair": Hostile('{ node(id: "\\uD800") { id } }', UNREADABLE),
    "text that runs backwards": Hostile("{ viewer { roles\u202e } }", UNREADABLE),
}
