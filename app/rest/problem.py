"""Problems: what a 4xx answer says is wrong, field by field, in whichever of the usual shapes it says so."""

import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from app.errors import FieldProblem, Problem

MAX_FIELDS: Final = 100

CODE: Final = "BAD_USER_INPUT"

NO_FIELDS: Final = frozenset(("header", "cookie"))
"""Where FastAPI and others find values that are no fields of what the user sent."""
SOURCES: Final = frozenset(("body", "query", "path"))

_steps = re.compile(r"[^.\[\]]+").findall


def problem_of(status: int, body: bytes) -> Problem:
    """The problem of an answer with that status; `body` is empty when it was no JSON.

    Understood are `errors` as a list with paths, JSON pointers (RFC 9457, section 3, and JSON:API) or dotted names,
    as a mapping from field to messages, and `detail` as a list with `loc` and `msg` (FastAPI). What fits none of them
    is left out, and the rest is kept.
    """
    document = _document(body)
    code, title = _text(document.get("code")), _text(document.get("title"))
    detail = _text(document.get("detail")) or _text(document.get("message"))
    fields = islice(_fields(document.get("errors"), document.get("detail")), MAX_FIELDS)
    return Problem(title=title or _phrase(status), detail=detail, code=code, fields=tuple(fields))


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _fields(errors: object, detail: object) -> Iterator[FieldProblem]:
    for listed in (errors, detail):
        if isinstance(listed, list):
            yield from (_field(entry) for entry in listed if isinstance(entry, dict))
        elif isinstance(listed, dict):
            yield from _mapped(listed)


def _mapped(messages: Mapping[str, object]) -> Iterator[FieldProblem]:
    for name, said in messages.items():
        for message in said if isinstance(said, list) else (said,):
            if isinstance(message, str):
                yield FieldProblem(tuple(_steps(name)), message, CODE)


def _field(entry: Mapping[str, Any]) -> FieldProblem:
    said = (_text(entry.get(name)) for name in ("message", "msg", "detail", "title", "reason"))
    message = next(filter(None, said), "The value cannot be used.")
    return FieldProblem(_path(entry), message, _text(entry.get("code")) or CODE)


def _path(entry: Mapping[str, Any]) -> tuple[str, ...]:
    source = entry.get("source")
    pointer = entry.get("pointer") or (source.get("pointer") if isinstance(source, dict) else None)
    name = entry.get("field") or entry.get("parameter") or entry.get("name")
    if isinstance(path := entry.get("path"), list):
        return _plain(path)
    if isinstance(path := entry.get("loc"), list):
        return _located(_plain(path))
    if isinstance(pointer, str):
        return _pointed(pointer)
    return tuple(_steps(name)) if isinstance(name, str) else ()


def _plain(steps: Iterable[object]) -> tuple[str, ...]:
    return tuple(str(step) for step in steps if isinstance(step, str | int))


def _located(steps: tuple[str, ...]) -> tuple[str, ...]:
    """The path without the part of the request that it begins with."""
    if steps[:1] and steps[0] in NO_FIELDS:
        return ()
    return steps[1:] if steps[:1] and steps[0] in SOURCES else steps


def _pointed(pointer: str) -> tuple[str, ...]:
    """The steps of a JSON pointer, which may be the fragment of a URI (RFC 6901, sections 4 and 6)."""
    text = unquote(pointer[1:]) if pointer.startswith("#") else pointer
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in text.split("/") if step)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Refused with status {status}"
