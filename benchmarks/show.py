"""Words and tables on standard output, which is what `benchmarks/README.md` keeps."""

import sys
from collections.abc import Sequence


def show(line: str = "") -> None:
    """One line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def note(line: str) -> None:
    """What happens meanwhile: on standard error, so that it is not in the tables."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A Markdown table: words to the left, figures to the right."""
    show(f"| {' | '.join(heads)} |")
    show(f"|{'|'.join([' --- ', *[' ---: '] * (len(heads) - 1)])}|")
    for row in rows:
        show(f"| {' | '.join(row)} |")


def megabytes(size: float) -> str:
    return f"{size / 2**20:,.0f}"


def number(value: float) -> str:
    """Three figures are all that is not noise."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
