"""What the graph is to cover, each operation with its tests; `python -m tests.coverage` writes docs/coverage.md."""

import csv
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).with_suffix(".csv")
PAGE = DATA.parent.parent / "docs" / "coverage.md"

SPECIFICATIONS = {
    "000": "The marketing platform",
    "001": "The platform of AI agents",
    "003": "Characters and what they publish",
    "004": "The workspace",
}

INTRODUCTION = """\
# Coverage

Every operation of the REST specifications, the field of the graph that answers it, and the tests that drive the field
through the serving gateway: what works, who is refused, and what cannot be used. `make coverage` writes this page from
`tests/coverage.csv`; `tests/test_coverage.py` holds the list to the schema and to the tests.
"""

HEAD = """\
| row | operation | graph | service | works | is refused | cannot be used |
| --- | --- | --- | --- | --- | --- | --- |
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One operation. Each of the last three is the node ids of tests, or "-" and why there is none."""

    id: str
    specification: str
    rest: str
    field: str
    service: str
    happy: str
    refused: str
    bad_input: str

    @property
    def fields(self) -> list[str]:
        """The paths of fields from a root type, or the path of a route."""
        return self.field.split()

    @property
    def cases(self) -> dict[str, str]:
        return {"happy": self.happy, "refused": self.refused, "bad_input": self.bad_input}


def rows() -> list[Row]:
    """The list, as it is kept."""
    with DATA.open(newline="") as file:
        return [Row(**row) for row in csv.DictReader(file)]


def node_ids(case: str) -> list[str]:
    """The node ids that a case names."""
    return [] if case.startswith("-") else case.split()


def page() -> str:
    """The list for people, as Markdown."""
    parts = [INTRODUCTION]
    for specification, title in SPECIFICATIONS.items():
        lines = [_line(row) for row in rows() if row.specification == specification]
        parts.append(f"## {title} ({specification})\n\n{HEAD}{''.join(lines)}")
    return "\n".join(parts)


def _line(row: Row) -> str:
    graph = ", ".join(f"`{field}`" for field in row.fields)
    cells = [row.id, f"`{row.rest}`", graph, row.service, *map(_case, row.cases.values())]
    return f"| {' | '.join(cells)} |\n"


def _case(case: str) -> str:
    return "; ".join(map(_link, node_ids(case))) or case.removeprefix("- ")


def _link(node_id: str) -> str:
    path, name = node_id.split("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{path})"


if __name__ == "__main__":
    PAGE.write_text(page())
