"""The parameters of a GraphQL-over-HTTP request: read from a body or a query string, refused when ill-formed."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Receive

from app.errors import RequestError
from app.execution import Request
from app.server.limits.bodies import MAX_BODY, MOST_BYTES, BodyLimits
from app.server.time_limit import ClientDisconnected
from app.server.turns import turns_of

T = TypeVar("T")

MAX_QUERY_STRING_BYTES = 16_384
MAX_VALUES = 25_000
"""In a body, all told, and so the most `MAX_VARIABLES_SIZE` can be: they take 7 ms to be decoded, while all wait."""
LONG_BYTES = 65_536
"""A body that is shorter is read in half a millisecond at most."""
_COUNTED_AT_ONCE = 65_536
"""Bytes, before it is asked whether there are too many already."""
_MAX_PARAMETERS = 100
_ALL_BUT_MARKS = bytes(set(range(256)) - {*b',"'})
_DISCARD_SECONDS = 2.0
_DISCARD_PAUSE_SECONDS = 0.002
"""Between two pieces, of mostly 64 kB and more, so that others hardly notice."""


class _Body(msgspec.Struct):
    query: str | msgspec.UnsetType = msgspec.UNSET
    variables: dict[str, Any] | None = None
    operation_name: str | None = msgspec.field(default=None, name="operationName")
    extensions: dict[str, Any] | None = None
    document_id: str | None = msgspec.field(default=None, name="documentId")


_decode_body = msgspec.json.Decoder(_Body).decode
_decode_batch = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_map = msgspec.json.Decoder(dict[str, Any]).decode


async def read_body(receive: Receive, content_length: bytes | None, limits: BodyLimits) -> bytes:
    """The whole body; raises `RequestError` (413) as soon as it is known to be too long."""
    most_bytes = limits.most_bytes
    if content_length is not None and content_length.isdigit() and int(content_length) > most_bytes:
        await discard_body(receive)
        raise limits.too_long()
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > most_bytes:
            await discard_body(receive)
            raise limits.too_long()
        chunks.append(chunk)
        if not message.get("more_body", False):
            limits.check_bytes(size)
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def discard_body(receive: Receive) -> None:
    """Read what is left of a refused body, within limits.

    A connection that is closed with bytes unread is reset, and the client may never see the answer (RFC 9112,
    section 9.6).
    """
    size = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(_DISCARD_SECONDS):
            while size <= MOST_BYTES:
                message = await receive()
                size += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
                await asyncio.sleep(_DISCARD_PAUSE_SECONDS)


async def in_turn(read: Callable[[bytes], T], body: bytes) -> T:
    """What is read from a body, and raises as that does; long ones are read one after the other, as others wait."""
    if len(body) <= LONG_BYTES:
        return read(body)
    return await turns_of(asyncio.get_running_loop()).take(partial(read, body))


def request_in(method: str, sent: bytes) -> Request:
    """The request that a body (of a POST) or else a query string holds; raises as these do."""
    return from_body(sent) if method == "POST" else from_query_string(sent)


def from_body(body: bytes) -> Request:
    """The request in a JSON body.

    Raises `RequestError`: 400 for what is no JSON, 413 for more than `MAX_VALUES`, 422 for the wrong members.
    """
    _check_values(body)
    try:
        parsed = _decode_body(body)
    except msgspec.ValidationError as error:
        if body.lstrip(b" \t\r\n").startswith(b"["):
            raise RequestError("Batches are not supported: send one request.", code="BATCHING_DISABLED") from error
        raise _ill_formed(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json("The body") from error
    query = parsed.query
    if query is msgspec.UNSET:
        query = _named_instead(parsed.document_id, parsed.extensions)
    return Request(query, parsed.variables, parsed.operation_name or None, parsed.extensions, parsed.document_id)


def split_batch(body: bytes, limits: BodyLimits) -> list[bytes]:
    """The bodies that a JSON array holds. Raises `RequestError`: 400 for what is no JSON, and for too many; 413."""
    _check_values(body)
    try:
        parts = _decode_batch(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json("The body") from error
    limits.check_batch(len(parts))
    return [bytes(part) for part in parts]


def is_batch(body: bytes) -> bool:
    """Whether a body is a JSON array, if it is JSON."""
    return body[:1] == b"[" or body[:64].lstrip(b" \t\r\n")[:1] == b"["


def _check_values(body: bytes) -> None:
    """Raise `RequestError` (413) for more values than can be decoded without keeping others waiting."""
    if body.count(b",") > MAX_VALUES and _has_commas_between_values(body, MAX_VALUES):
        raise RequestError(f"The body holds more than {MAX_VALUES} values.", status=413, code=MAX_BODY)


def _has_commas_between_values(body: bytes, count: int) -> bool:
    """Whether a JSON text has more commas than these outside its strings; found in a tenth of the time of decoding."""
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    is_in_string = False
    for start in range(0, len(body), _COUNTED_AT_ONCE):
        marks = body[start : start + _COUNTED_AT_ONCE].translate(None, _ALL_BUT_MARKS).replace(b'""', b"")
        parts = marks.split(b'"')  # strings are what is between two quotes
        count -= sum(part.count(b",") for part in parts[is_in_string::2])
        if count < 0:
            return True
        is_in_string ^= len(parts) % 2 == 0
    return False


def _named_instead(document_id: str | None, extensions: dict[str, Any] | None) -> str:
    """No text, for a document that is only named."""
    if document_id is None and not (extensions and extensions.get("persistedQuery")):
        raise _ill_formed("Object missing required field `query`")
    return ""


def from_query_string(query_string: bytes) -> Request:
    """The request in the parameters of a URL. Raises `RequestError`: 400, 414 or 422."""
    if len(query_string) > MAX_QUERY_STRING_BYTES:
        raise RequestError("The URL is too long: use POST.", status=414, code="URI_TOO_LONG")
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS
        )
    except ValueError as error:
        raise RequestError("The query string cannot be decoded.") from error
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise _ill_formed("a parameter is given twice")
    extensions, document_id = _map(parameters, "extensions"), parameters.get("documentId") or None
    return Request(
        parameters["query"] if "query" in parameters else _named_instead(document_id, extensions),
        _map(parameters, "variables"),
        parameters.get("operationName") or None,
        extensions,
        document_id,
    )


def _map(parameters: dict[str, str], name: str) -> dict[str, Any] | None:
    text = parameters.get(name)
    if not text or text == "null":
        return None
    try:
        return _decode_map(text)
    except msgspec.ValidationError as error:
        raise _ill_formed(f"{error} - at `$.{name}`") from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _not_json(f"The parameter {name}") from error


def _not_json(what: str) -> RequestError:
    return RequestError(f"{what} is not JSON in UTF-8.", code="INVALID_JSON")


def _ill_formed(reason: str) -> RequestError:
    return RequestError(f"Not a well-formed GraphQL request: {reason}.", status=422)
