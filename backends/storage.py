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
        self.execute("PRAGMA journal_mode = WAL")
        self.execute("PRAGMA synchronous = NORMAL")

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

    Columns are generated from the document, so they cannot differ from it, and one that is missing in an older
    file is added when the table is opened.
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
        self._model = model
        self._create({**self.always, **columns}, ("owner_id", *indexed), unique)

    def _create(self, columns: Mapping[str, str], indexed: Sequence[str], unique: Sequence[str]) -> None:
        execute = self.database.execute
        execute(f"CREATE TABLE IF NOT EXISTS {self.name} (id TEXT PRIMARY KEY, document TEXT NOT NULL)")
        present = {row[1] for row in execute(f"PRAGMA table_xinfo({self.name})")}
        for column, source in columns.items():
            if column not in present:
                kind, path = source.split()
                value = f"{column} {kind} AS (json_extract(document, '{path}')) VIRTUAL"
                execute(f"ALTER TABLE {self.name} ADD COLUMN {value}")
        for column in indexed:
            index = f"{self.name}_by_{column} ON {self.name} ({column}, created_at, id)"
            execute(f"CREATE INDEX IF NOT EXISTS {index}")
        for column in unique:
            execute(f"CREATE UNIQUE INDEX IF NOT EXISTS {self.name}_one_{column} ON {self.name} ({column})")

    def find(self, key: str) -> D | None:
        return self.find_by("id", key)

    def find_by(self, column: str, value: str) -> D | None:
        sql = f"SELECT document FROM {self.name} WHERE {column} = ?"  # noqa: S608 -- names come from code
        row = self.database.execute(sql, (value,)).fetchone()
        return self._model.model_validate_json(row[0]) if row else None

    def put(self, document: D) -> None:
        """Stores a document in place of what was there under its id, with a fresh `updated_at`."""
        document.updated_at = max(now(), document.updated_at)
        self.load([document])

    def load(self, documents: Iterable[D]) -> None:
        """Stores documents exactly as they are."""
        sql = (
            f"INSERT INTO {self.name} (id, document) VALUES (?, ?) "  # noqa: S608 -- names come from code
            "ON CONFLICT (id) DO UPDATE SET document = excluded.document"
        )
        self.database.execute_many(sql, ((document.id, document.model_dump_json()) for document in documents))

    @property
    def is_empty(self) -> bool:
        sql = f"SELECT NOT EXISTS (SELECT 1 FROM {self.name})"  # noqa: S608 -- names come from code
        return bool(self.database.execute(sql).fetchone()[0])
