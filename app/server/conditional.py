"""Conditional requests: an answer to a GET has an entity tag, and who has it is told so (RFC 9110, section 13)."""

import hashlib
from typing import Final

from app.server.received import Answer
from app.server.refusal import Headers

REVALIDATED: Final = (b"cache-control", b"private, no-cache")
"""May be kept by its reader, who asks each time whether it still holds."""


def is_repeatable(answer: Answer) -> bool:
    """Whether the answer is worth a tag: data without errors, which come first where there are any."""
    return answer.status == 200 and answer.body.startswith(b'{"data"')


def conditional(headers: Headers, answer: Answer) -> Answer:
    """The answer to a GET with its tag, or that the client has it."""
    tag = b'"%s"' % hashlib.sha256(answer.body).hexdigest()[:32].encode()
    told = (*answer.headers, REVALIDATED, (b"etag", tag))
    known = [item.strip().removeprefix(b"W/") for item in headers.get(b"if-none-match", b"").split(b",")]
    if tag in known or b"*" in known:
        return Answer(304, answer.format, b"", told)
    return Answer(answer.status, answer.format, answer.body, told)
