"""Requests that are not what they seem are refused, whatever they carry."""

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.attacks.world import Fortress, Told
from tests.gateway import SECRET

PAGE = b'{"query":"{ viewer { roles } }"}'
CHANGE = b'{"query":"mutation { logout(input: {}) { userErrors { code } } }"}'
ATTACKER = {"origin": "https://attacker.example", "authorization": "Bearer none"}

SENT_BY_PAGES = {
    "a form": {"content-type": "application/x-www-form-urlencoded"},
    "a form with files": {"content-type": "multipart/form-data; boundary=x"},
    "plain text": {"content-type": "text/plain"},
    "plain text that says JSON": {"content-type": "text/plain; application/json"},
    "JSON as a parameter": {"content-type": "text/plain; charset=application/json"},
    "two types": {"content-type": "text/plain, application/json"},
    "nothing": {"content-type": ""},
    "another JSON": {"content-type": "application/json-patch+json"},
    "another charset": {"content-type": "application/json; charset=utf-16"},
    "XML": {"content-type": "application/xml"},
}


@pytest.mark.parametrize("headers", SENT_BY_PAGES.values(), ids=SENT_BY_PAGES)
async def test_what_a_page_can_send_unasked_is_refused(under: Fortress, headers: dict[str, str]) -> None:
    told = await under.post(CHANGE, headers)

    assert told.status in (400, 415)
    assert told.codes <= {"CSRF_PREVENTED", "UNSUPPORTED_MEDIA_TYPE"}
    assert told.codes


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?query={viewer{roles}}", 400, "CSRF_PREVENTED"),
        ("?query=mutation{logout(input:{}){userErrors{code}}}", 400, "CSRF_PREVENTED"),
    ],
)
async def test_a_link_is_refused(under: Fortress, query: str, status: int, code: str) -> None:
    assert (await under.request("GET", query)).verdict == (status, {code})


async def test_a_mutation_is_not_done_by_a_link_either_way(under: Fortress) -> None:
    told = await under.request(
        "GET", "?query=mutation{logout(input:{}){userErrors{code}}}", headers={"graphql-preflight": "1"}
    )

    assert told.verdict == (405, {"METHOD_NOT_ALLOWED"})


async def test_a_long_link_is_refused(under: Fortress) -> None:
    told = await under.request("GET", "?query=" + "a" * 20_000, headers={"graphql-preflight": "1"})

    assert told.verdict == (414, {"URI_TOO_LONG"})


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "PROPFIND", "OPTIONS"])
async def test_other_methods_are_refused(under: Fortress, method: str) -> None:
    assert (await under.request(method)).status == 405


async def test_no_page_of_another_origin_is_let_in(under: Fortress) -> None:
    told = await under.post(PAGE, {"origin": "https://attacker.example"})

    assert told.status == 200
    assert not [name for name in told.headers if name.startswith("access-control")]


BODIES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "INVALID_JSON"),
    "null": (b"null", 422, "BAD_REQUEST"),
    "a number": (b"1", 422, "BAD_REQUEST"),
    "a string": (b'"{ viewer { roles } }"', 422, "BAD_REQUEST"),
    "no query": (b'{"querry": "{ viewer { roles } }"}', 422, "BAD_REQUEST"),
    "two documents": (PAGE + PAGE, 400, "INVALID_JSON"),
    "no UTF-8": (b'{"query":"{ viewer { roles } } #\xff\xfe"}', 400, "INVALID_JSON"),
    "overlong UTF-8": (b'{"query":"{ viewer { roles } } #\xc0\xaf"}', 400, "INVALID_JSON"),
    "UTF-16": (PAGE.decode().encode("utf-16"), 400, "INVALID_JSON"),
    "a mark of byte order": (b"\xef\xbb\xbf" + PAGE, 400, "INVALID_JSON"),
    "null bytes": (b"\x00" * 1000, 400, "INVALID_JSON"),
    "compressed": (gzip.compress(PAGE), 400, "INVALID_JSON"),
    "deep JSON": (b"[" * 500_000 + b"]" * 500_000, 400, "BATCHING_DISABLED"),
    "deep variables": (b'{"query":"{ a }","variables":' + b'{"a":' * 100_000, 400, "INVALID_JSON"),
    "a long number": (b'{"query":"{ a }","variables":{"a":' + b"9" * 1_000_000 + b"}}", 422, "BAD_REQUEST"),
    "too much": (b'{"query":"' + b" " * 3_000_000 + b'"}', 413, "PAYLOAD_TOO_LARGE"),
    "variables as a list": (b'{"query":"{ a }","variables":[]}', 422, "BAD_REQUEST"),
}


@pytest.mark.parametrize(("body", "status", "code"), BODIES.values(), ids=BODIES)
async def test_a_body_that_is_no_request_is_refused(under: Fortress, body: bytes, status: int, code: str) -> None:
    assert (await under.post(body)).verdict == (status, {code})


async def test_a_compressed_body_is_not_unpacked(under: Fortress) -> None:
    bomb = gzip.compress(b" " * 100_000_000)

    told = await under.post(bomb, {"content-encoding": "gzip"})

    assert told.verdict == (400, {"INVALID_JSON"})


async def test_many_headers_are_refused(under: Fortress) -> None:
    told = await under.post(PAGE, {f"x-{number}": "1" for number in range(200)})

    assert told.verdict == (431, {"HEADERS_TOO_LARGE"})


async def test_a_long_header_is_refused(under: Fortress) -> None:
    told = await under.post(PAGE, {"cookie": "a" * 300_000})

    assert told.verdict == (431, {"HEADERS_TOO_LARGE"})


def encoded(part: object) -> str:
    content = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def forged(under: Fortress, head: Mapping[str, object], claims: Mapping[str, object], key: bytes | None = None) -> str:
    """A token of the first agent's with another head, other claims, and a signature by this key."""
    true = json.loads(base64.urlsafe_b64decode(under.token().split(".")[1] + "=="))
    text = f"{encoded({'typ': 'JWT', **head})}.{encoded({**true, **claims})}"
    return f"{text}.{'' if key is None else encoded(hmac.digest(key, text.encode(), hashlib.sha256))}"


Claims = Mapping[str, object]
ADMIN: Claims = {"roles": ["admin"], "scope": "admin"}
FORGERIES: dict[str, tuple[Claims, Claims, bytes | None]] = {
    "no signature": ({"alg": "none"}, ADMIN, None),
    "no signature, otherwise spelt": ({"alg": "nOnE"}, ADMIN, None),
    "no algorithm": ({}, ADMIN, b""),
    "an empty key": ({"alg": "HS256"}, ADMIN, b""),
    "the development key": ({"alg": "HS256"}, ADMIN, b"development-secret-do-not-use-in-production"),
    "another algorithm with the key": ({"alg": "HS512"}, ADMIN, SECRET.encode()),
    "an algorithm of public keys": ({"alg": "RS256"}, ADMIN, SECRET.encode()),
    "a key of its own": ({"alg": "HS256", "jwk": {"kty": "oct", "k": encoded(b"mine")}}, ADMIN, b"mine"),
    "a key from a URL": ({"alg": "HS256", "jku": "http://127.0.0.1:1/keys"}, ADMIN, b"mine"),
    "a key from a file": ({"alg": "HS256", "kid": "../../../../dev/null"}, ADMIN, b""),
    "a key from a database": ({"alg": "HS256", "kid": "x' UNION SELECT 'mine"}, ADMIN, b"mine"),
    "a critical extension": ({"alg": "HS256", "crit": ["b64"], "b64": False}, ADMIN, SECRET.encode()),
    "expired": ({"alg": "HS256"}, {"exp": 1}, SECRET.encode()),
    "for ever": ({"alg": "HS256"}, {"exp": "never"}, SECRET.encode()),
    "not yet": ({"alg": "HS256"}, {"nbf": 99999999999}, SECRET.encode()),
    "for somebody else": ({"alg": "HS256"}, {"aud": "another"}, SECRET.encode()),
    "by somebody else": ({"alg": "HS256"}, {"iss": "another"}, SECRET.encode()),
    "about nobody": ({"alg": "HS256"}, {"sub": None}, SECRET.encode()),
}


@pytest.mark.parametrize(("head", "claims", "key"), FORGERIES.values(), ids=FORGERIES)
async def test_a_forged_token_is_refused(under: Fortress, head: Claims, claims: Claims, key: bytes | None) -> None:
    told = await under.post(PAGE, token=forged(under, head, claims, key))

    assert told.verdict == (401, {"UNAUTHENTICATED"})


async def test_a_token_that_was_signed_so_is_taken(under: Fortress) -> None:
    told = await under.post(PAGE, token=forged(under, {"alg": "HS256"}, {}, SECRET.encode()))

    assert told.body == {"data": {"viewer": {"roles": ["agent"]}}}


@pytest.mark.parametrize(
    "token",
    ["a", "a.b.c", "." * 8000, "a" * 60_000, "e30.e30.", encoded(b"{" * 5000) + ".e30.a", "..", "null", "é"],
    ids=["short", "no JSON", "dots", "huge", "empty parts", "deep", "two dots", "null", "not ASCII"],
)
async def test_what_is_no_token_is_refused(under: Fortress, token: str) -> None:
    headers: Any = {"authorization": f"Bearer {token}".encode()}
    told = await under.post(PAGE, headers)

    assert told.verdict == (401, {"UNAUTHENTICATED"})


UPLOAD = {"query": "mutation ($f: Upload!) { uploadFile(input: {file: $f}) { userErrors { code } } }"}


def form(*parts: tuple[str, bytes], boundary: str = "x", end: bool = True) -> bytes:
    """A multipart body of heads and contents."""
    pieces = [f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n" for head, content in parts]
    return b"".join(pieces) + (f"--{boundary}--\r\n".encode() if end else b"")


def named(name: str, more: str = "") -> str:
    return f'Content-Disposition: form-data; name="{name}"{more}'


def with_map(files: object, variables: object) -> list[tuple[str, bytes]]:
    operations = json.dumps({**UPLOAD, "variables": variables}).encode()
    return [(named("operations"), operations), (named("map"), json.dumps(files).encode())]


FILE = (named("0", '; filename="a.txt"'), b"hello")
NULL = {"f": None}
FORMS: dict[str, tuple[bytes, int, str]] = {
    "10,000 parts": (form(*[(named(f"p{n}"), b"a") for n in range(10_000)]), 400, "INVALID_MULTIPART"),
    "10,000 files": (
        form(*with_map({"0": ["variables.f"]}, NULL), *[(named(f"p{n}", "; filename=a"), b"a") for n in range(10_000)]),
        294,
        "INVALID_MULTIPART",
    ),
    "a map of 10,000": (form(*with_map({f"{n}": ["variables.f"] for n in range(500)}, NULL)), 413, "TOO_MANY_FILES"),
    "one file to 10,000 places": (form(*with_map({"0": ["variables.f"] * 900}, NULL)), 413, "TOO_MANY_FILES"),
    "a huge head of a part": (form((named("operations", "; a=" + "b" * 100_000), b"{}")), 400, "INVALID_MULTIPART"),
    "many heads of a part": (form((named("operations") + "\r\nx: y" * 1000, b"{}")), 400, "INVALID_MULTIPART"),
    "no boundary within": (b"a" * 1_000_000, 400, "INVALID_MULTIPART"),
    "no end": (form(*with_map({"0": ["variables.f"]}, NULL), end=False), 400, "INVALID_MULTIPART"),
    "another boundary": (form(*with_map({}, {}), boundary="y"), 400, "INVALID_MULTIPART"),
    "the map first": (form(*reversed(with_map({}, {}))), 400, "INVALID_MULTIPART"),
    "a huge map": (
        form((named("operations"), b'{"query":"{ a }"}'), (named("map"), b" " * 99_999)),
        413,
        "PAYLOAD_TOO_LARGE",
    ),
    "a map that is no JSON": (
        form((named("operations"), b'{"query":"{ a }"}'), (named("map"), b"{")),
        400,
        "INVALID_UPLOAD_MAP",
    ),
    "a deep map": (
        form((named("operations"), b'{"query":"{ a }"}'), (named("map"), b"[" * 16_000)),
        400,
        "INVALID_UPLOAD_MAP",
    ),
}
PLACES = [
    "__proto__",
    "variables",
    "variables.__proto__.polluted",
    "variables.constructor.prototype",
    "variables.__class__.__init__",
    "variables.f.f",
    "variables.",
    "variables..f",
    "variables.g",
    "variables.l.-1",
    "variables.l.1",
    "variables.l." + "9" * 5000,
    "variables.l.0.0",
    "variables.s.0",
    "query",
    "extensions.a",
    "",
    "variables" + ".f" * 5000,
]


async def sent(under: Fortress, body: bytes) -> Told:
    headers = {"content-type": "multipart/form-data; boundary=x", "graphql-preflight": "1"}
    return await under.post(body, headers)


@pytest.mark.parametrize(("body", "status", "code"), FORMS.values(), ids=FORMS)
async def test_a_form_that_is_a_bomb_is_refused(under: Fortress, body: bytes, status: int, code: str) -> None:
    assert (await sent(under, body)).verdict == (status, {code})


@pytest.mark.parametrize("place", PLACES, ids=[place[:40] for place in PLACES])
async def test_a_file_is_put_nowhere_but_in_a_variable(under: Fortress, place: str) -> None:
    body = form(*with_map({"0": [place]}, {**NULL, "l": ["text"], "s": "text"}), FILE)

    assert (await sent(under, body)).verdict == (400, {"INVALID_UPLOAD_MAP"})


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=" + "a" * 10_000])
async def test_a_boundary_that_is_none_is_refused(under: Fortress, boundary: str) -> None:
    headers = {"content-type": f"multipart/form-data{boundary}", "graphql-preflight": "1"}
    told = await under.post(form(*with_map({}, {})), headers)

    assert told.verdict == (400, {"INVALID_MULTIPART"})
