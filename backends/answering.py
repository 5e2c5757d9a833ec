"""Answers: what the reference assistant says of a file, found in its content; said sentence by sentence."""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from backends.summaries import counted

SHOWN_COLUMNS: Final = 3
SHOWN_GROUPS: Final = 3
SHOWN_PASSAGES: Final = 3
GROUPED_VALUES: Final = 200
WORD: Final = re.compile(r"[^\W_]+")
COMMON_WORDS: Final = frozenset(
    """a about all an and any are as at be been by can could did do does for from had has have how i in is it its many
    me much my of on or our say show so tell than that the their them there they this to us was we were what when
    where which who whom why will with would you your""".split()  # noqa: SIM905 -- as a list it is a page long
)
RANKING_WORDS: Final = frozenset(("best", "biggest", "highest", "largest", "most", "rank", "ranking", "top"))


@dataclass(frozen=True, slots=True)
class Columns:
    """A table: the values of each column, in text."""

    values: dict[str, list[str]]
    rows: int

    @property
    def numbers(self) -> dict[str, list[float]]:
        """The columns that hold nothing but numbers."""
        found = {}
        for name, texts in self.values.items():
            parsed = [number_in(text) for text in texts if text]
            if parsed and None not in parsed:
                found[name] = [number for number in parsed if number is not None]
        return found


def answer(question: str, name: str, suffix: str, content: bytes, summary: str | None) -> Iterator[str]:
    """The sentences of an answer; each is computed when it is asked for."""
    text = content.decode("utf-8-sig", errors="ignore")
    if suffix not in ("csv", "json", "txt", "md"):
        yield f"{name} holds this, as far as it can be told without its text: {summary or 'nothing known'}."
    elif (columns := table_in(suffix, text)) is not None:
        yield from of_table(question, name, columns)
    else:
        yield from of_text(question, name, text)


def table_in(suffix: str, text: str) -> Columns | None:
    """The table of a CSV file, or of a JSON list of objects."""
    if suffix == "csv":
        names, *rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row] or [[]]
        values = {
            name.strip(): [row[place].strip() if place < len(row) else "" for row in rows]
            for place, name in enumerate(names)
        }
        return Columns(values, len(rows))
    if suffix != "json":
        return None
    try:
        items = json.loads(text)
    except ValueError:
        return None
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        return None
    names = list(dict.fromkeys(name for item in items for name in item))
    return Columns({name: [written(item.get(name)) for item in items] for name in names}, len(items))


def of_table(question: str, name: str, columns: Columns) -> Iterator[str]:
    asked = words_of(question)
    yield f"{name} has {counted(columns.rows, 'row')} and {counted(len(columns.values), 'column')}: " + (
        f"{', '.join(columns.values)}."
    )
    columns, condition = narrowed(columns, question)
    if condition:
        yield f"{counted(columns.rows, 'row')} of them have {condition}."
    numbers = columns.numbers
    wanted = [column for column in numbers if is_asked_for(column, asked)] or list(numbers)
    for column in wanted[:SHOWN_COLUMNS]:
        values = numbers[column]
        yield (
            f"Of {column}, the sum is {shown(sum(values))}, the average {shown(sum(values) / len(values))}, "
            f"the lowest {shown(min(values))} and the highest {shown(max(values))}."
        )
    kinds = [column for column in columns.values if column not in numbers]
    grouped = [column for column in kinds if is_asked_for(column, asked)]
    if not grouped and asked & RANKING_WORDS:
        grouped = [column for column in kinds if len(set(columns.values[column])) < columns.rows]
    for column in grouped[:SHOWN_COLUMNS]:
        yield ranked(columns, column, wanted[0] if wanted else None)


def narrowed(columns: Columns, question: str) -> tuple[Columns, str]:
    """The rows that have the values the question names, and what those are."""
    said, conditions = spaced(question), []
    kept = list(range(columns.rows))
    for name, values in columns.values.items():
        if name in columns.numbers or len(set(values)) > GROUPED_VALUES:
            continue
        named = {value for value in set(values) if value and spaced(value) in said}
        if named:
            conditions.append(f"{name} {' or '.join(sorted(named))}")
            kept = [row for row in kept if values[row] in named]
    if not conditions:
        return columns, ""
    return Columns({n: [v[row] for row in kept] for n, v in columns.values.items()}, len(kept)), " and ".join(
        conditions
    )


def ranked(columns: Columns, column: str, by: str | None) -> str:
    """The values of a column with the largest sums, or the most rows."""
    totals: defaultdict[str, float] = defaultdict(float)
    for row, value in enumerate(columns.values[column]):
        totals[value or "(empty)"] += 1 if by is None else number_in(columns.values[by][row]) or 0
    first = sorted(totals.items(), key=lambda item: (-item[1], item[0]))[:SHOWN_GROUPS]
    measure = "the number of rows" if by is None else f"the sum of {by}"
    return f"By {measure}, the top of {column}: {', '.join(f'{value} ({shown(total)})' for value, total in first)}."


def of_text(question: str, name: str, text: str) -> Iterator[str]:
    asked = words_of(question)
    passages = [" ".join(passage.split()) for passage in re.split(r"\n\s*\n|(?<=[.!?])\s+", text)]
    scored = [(len(stems(asked) & stems(words_of(passage))), -place) for place, passage in enumerate(passages)]
    best = sorted(
        sorted((pair for pair in scored if pair[0]), reverse=True)[:SHOWN_PASSAGES], key=lambda pair: -pair[1]
    )
    if not best:
        yield f"{name} says nothing of that. It has {counted(len(text.split()), 'word')}."
        return
    yield f"{name} says this about it:"
    for _, place in best:
        yield f"“{passages[-place]}”"


def spaced(text: str) -> str:
    """The words in lower case with a space around each, to be found in each other."""
    return f" {' '.join(WORD.findall(text.lower()))} "


def words_of(text: str) -> set[str]:
    return set(WORD.findall(text.lower())) - COMMON_WORDS


def stems(words: set[str]) -> set[str]:
    """The words without what English puts at their ends."""
    return {re.sub(r"(?<=\w{3})(ies|es|s|ing|ed|y)$", "", word) for word in words}


def is_asked_for(column: str, asked: set[str]) -> bool:
    return bool(stems(words_of(column.replace("_", " "))) & stems(asked))


def number_in(text: str) -> float | None:
    try:
        return float(text.replace(",", "").lstrip("$€£"))
    except ValueError:
        return None


def written(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def shown(number: float) -> str:
    return f"{number:,.2f}".removesuffix(".00")


def complete_lines(content: bytes, is_whole: bool) -> bytes:
    """What was read of a file, up to the last line that was read to its end."""
    return content if is_whole else content[: content.rfind(b"\n") + 1]
