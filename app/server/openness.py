"""Openness: operations that need no token, such as the ones that give it."""

from collections.abc import Iterator

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

from app.execution import Prepared


def is_open(prepared: Prepared) -> bool:
    """Whether every root field may be read by anybody: then a token that has expired does no harm."""
    fields = prepared.operation.root_type.fields
    return all(
        name in fields and fields[name].extensions.get("is_open", False)
        for name in _root_fields(prepared, prepared.operation.node.selection_set)
    )


def _root_fields(prepared: Prepared, selections: SelectionSetNode) -> Iterator[str]:
    for selection in selections.selections:
        match selection:
            case FieldNode():
                yield selection.name.value
            case InlineFragmentNode():
                yield from _root_fields(prepared, selection.selection_set)
            case FragmentSpreadNode():
                fragment = prepared.document.fragments[selection.name.value].definition
                yield from _root_fields(prepared, fragment.selection_set)
