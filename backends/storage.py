"""SQLite: one file for each service, tables of JSON documents with indexed columns taken from them."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from backends.document import Document, now

D = TypeVar("D", bound=Document)


class Database:
    """One connection, used on the event loop only: statements are short, and a transaction never awaits."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=5.0, cached_statements=512)
        self.execute("PRAGMA synchronous = NORMAL")
        self.execute("PRAGMA journal_mode = WAL")

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> sqlite3.Cursor:
        return self._connection.execute(sql, parameters)

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        self._connection.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the statements inside, or none of them."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


class Table(Generic[D]):
    """Documents of one model. `columns` gives the SQL type and JSON path of what is filtered or sorted by.

    Columns are taken from the document by the statement that writes it, so they cannot differ from it; one that
    is missing in an older file is added and filled when the table is opened.
    """

    always: ClassVar = {
        "owner_id": "TEXT $.owner_id",
        "created_at": "TEXT $.created_at",
        "updated_at": "TEXT $.updated_at",
    }

    def __init__(
        self,
        database: Database,
        name: str,
        model: type[D],
        columns: Mapping[str, str],
        *,
        indexed: Sequence[str] = (),
        unique: Sequence[str] = (),
    ) -> None:
        self.database = database
        self.name = name
        self.model = model
        sources = {column: source.split() for column, source in {**self.always, **columns}.items()}
        self._create(sources)
        self._index(("owner_id", *indexed), unique)
        values = "".join(f", json_extract(?2, '{path}')" for _, path in sources.values())
        changes = "".join(f", {column} = excluded.{column}" for column in sources)
        self._write = (
            f"INSERT INTO {name} (id, document, {', '.join(sources)}) VALUES (?1, ?2{values}) "  # noqa: S608 -- names come from code
            f"ON CONFLICT (id) DO UPDATE SET document = excluded.document{changes}"
        )

    def _create(self, sources: Mapping[str, Sequence[str]]) -> None:
        execute = self.database.execute
        declared = ", ".join(f"{column} {kind}" for column, (kind, _) in sources.items())
        execute(f"CREATE TABLE IF NOT EXISTS {self.name} (id TEXT PRIMARY KEY, {declared}, document TEXT NOT NULL)")
        present = {row[1] for row in execute(f"PRAGMA table_info({self.name})")}
        for column, (kind, path) in sources.items():
            if column not in present:
                execute(f"ALTER TABLE {self.name} ADD COLUMN {column} {kind}")
                execute(f"UPDATE {self.name} SET {column} = json_extract(document, '{path}')")  # noqa: S608 -- names come from code

    def _index(self, indexed: Sequence[str], unique: Sequence[str]) -> None:
        """Each index holds what a page or a group is cut by, so that only rows that are shown are read."""
        create = "CREATE INDEX IF NOT EXISTS"
        self.database.execute(f"{create} {self.name}_newest ON {self.name} (created_at, id)")
        for column in indexed:
            index = f"{self.name}_by_{column} ON {self.name} ({column}, created_at, id, owner_id)"
            self.database.execute(f"{create} {index}")
        for column in unique:
            index = f"{self.name}_one_{column} ON {self.name} ({column})"
            self.database.execute(f"CREATE UNIQUE INDEX IF NOT EXISTS {index}")

    def find(self, key: str) -> D | None:
        return self.find_by("id", key)

    def find_by(self, column: str, value: str) -> D | None:
        """The one document whose unique column has that value."""
        found = self.where(f"{column} = ?", (value,))
        return found[0] if found else None

    def where(self, condition: str, parameters: Sequence[object]) -> list[D]:
        sql = f"SELECT document FROM {self.name} WHERE {condition} ORDER BY created_at, id"  # noqa: S608 -- conditions come from code
        return [self.model.model_validate_json(row[0]) for row in self.database.execute(sql, parameters)]

    def put(self, document: D) -> None:
        """Stores a document in place of what was there under its id, with a fresh `updated_at`."""
        document.updated_at = max(now(), document.updated_at)
        self.load([document])

    def remove(self, key: str) -> None:
        self.database.execute(f"DELETE FROM {self.name} WHERE id = ?", (key,))  # noqa: S608 -- names come from code

    def load(self, documents: Iterable[D]) -> None:
        """Stores documents exactly as they are."""
        self.database.execute_many(self._write, ((document.id, document.model_dump_json()) for document in documents))

    @property
    def is_empty(self) -> bool:
        sql = f"SELECT NOT EXISTS (SELECT 1 FROM {self.name})"  # noqa: S608 -- names come from code
        return bool(self.database.execute(sql).fetchone()[0])
