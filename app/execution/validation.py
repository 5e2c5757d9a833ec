"""Validation by graphql-core's rules, which leaves nothing to the garbage collector."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    ValidationContext,
    Visitor,
    visit,
)
from graphql.language.visitor import ParallelVisitor
from graphql.pyutils import RefMap
from graphql.validation import ASTValidationRule
from graphql.validation.validate import (
    FragmentNestingVisitor,
    ValidationAbortedError,
    query_document_keys_to_validate,
)
from graphql.validation.validation_context import NodeWithSelectionSet, VariableUsage, VariableUsageVisitor

from app.execution.pace import give_way

MAX_ERRORS: Final = 20


class _Usages(VariableUsageVisitor):
    """Finds where variables are used, with a pause now and then."""

    def enter(self, *_: Any) -> None:
        give_way()


class _Context(ValidationContext):
    """graphql-core's, but that it knows nodes by their identity and lets go of what it visits them with.

    By their value, each look at what is known of a node takes the time of all that is below it.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        types: TypeInfo,
        on_error: Callable[[GraphQLError], None],
        hide_suggestions: bool,
    ) -> None:
        super().__init__(schema, document, types, on_error, hide_suggestions)
        self._fragment_spreads = RefMap()  # type: ignore[assignment]  # which has all that is asked of it
        self._variable_usages = RefMap()  # type: ignore[assignment]
        self._recursive_variable_usages = RefMap()  # type: ignore[assignment]

    def get_variable_usages(self, node: NodeWithSelectionSet) -> list[VariableUsage]:
        usages = self._variable_usages.get(node)
        if usages is None:
            found = _Usages(self._type_info, node if isinstance(node, FragmentDefinitionNode) else None)
            whole = TypeInfoVisitor(self._type_info, found)
            visit(node, whole)
            usages = self._variable_usages[node] = found.usages
            let_go(found, whole)
        return usages


def find_errors(
    schema: GraphQLSchema,
    document: DocumentNode,
    rules: Sequence[type[ASTValidationRule]],
    *,
    hide_suggestions: bool = False,
) -> list[GraphQLError]:
    """What graphql-core's `validate` finds, up to `MAX_ERRORS` and one that says so.

    That leaves visitors behind that refer to themselves and to the document. A refused one of 30,000 characters is
    some 40,000 objects, which the garbage collector takes 80 ms to find: everybody would wait for it. The visitors
    alone would pile up, as it does not look often.
    """
    errors: list[GraphQLError] = []

    def add(error: GraphQLError) -> None:
        if len(errors) >= MAX_ERRORS:
            raise ValidationAbortedError("Too many validation errors, error limit reached. Validation aborted.")
        errors.append(error)

    types = TypeInfo(schema)
    context = _Context(schema, document, types, add, hide_suggestions)
    visitors: list[Visitor] = [rule(context) for rule in rules]
    fragments = {part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)}
    if fragments:
        visitors.insert(0, FragmentNestingVisitor(fragments))
    all_rules = ParallelVisitor(visitors)
    whole = TypeInfoVisitor(types, all_rules)
    try:
        visit(document, whole, query_document_keys_to_validate)
    except ValidationAbortedError as error:
        error.__context__ = None
        errors.append(error.with_traceback(None))
    except RecursionError:
        errors.append(ValidationAbortedError("Validation aborted."))
    finally:
        let_go(*visitors, all_rules, whole)
    return errors


def let_go(*visitors: Visitor) -> None:
    """A visitor keeps its own methods, which keep it."""
    for visitor in visitors:
        visitor.__dict__.clear()
