"""Storage: files of an earlier version, and transactions."""

from pathlib import Path

import pytest

from backends.document import Document
from backends.storage import Database, Table


class Note(Document):
    text: str
    stars: int = 0


def note(key: str, text: str, stars: int) -> Note:
    return Note(id=key, owner_id="usr_1", text=text, stars=stars)


def test_a_column_that_is_missing_is_added_and_filled(tmp_path: Path) -> None:
    database = Database(tmp_path / "notes.sqlite3")
    Table(database, "notes", Note, {"text": "TEXT $.text"}).put(note("n1", "first", 3))
    database.close()
    database = Database(tmp_path / "notes.sqlite3")
    notes = Table(database, "notes", Note, {"text": "TEXT $.text", "stars": "INTEGER $.stars"}, indexed=["stars"])
    notes.put(note("n2", "second", 5))
    assert [found.id for found in notes.where("stars >= ?", (3,))] == ["n1", "n2"]
    database.close()


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "notes.sqlite3")
    notes = Table(database, "notes", Note, {})

    def fail_midway() -> None:
        with database.transaction():
            notes.put(note("n1", "first", 1))
            raise KeyError

    with pytest.raises(KeyError):
        fail_midway()
    assert notes.is_empty
    database.close()


def test_a_document_comes_back_as_it_was_put(tmp_path: Path) -> None:
    database = Database(tmp_path / "notes.sqlite3")
    notes = Table(database, "notes", Note, {})
    first = note("n1", "äöü “quoted” 🏡", 1)
    notes.put(first)
    assert notes.find("n1") == first
    assert notes.find("n2") is None
    database.close()
