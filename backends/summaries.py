"""What a file is, found in its content: whether it is of the type its name says, and a line on what it holds."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from PIL import Image

MEDIA_TYPES: Final = {
    "csv": "text/csv",
    "json": "application/json",
    "txt": "text/plain",
    "md": "text/markdown",
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
}
PDF_BEGINS: Final = b"%PDF-"
NAMED_COLUMNS: Final = 8
MAX_PARSED_BYTES: Final = 8_000_000

Summarise = Callable[[Path], str]


class UnreadableError(Exception):
    """The content is not what the file's name says."""


def summary_of(path: Path, suffix: str) -> str:
    """A line on the content; raises UnreadableError. It reads the whole file: run it in a thread."""
    try:
        return SUMMARIES[suffix](path)
    except (UnicodeDecodeError, csv.Error, ValueError, OSError, Image.DecompressionBombError) as error:
        raise UnreadableError from error


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield file


def of_csv(path: Path) -> str:
    with opened(path) as file:
        rows = csv.reader(file)
        columns = [name.strip() for name in next(rows, [])]
        count = sum(1 for row in rows if row)
    more = "" if len(columns) <= NAMED_COLUMNS else f" and {len(columns) - NAMED_COLUMNS} more"
    return f"{counted(count, 'row')}, {counted(len(columns), 'column')}: {', '.join(columns[:NAMED_COLUMNS])}{more}"


def of_text(path: Path) -> str:
    lines = words = 0
    with opened(path) as file:
        for line in file:
            lines += 1
            words += len(line.split())
    return f"{counted(lines, 'line')}, {counted(words, 'word')}"


def of_json(path: Path) -> str:
    if path.stat().st_size > MAX_PARSED_BYTES:
        return of_text(path)
    with opened(path) as file:
        match json.load(file):
            case list() as items:
                return f"A list of {counted(len(items), 'item')}"
            case dict() as members:
                return f"An object of {counted(len(members), 'member')}: {', '.join(list(members)[:NAMED_COLUMNS])}"
            case value:
                return f"A single value, {json.dumps(value)[:80]}"


def of_pdf(path: Path) -> str:
    pages = 0
    with path.open("rb") as file:
        if file.read(len(PDF_BEGINS)) != PDF_BEGINS:
            raise UnreadableError
        for line in file:
            pages += len(re.findall(rb"/Type\s*/Page\b", line))
    return f"A PDF document of {counted(pages, 'page')}" if pages else "A PDF document"


def of_picture(path: Path) -> str:
    with Image.open(path, formats=["PNG", "JPEG"]) as image:
        return f"A picture of {image.width} by {image.height} pixels"


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


SUMMARIES: Final[dict[str, Summarise]] = {
    "csv": of_csv,
    "json": of_json,
    "txt": of_text,
    "md": of_text,
    "pdf": of_pdf,
    "png": of_picture,
    "jpg": of_picture,
}
