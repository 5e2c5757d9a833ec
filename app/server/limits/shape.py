"""The shape of a document: how deep and wide its operations are with every fragment put in its place.

Found before validation, of which some rules take the square of what they are given. A fragment is looked at once,
however often it is spread, so that the time is that of the document's length.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    TokenKind,
)

from app.execution import give_way

QUESTIONS_ABOUT_THE_SCHEMA = frozenset({"__schema", "__type"})
_OPENING = frozenset({TokenKind.BRACE_L, TokenKind.BRACKET_L})
_CLOSING = frozenset({TokenKind.BRACE_R, TokenKind.BRACKET_R})


@dataclass(slots=True)
class Shape:
    """What a selection comes to. `depth` counts fields within fields, and nothing below `__schema` and `__type`."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0

    def add(self, other: "Shape") -> None:
        """Put another selection beside this one."""
        self.depth = max(self.depth, other.depth)
        self.fields += other.fields
        self.aliases += other.aliases
        self.directives += other.directives
        self.root_fields += other.root_fields


def recursion(document: DocumentNode) -> int:
    """How many brackets and braces are at most open at the same time; of a document whose tokens are still linked."""
    depth = most = 0
    token = document.loc.start_token if document.loc else None
    while token is not None:
        if token.kind in _OPENING:
            depth += 1
            most = max(most, depth)
        elif token.kind in _CLOSING:
            depth -= 1
        token = token.next
        give_way()
    return most


class Shapes:
    """The shapes of the operations of one document. Fragments that are missing, or part of themselves, are empty."""

    def __init__(self, document: DocumentNode) -> None:
        definitions = document.definitions
        self.operations = [part for part in definitions if isinstance(part, OperationDefinitionNode)]
        self.fragments = {part.name.value: part for part in definitions if isinstance(part, FragmentDefinitionNode)}
        self._found: dict[str, Shape] = {}

    def __iter__(self) -> Iterator[Shape]:
        for operation in self.operations:
            shape = self._selected(operation.selection_set)
            shape.directives += len(operation.directives or ())
            yield shape

    def overlaps(self, operation: OperationDefinitionNode, at_most: int) -> int:
        """How many pairs of fields answer to the same name in the same place, counted until there are too many."""
        overlaps = 0
        waiting: list[Sequence[SelectionSetNode]] = [[operation.selection_set]]
        while waiting and overlaps <= at_most:
            for same in self._by_name(waiting.pop()):
                overlaps += len(same) * (len(same) - 1) // 2
                waiting.append([field.selection_set for field in same if field.selection_set is not None])
        return overlaps

    def _by_name(self, selection_sets: Iterable[SelectionSetNode]) -> Iterable[list[FieldNode]]:
        """The fields of selections that are merged, those of one response name together."""
        named: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        waiting = [*selection_sets]
        while waiting:
            for selection in waiting.pop().selections:
                match selection:
                    case FieldNode():
                        give_way()
                        named.setdefault((selection.alias or selection.name).value, []).append(selection)
                    case InlineFragmentNode():
                        waiting.append(selection.selection_set)
                    case FragmentSpreadNode() if selection.name.value not in spread:
                        spread.add(selection.name.value)
                        if (fragment := self.fragments.get(selection.name.value)) is not None:
                            waiting.append(fragment.selection_set)
        return named.values()

    def _selected(self, selection_set: SelectionSetNode) -> Shape:
        whole = Shape()
        for selection in selection_set.selections:
            whole.directives += len(selection.directives or ())
            match selection:
                case FieldNode():
                    whole.add(self._field(selection))
                case InlineFragmentNode():
                    whole.add(self._selected(selection.selection_set))
                case FragmentSpreadNode():
                    whole.add(self._fragment(selection.name.value))
        return whole

    def _field(self, field: FieldNode) -> Shape:
        give_way()
        below = Shape() if field.selection_set is None else self._selected(field.selection_set)
        if field.name.value in QUESTIONS_ABOUT_THE_SCHEMA:
            below.depth = 0
        return Shape(
            depth=below.depth + 1,
            fields=below.fields + 1,
            aliases=below.aliases + (field.alias is not None),
            directives=below.directives,
            root_fields=1,
        )

    def _fragment(self, name: str) -> Shape:
        found = self._found.get(name)
        if found is None:
            self._found[name] = Shape()
            fragment = self.fragments.get(name)
            found = Shape() if fragment is None else self._selected(fragment.selection_set)
            self._found[name] = found
        return found
