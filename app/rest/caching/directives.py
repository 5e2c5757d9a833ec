"""What a backend says about keeping its answer: Cache-Control (RFC 9111, section 5.2; RFC 5861)."""

import re
from functools import lru_cache
from typing import Final

import msgspec

FOREVER: Final = 2**31
"""What a longer time is cut to (RFC 9111, section 1.2.2)."""

_directive = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,;\"]*)))?")


class Directives(msgspec.Struct, frozen=True):
    """Times are in seconds; None where the directive is missing."""

    no_store: bool = False
    no_cache: bool = False
    is_public: bool = False
    must_revalidate: bool = False
    max_age: int | None = None
    stale_while_revalidate: int = 0
    stale_if_error: int = 0


@lru_cache(maxsize=256)
def directives_of(cache_control: bytes) -> Directives:
    """The directives of a header, by the first occurrence of each.

    `s-maxage` counts for what callers share, that is with `public`. `private` is stronger than `public`; with field
    names, `private` and `no-cache` are taken to mean the whole answer, as sections 5.2.2.4 and 5.2.2.7 allow. A time
    that is none is 0: the answer is stale at once (section 4.2.1).
    """
    found: dict[str, str] = {}
    for name, quoted, plain in _directive.findall(cache_control.decode("latin-1")):
        found.setdefault(name.lower(), quoted or plain)
    is_public = "public" in found and "private" not in found
    max_age = _seconds(found.get("max-age"))
    if is_public and "s-maxage" in found:
        max_age = _seconds(found["s-maxage"])
    must_revalidate = "must-revalidate" in found or (is_public and ("proxy-revalidate" in found or "s-maxage" in found))
    return Directives(
        no_store="no-store" in found,
        no_cache="no-cache" in found,
        is_public=is_public,
        must_revalidate=must_revalidate,
        max_age=max_age,
        stale_while_revalidate=_seconds(found.get("stale-while-revalidate")) or 0,
        stale_if_error=_seconds(found.get("stale-if-error")) or 0,
    )


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    return min(int(text), FOREVER) if text.isascii() and text.isdigit() else 0
