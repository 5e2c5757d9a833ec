"""Execution of GraphQL documents; knows graphql-core, not the domains."""

from app.execution.document import (
    InvalidDocumentError,
    Prepared,
    Request,
    Stage,
    dismantled_if_refused,
    syntax_tree,
)
from app.execution.executor import EventResult, Executor
from app.execution.operation import Operation
from app.execution.pace import give_way
from app.execution.plan import Field, Kind, Plan
from app.execution.selection import Selection
from app.execution.validation import let_go

__all__ = [
    "EventResult",
    "Executor",
    "Field",
    "InvalidDocumentError",
    "Kind",
    "Operation",
    "Plan",
    "Prepared",
    "Request",
    "Selection",
    "Stage",
    "dismantled_if_refused",
    "give_way",
    "let_go",
    "syntax_tree",
]
