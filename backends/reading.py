"""Answers of services: stored JSON passed through as it is, with an ETag."""

import hashlib
from typing import Final

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

MUTABLE: Final = "private, max-age=0, must-revalidate"
"""What its owner changes is asked for each time, and never shown when that fails."""

DERIVED: Final = "private, max-age=0, stale-if-error=300"
"""Figures computed from what others own are better old than missing."""


def answer_read(request: Request, body: bytes, cache_control: str = MUTABLE) -> Response:
    """200 with the body and its strong ETag, or 304 when the caller already has it."""
    etag = f'"{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": cache_control}
    known = request.headers.get("if-none-match")
    if known is not None and matches(known, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def matches(known: str, etag: str) -> bool:
    """Weak comparison, as RFC 9110 section 13.1.2 asks of If-None-Match."""
    return known.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in known.split(","))


def answer(document: BaseModel, status: int = 200) -> Response:
    return Response(document.model_dump_json(), status_code=status, media_type="application/json")
