"""An answer that is kept: its body, until when it may be used, and how it is validated."""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Final

import msgspec

from app.rest.answer import Answer
from app.rest.caching.directives import Directives, directives_of

SENT_ALWAYS: Final = frozenset((b"accept", b"accept-encoding", b"user-agent", b"host", b"connection"))
"""What each read says alike, so that an answer may vary on it."""

SENT_EACH_TIME: Final = frozenset((b"x-request-id", b"x-request-timeout", b"traceparent", b"tracestate", b"*"))
"""What no two requests have in common."""

ALLOWING: Final = frozenset((b"cache-control", b"etag", b"expires"))
"""Without any of which an answer can never be used again."""

DECODED_SIZE: Final = 2.5
"""Decoded records take about 2.3 times the memory of their JSON."""
OVERHEAD: Final = 1000

_is_etag = re.compile(rb'(?:W/)?"[\x21\x23-\x7e]*"').fullmatch


class Kept(msgspec.Struct):
    """An answer of status 200. Moments are in seconds since the epoch.

    `mark` is the place among the changes of its service at which it was asked for: after a later change it has to be
    validated before it is used, whatever the times say. `decoded` is its value and the type it was decoded as, from
    when it is used again: what is kept for callers who do not come back never is, and costs no more than its body.
    """

    body: bytes
    content_type: bytes
    etag: str | None
    directives: Directives
    is_for_all: bool
    mark: int
    fresh_until: float
    decoded: tuple[Any, Any] | msgspec.UnsetType = msgspec.UNSET

    @property
    def refreshable_until(self) -> float:
        """Until when it may be used while it is being validated (RFC 5861, section 3)."""
        return self.fresh_until + self._stale(self.directives.stale_while_revalidate)

    @property
    def fallback_until(self) -> float:
        """Until when it may be used in place of a failure (RFC 5861, section 4)."""
        return self.fresh_until + self._stale(self.directives.stale_if_error)

    @property
    def size(self) -> int:
        """The memory it takes, in bytes, once it is decoded."""
        return OVERHEAD + int(len(self.body) * (1 + DECODED_SIZE))

    @property
    def answer(self) -> Answer:
        return Answer(200, {b"content-type": self.content_type}, self.body)

    def renew(self, headers: Mapping[bytes, bytes], sent_at: float, mark: int) -> None:
        """Take over what a 304 says (RFC 9111, section 4.3.4)."""
        said = headers.get(b"cache-control")
        if said is not None:
            self.directives = directives_of(said)
            self.is_for_all = self.is_for_all and self.directives.is_public
        self.etag = etag_of(headers) or self.etag
        self.mark = mark
        self.fresh_until = _fresh_until(self.directives, headers, sent_at)

    def _stale(self, seconds: int) -> int:
        return 0 if self.directives.must_revalidate or self.directives.no_cache else seconds


def kept_of(answer: Answer, sent_at: float, mark: int) -> Kept | None:
    """What is kept of an answer of status 200; None when it says that nothing is, or could never be used again."""
    headers = answer.headers
    if headers.keys().isdisjoint(ALLOWING):
        return None
    directives = directives_of(headers.get(b"cache-control", b""))
    varies = _varies(headers.get(b"vary", b""))
    if directives.no_store or varies & SENT_EACH_TIME:
        return None
    kept = Kept(
        body=answer.body,
        content_type=headers.get(b"content-type", b""),
        etag=etag_of(headers),
        directives=directives,
        is_for_all=directives.is_public and b"authorization" not in varies,
        mark=mark,
        fresh_until=_fresh_until(directives, headers, sent_at),
    )
    if kept.etag is None and max(kept.fresh_until, kept.refreshable_until, kept.fallback_until) <= sent_at:
        return None
    return kept


def etag_of(headers: Mapping[bytes, bytes]) -> str | None:
    """The entity tag, if it is one that can be sent back."""
    given = headers.get(b"etag")
    return given.decode("ascii") if given is not None and _is_etag(given) else None


def _fresh_until(directives: Directives, headers: Mapping[bytes, bytes], sent_at: float) -> float:
    """RFC 9111, sections 4.2.1 and 4.2.3; there is no heuristic freshness."""
    if directives.no_cache or directives.max_age == 0:
        return sent_at
    date = _moment(headers.get(b"date"))
    lifetime: float = directives.max_age or 0
    if directives.max_age is None and b"expires" in headers:
        lifetime = (_moment(headers[b"expires"]) or 0.0) - (sent_at if date is None else date)
    if lifetime <= 0:
        return sent_at
    said = headers.get(b"age", b"0").strip()
    age = int(said) if said.isdigit() and len(said) < 10 else 0
    apparent_age = 0 if date is None else int(sent_at - date)
    return sent_at + lifetime - max(0, age, apparent_age)


@lru_cache(maxsize=64)
def _moment(text: bytes | None) -> float | None:
    if text is None:
        return None
    try:
        date = parsedate_to_datetime(text.decode("ascii"))
    except ValueError:
        return None
    return date.replace(tzinfo=date.tzinfo or UTC).timestamp()


@lru_cache(maxsize=256)
def _varies(text: bytes) -> frozenset[bytes]:
    return frozenset(name for part in text.split(b",") if (name := part.strip().lower()))
