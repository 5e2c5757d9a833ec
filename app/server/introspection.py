"""The validation rule that keeps the schema from being asked for."""

from typing import Any

from graphql import FieldNode, GraphQLError
from graphql.validation import ASTValidationRule

_QUESTIONS = frozenset({"__schema", "__type"})


class NoIntrospection(ASTValidationRule):
    """Refuses documents that select `__schema` or `__type`; `__typename` is allowed, clients need it."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if node.name.value in _QUESTIONS:
            self.report_error(
                GraphQLError("Introspection is disabled.", node, extensions={"code": "INTROSPECTION_DISABLED"})
            )
