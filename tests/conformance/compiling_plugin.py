"""A pytest plugin for graphql-core's own tests: its executor classes replaced by compiling ones.

What is excluded stands in `excluded.txt`, with reasons.
"""

from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from graphql.execution.collect_fields import DeferUsage, GroupedFieldSet
from graphql.execution.executor_throwing_on_incremental import ExecutorThrowingOnIncremental
from graphql.execution.incremental.incremental_executor import IncrementalExecutor
from graphql.pyutils import AwaitableOrValue
from graphql.type import GraphQLObjectType

from app.execution.compiling import CompilingExecutor
from app.execution.operation import Operation

EXCLUDED = Path(__file__).with_name("excluded.txt")
executions: Counter[str] = Counter()


class Counting(CompilingExecutor):
    """Counts how operations were executed."""

    def execute_collected_root_fields(
        self,
        root_type: GraphQLObjectType,
        root_value: Any,
        grouped_field_set: GroupedFieldSet,
        serially: bool,
        new_defer_usages: Sequence[DeferUsage],
    ) -> AwaitableOrValue[dict[str, Any]]:
        is_incremental = Operation.of(self.schema, self.operation, self.fragments).is_incremental
        executions["unplanned" if is_incremental else "planned"] += 1
        return super().execute_collected_root_fields(
            root_type, root_value, grouped_field_set, serially, new_defer_usages
        )


class CompilingThrowing(Counting, ExecutorThrowingOnIncremental):
    """What `subscribe` uses."""


class CompilingIncremental(Counting, IncrementalExecutor):
    """What `execute` uses."""


def pytest_configure() -> None:
    """Let graphql-core use these where it is not told which executor to use."""
    module = import_module("graphql.execution.execute")
    vars(module).update(IncrementalExecutor=CompilingIncremental, ExecutorThrowingOnIncremental=CompilingThrowing)


def excluded() -> dict[str, str]:
    """The reason by the test that is left out."""
    reasons: dict[str, str] = {}
    reason = ""
    for line in EXCLUDED.read_text().splitlines():
        if line.startswith("#"):
            reason = line.removeprefix("# ")
        elif line:
            reasons[line] = reason
    return reasons


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is excluded, and insist that it still fails."""
    reasons = excluded()
    for item in items:
        if item.nodeid in reasons:
            item.add_marker(pytest.mark.xfail(reason=reasons[item.nodeid], strict=True))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many operations were executed by plans, and how many by graphql-core."""
    terminalreporter.write_line(f"executions: {executions['planned']} planned, {executions['unplanned']} not")
