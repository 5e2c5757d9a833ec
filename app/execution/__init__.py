"""Execution of GraphQL documents; knows graphql-core, not the domains."""

from app.execution.document import InvalidDocumentError, Prepared, Request, Stage
from app.execution.executor import Executor

__all__ = ["Executor", "InvalidDocumentError", "Prepared", "Request", "Stage"]
