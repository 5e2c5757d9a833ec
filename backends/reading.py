"""Answers of services: stored JSON passed through as it is, with an ETag."""

import hashlib

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response


def answer_read(request: Request, body: bytes) -> Response:
    """200 with the body and its strong ETag, or 304 when the caller already has it."""
    etag = f'"{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, max-age=0, must-revalidate"}
    known = request.headers.get("if-none-match")
    if known is not None and matches(known, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def matches(known: str, etag: str) -> bool:
    """Weak comparison, as RFC 9110 section 13.1.2 asks of If-None-Match."""
    return known.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in known.split(","))


def answer(document: BaseModel, status: int = 200) -> Response:
    return Response(document.model_dump_json(), status_code=status, media_type="application/json")
