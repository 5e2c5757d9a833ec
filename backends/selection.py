"""What a read asks for: ids, filters, order, page and groups, taken from the query and made into SQL."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import QueryParams

from backends.authentication import Caller
from backends.problem import ProblemError, bad_input
from backends.storage import Table

MAX_KEYS = 100
MAX_LIMIT = 100
DEFAULT_LIMIT = 20
RESERVED = {"ids", "limit", "offset", "order", "group_by"}


@dataclass(frozen=True, slots=True)
class Condition:
    sql: str
    parameters: tuple[object, ...] = ()


Filter = Callable[[str], Condition]
"""Takes the text of a query parameter; raises ValueError with what is wrong with it."""


def among(column: str, choices: Iterable[str] | None = None) -> Filter:
    """One of the comma-separated values."""

    def condition(text: str) -> Condition:
        values = split(text)
        for value in values:
            if choices is not None and value not in set(choices):
                raise ValueError(f"{value} is not one of {', '.join(choices)}.")
        return one_of(column, values)

    return condition


def at_least(column: str) -> Filter:
    return lambda text: Condition(f"{column} >= ?", (number(text),))


def at_most(column: str) -> Filter:
    return lambda text: Condition(f"{column} <= ?", (number(text),))


def flag(column: str) -> Filter:
    def condition(text: str) -> Condition:
        if text not in ("true", "false"):
            raise ValueError(f"{text} is neither true nor false.")
        return Condition(f"{column} = ?", (int(text == "true"),))

    return condition


def containing(*columns: str) -> Filter:
    """Every word of the text somewhere in one of the columns, whatever its case."""

    def condition(text: str) -> Condition:
        words = text.replace("\0", " \0 ").split()[:10]
        if "\0" in words:  # where SQLite takes a pattern to end
            return Condition("FALSE")
        escaped = (word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") for word in words)
        patterns = tuple(f"%{word}%" for word in escaped for _ in columns)
        word = " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in columns)
        return Condition(" AND ".join(f"({word})" for _ in words) or "TRUE", patterns)

    return condition


def split(text: str) -> list[str]:
    return [value for value in text.split(",") if value]


def number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a number.")
    return value


def one_of(column: str, values: Sequence[str]) -> Condition:
    if len(set(values)) > MAX_KEYS:
        raise ProblemError(400, f"At most {MAX_KEYS} values can be asked for at once.", code="TOO_MANY_IDS")
    return Condition(f"{column} IN (SELECT value FROM json_each(?))", (json.dumps(values),))  # noqa: S608 -- names come from code


@dataclass(frozen=True, slots=True)
class Reads:
    """How a table may be read: only rows for which `conditions` hold.

    `private` fields are null for everyone but the owner, admins and services.
    """

    table: Table[Any]
    noun: str
    filters: Mapping[str, Filter] = field(default_factory=dict)
    orders: Sequence[str] = ("created_at",)
    groups: Sequence[str] = ()
    is_public: bool = False
    private: Sequence[str] = ()
    conditions: Sequence[Condition] = ()
    missing_code: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """One read of one table, for one caller."""

    reads: Reads
    caller: Caller
    conditions: Sequence[Condition]
    order: str = "created_at DESC, id DESC"
    limit: int | None = None
    offset: int = 0
    group_by: str | None = None
    parents: Sequence[str] = ()

    @property
    def where(self) -> str:
        return " AND ".join(condition.sql for condition in self.conditions) or "TRUE"

    @property
    def parameters(self) -> list[object]:
        return [value for condition in self.conditions for value in condition.parameters]

    @property
    def document(self) -> Condition:
        """What is shown of a row: its stored text, without what is private to somebody else."""
        if not self.reads.private or self.caller.sees_only is None:
            return Condition("document")
        hidden = ", ".join(f"'$.{name}', NULL" for name in self.reads.private)
        shown = f"CASE WHEN owner_id = ? THEN document ELSE json_set(document, {hidden}) END"
        return Condition(shown, (self.caller.sees_only,))

    def one(self) -> str | None:
        rows = self._rows()
        return rows[0] if rows else None

    def json(self) -> bytes:
        """The body of the answer, joined from stored text."""
        return (self._groups() if self.group_by else self._page()).encode()

    def _page(self) -> str:
        rows = self._rows()
        total = len(rows) if self.limit is None else self._total()
        return envelope(rows, total)

    def _rows(self) -> list[str]:
        if self.limit == 0:
            return []
        sql = f"SELECT {self.document.sql} FROM {self.reads.table.name} WHERE {self.where}"  # noqa: S608 -- names come from code
        parameters = [*self.document.parameters, *self.parameters]
        if self.limit is not None:
            sql += f" ORDER BY {self.order} LIMIT ? OFFSET ?"
            parameters += [self.limit, self.offset]
        return [row[0] for row in self.reads.table.database.execute(sql, parameters)]

    def _total(self) -> int:
        sql = f"SELECT count(*) FROM {self.reads.table.name} WHERE {self.where}"  # noqa: S608 -- names come from code
        total: int = self.reads.table.database.execute(sql, self.parameters).fetchone()[0]
        return total

    def _groups(self) -> str:
        totals = self._totals()
        rows: dict[str, list[str]] = {parent: [] for parent in self.parents}
        for parent, document in self._grouped_rows():
            rows[parent].append(document)
        groups = (f"{json.dumps(parent)}:{envelope(rows[parent], totals.get(parent, 0))}" for parent in rows)
        return f'{{"groups":{{{",".join(groups)}}}}}'

    def _totals(self) -> dict[str, int]:
        sql = (
            f"SELECT {self.group_by}, count(*) FROM {self.reads.table.name} "  # noqa: S608 -- names come from code
            f"WHERE {self.where} GROUP BY {self.group_by}"
        )
        return dict(self.reads.table.database.execute(sql, self.parameters).fetchall())

    def _grouped_rows(self) -> list[tuple[str, str]]:
        if self.limit == 0:
            return []
        table, window = self.reads.table.name, f"PARTITION BY {self.group_by} ORDER BY {self.order}"
        sql = (
            f"SELECT parent, {self.document.sql} FROM (SELECT id AS chosen, {self.group_by} AS parent, "  # noqa: S608 -- names come from code
            f"row_number() OVER ({window}) AS position FROM {table} WHERE {self.where}) "
            f"JOIN {table} ON id = chosen WHERE position > ? AND position <= ? ORDER BY parent, position"
        )
        last = self.offset + (self.limit or 0)
        parameters = [*self.document.parameters, *self.parameters, self.offset, last]
        return self.reads.table.database.execute(sql, parameters).fetchall()


def envelope(rows: Sequence[str], total: int) -> str:
    return f'{{"items":[{",".join(rows)}],"total":{total}}}'


def visible(reads: Reads, caller: Caller) -> list[Condition]:
    if reads.is_public or caller.sees_only is None:
        return list(reads.conditions)
    return [Condition("owner_id = ?", (caller.sees_only,)), *reads.conditions]


def select_one(reads: Reads, caller: Caller, key: str) -> Selection:
    return Selection(reads, caller, [Condition("id = ?", (key,)), *visible(reads, caller)])


def select(reads: Reads, caller: Caller, query: QueryParams) -> Selection:
    """The read that a query asks for; raises 400 or 422 for one that cannot be used."""
    conditions = visible(reads, caller) + [filtered(reads, name, query[name]) for name in query if name not in RESERVED]
    if "ids" in query:
        return Selection(reads, caller, [one_of("id", split(query["ids"])), *conditions])
    group_by = query.get("group_by")
    return Selection(
        reads,
        caller,
        conditions,
        order=ordering(reads, query.get("order", "-created_at")),
        limit=whole_number(query, "limit", DEFAULT_LIMIT, MAX_LIMIT),
        offset=whole_number(query, "offset", 0, 2**53),
        group_by=group_by,
        parents=() if group_by is None else parents_of(reads, group_by, query),
    )


def filtered(reads: Reads, name: str, text: str) -> Condition:
    if name not in reads.filters:
        raise bad_input([name], f"There is no filter {name}.")
    try:
        return reads.filters[name](text)
    except ValueError as error:
        raise bad_input([name], str(error)) from error


def ordering(reads: Reads, text: str) -> str:
    column, direction = text.removeprefix("-"), "DESC" if text.startswith("-") else "ASC"
    if column not in reads.orders:
        raise bad_input(["order"], f"{text} is not an order; these are: {', '.join(reads.orders)}.")
    return f"{column} {direction}, id {direction}"


def whole_number(query: QueryParams, name: str, default: int, maximum: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= maximum):
        raise bad_input([name], f"{name} must be a whole number from 0 to {maximum}.")
    return int(text)


def parents_of(reads: Reads, group_by: str, query: QueryParams) -> list[str]:
    if group_by not in reads.groups:
        raise bad_input(["group_by"], f"{group_by} is not a group; these are: {', '.join(reads.groups) or 'none'}.")
    if group_by not in query:
        raise bad_input([group_by], f"The values of {group_by} to group by are needed.")
    return split(query[group_by])
