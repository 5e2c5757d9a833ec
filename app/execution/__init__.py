"""Execution of GraphQL documents; knows graphql-core, not the domains."""

from app.execution.document import InvalidDocumentError, Prepared, Request, Stage
from app.execution.executor import Executor
from app.execution.plan import Field, Kind, Plan
from app.execution.selection import Selection

__all__ = ["Executor", "Field", "InvalidDocumentError", "Kind", "Plan", "Prepared", "Request", "Selection", "Stage"]
