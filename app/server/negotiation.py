"""Negotiation: which media type answers an Accept header, and which Content-Types are read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

GRAPHQL_RESPONSE = b"application/graphql-response+json"
JSON = b"application/json"
_HTML = b"text/html"


class ResponseFormat(Enum):
    """What is sent back; the value is the Content-Type."""

    GRAPHQL_RESPONSE = GRAPHQL_RESPONSE + b"; charset=utf-8"
    JSON = JSON + b"; charset=utf-8"


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One of those that an Accept header names; all of it in small letters."""

    media_type: bytes
    parameters: Mapping[bytes, bytes]
    quality: float


@lru_cache(maxsize=128)
def response_format(accept: bytes | None) -> ResponseFormat | None:
    """The better format of those that an Accept header takes (RFC 9110, section 12.5.1); None when it takes neither.

    Who does not name `application/graphql-response+json` gets `application/json`, without a header also: such a
    client may take a status other than 200 for a failure of the network and never look at the errors.
    """
    if accept is None:
        return ResponseFormat.JSON
    qualities = _qualities(accept)
    named = qualities.get(GRAPHQL_RESPONSE, 0.0)
    json = _quality(qualities, JSON)
    if named > 0 and named >= json:
        return ResponseFormat.GRAPHQL_RESPONSE
    return ResponseFormat.JSON if json > 0 else None


@lru_cache(maxsize=128)
def prefers_html(accept: bytes | None) -> bool:
    """Whether the client is a browser that opens the page: it names HTML, and wants nothing else more."""
    if accept is None or _HTML not in accept:
        return False
    return _qualities(accept).get(_HTML, 0.0) > answer_quality(accept)


def answer_quality(accept: bytes) -> float:
    """How welcome an answer in one of the formats is."""
    qualities = _qualities(accept)
    return max(_quality(qualities, JSON), qualities.get(GRAPHQL_RESPONSE, 0.0))


@lru_cache(maxsize=128)
def is_json(content_type: bytes | None) -> bool:
    """Whether a Content-Type is JSON in UTF-8, which is assumed when it names no charset."""
    if content_type is None:
        return False
    media_type, _, parameters = content_type.lower().partition(b";")
    return media_type.strip() == JSON and _is_utf8(parameters)


def _quality(qualities: dict[bytes, float], media_type: bytes) -> float:
    """The quality of a media type by the most specific range that covers it."""
    group = media_type.partition(b"/")[0] + b"/*"
    return qualities.get(media_type, qualities.get(group, qualities.get(b"*/*", 0.0)))


def media_ranges(accept: bytes) -> Iterator[MediaRange]:
    """The ranges of an Accept header, but those of another charset than UTF-8."""
    for item in accept.lower().split(b","):
        media_type, _, rest = item.partition(b";")
        if _is_utf8(rest):
            parameters = dict(_pairs(rest))
            yield MediaRange(media_type.strip(), parameters, _number(parameters.pop(b"q", b"1")))


def _qualities(accept: bytes) -> dict[bytes, float]:
    return {each.media_type: each.quality for each in media_ranges(accept)}


def _number(q: bytes) -> float:
    try:
        return min(max(float(q), 0.0), 1.0)
    except ValueError:
        return 0.0


def _is_utf8(parameters: bytes) -> bool:
    return all(value in (b"utf-8", b"utf8") for name, value in _pairs(parameters) if name == b"charset")


def _pairs(parameters: bytes) -> Iterator[tuple[bytes, bytes]]:
    for parameter in parameters.split(b";"):
        name, _, value = parameter.partition(b"=")
        yield name.strip(), value.strip().strip(b'"')
