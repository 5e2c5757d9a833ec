"""Source: the code generated for a selection. It names what the schema names; all else is bound to it as constants."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as member
from keyword import iskeyword
from typing import Any

from app.execution.kinds import PLAIN
from app.execution.leaf import NAMES_IN_TESTS, UnusualError
from app.execution.plan import Field, Kind
from app.execution.position import LeafPosition, ListPosition, ObjectPosition, leaf_list, plain_list

MAX_NESTING = 3
"""Objects within objects that one expression holds; what is deeper is a column."""


@dataclass(frozen=True, slots=True)
class Source:
    """The generated function of a selection: from objects, and columns of what it does not read itself, to entries."""

    name: str
    text: str
    constants: Mapping[str, object]
    columns: Sequence[Field]

    def compiled(self) -> Callable[..., list[Any]]:
        namespace: dict[str, Any] = {**self.constants, **NAMES_IN_TESTS}
        exec(compile(self.text, f"<selection of {self.name}>", "exec"), namespace)  # noqa: S102  # see the module
        function: Callable[..., list[Any]] = namespace.pop(self.name)  # or else each would keep the other
        return function


def write_source(type_name: str, fields: Sequence[Field]) -> Source:
    """The code that builds the entries of objects of a type."""
    return _Writer().function(type_name, fields)


@dataclass(slots=True)
class _Writer:
    constants: dict[str, object] = member(default_factory=dict)
    columns: list[Field] = member(default_factory=list)

    def function(self, type_name: str, fields: Sequence[Field]) -> Source:
        name = f"build_{type_name}"
        entry = self._entry(fields, "o", 2, columns=True)
        numbers = range(1, len(self.columns) + 1)
        columns = {f"c{number}": f"column_{number}" for number in numbers}
        reads_objects = any(field not in self.columns and field.kind is not Kind.TYPENAME for field in fields)
        over = {"o": "objects", **columns} if reads_objects or not columns else columns
        iterables = ", ".join(over.values())
        text = (
            f"def {name}({', '.join(['objects', *columns.values()])}):\n"
            f"    return [\n        {entry}\n"
            f"        for {', '.join(over)} in {iterables if len(over) == 1 else f'zip({iterables})'}\n    ]\n"
        )
        return Source(name, text, self.constants, self.columns)

    def _entry(self, fields: Sequence[Field], source: str, depth: int, *, columns: bool = False) -> str:
        """A dict display of the fields of one object."""
        if not fields:
            return "{}"
        indent = "    " * (depth + 1)
        lines = []
        for field in fields:
            if is_inlined(field):
                value = self._value(field, source, depth + 1)
            else:
                assert columns, "what is nested in an expression is pure"
                self.columns.append(field)
                value = f"c{len(self.columns)}"
            lines.append(f"{indent}{self._key(field)}: {value},\n")
        return "{\n" + "".join(lines) + "    " * depth + "}"

    def _key(self, field: Field) -> str:
        name = field.key_in_schema
        return repr(name) if name is not None else self._bind("key", field.key)

    def _bind(self, name: str, value: object) -> str:
        name = f"{name}_{len(self.constants) + 1}"
        self.constants[name] = value
        return name

    def _value(self, field: Field, source: str, depth: int) -> str:
        """An expression of the field's value in the response."""
        if field.kind is Kind.TYPENAME:
            return repr(field.parent_type.name)
        read = self._read(field, source)
        match field.position:
            case LeafPosition() as position:
                return self._leaf(position, read)
            case ListPosition(items=LeafPosition() as items) as position:
                write = self._bind("list", leaf_list(items))
                return f"None if (v := {read}) is None else {write}(v)" if position.is_nullable else f"{write}({read})"
            case ObjectPosition() as position:
                return self._object(position, read, depth)
            case position:
                assert isinstance(position, ListPosition)
                return self._list(position, read, depth)

    def _read(self, field: Field, source: str) -> str:
        if field.kind is Kind.VIEW:
            return f"{self._bind(f'view_{field.name}', field.definition.extensions['view'])}({source})"
        attribute: str = field.definition.extensions["attribute"]
        if attribute.isidentifier() and not iskeyword(attribute):
            return f"{source}.{attribute}"
        return f"getattr({source}, {attribute!r})"

    def _leaf(self, position: LeafPosition, read: str) -> str:
        leaf, is_nullable = position.leaf, position.is_nullable
        if leaf.names is not None:
            names = {**leaf.names, None: None} if is_nullable else leaf.names
            return f"{self._bind(f'names_of_{leaf.type.name}', names)}[{read}]"
        write = self._bind(f"write_{leaf.type.name}", leaf.write_plain)
        if leaf.exact is None:
            return f"None if (v := {read}) is None else {write}(v)" if is_nullable else f"{write}({read})"
        test = f"type(v := {read}) is {leaf.exact.cls.__name__}"
        if leaf.exact.test:
            test = f"{test} and {leaf.exact.test}"
        return f"v if {test}{' or v is None' if is_nullable else ''} else {write}(v)"

    def _object(self, position: ObjectPosition, read: str, depth: int) -> str:
        self.constants["plain"] = PLAIN
        self.constants["unusual"] = _unusual
        name = f"o{depth}"
        entry = self._entry(position.selection.fields, name, depth)
        otherwise = f"None if {name} is None else unusual()" if position.is_nullable else "unusual()"
        return f"{entry} if plain[type({name} := {read})] else {otherwise}"

    def _list(self, position: ListPosition, read: str, depth: int) -> str:
        assert isinstance(position.items, ObjectPosition)
        self.constants["items"] = plain_list
        entry = self._entry(position.items.selection.fields, f"o{depth}", depth)
        if not position.is_nullable:
            return f"[{entry} for o{depth} in items({read})]"
        return f"None if (l{depth} := {read}) is None else [{entry} for o{depth} in items(l{depth})]"


def _unusual() -> None:
    raise UnusualError


def is_inlined(field: Field, nesting: int = 0) -> bool:
    """Whether generated code reads the field itself: only what is an attribute or a view, all the way down."""
    if field.kind is Kind.TYPENAME:
        return True
    if field.kind not in (Kind.ATTRIBUTE, Kind.VIEW):
        return False
    match field.position:
        case LeafPosition() | ListPosition(items=LeafPosition()):
            return True
        case ObjectPosition(selection=selection) | ListPosition(items=ObjectPosition(selection=selection)):
            return (
                nesting < MAX_NESTING
                and selection.object_type.is_type_of is None
                and all(is_inlined(below, nesting + 1) for below in selection.fields)
            )
    return False
