"""Tokens that do not hold: refused alike over HTTP, before anything is asked of a backend."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import pytest

from app.server.authentication import issue_token
from tests.gateway import SECRET, Gateway

WHO = "{ viewer { roles } listings { totalCount } }"


def claims(**changed: Any) -> dict[str, Any]:
    """The claims of a good token, and what is changed of them; None leaves one out."""
    now = int(time.time())
    good = {"iss": "atrium", "aud": "atrium", "sub": "usr_1", "iat": now, "exp": now + 600, "jti": "t1"}
    return {name: value for name, value in ({**good, "roles": ["agent"], **changed}).items() if value is not None}


def signed(key: str = SECRET, algorithm: str = "HS256", **changed: Any) -> str:
    return jwt.encode(claims(**changed), key, algorithm=algorithm)


def part(content: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def unsigned(header: Mapping[str, Any], signature: str = "") -> str:
    return f"{part(header)}.{part(claims(roles=['admin']))}.{signature}"


def with_other_claims() -> str:
    """The signature of one token under the claims of another."""
    header, _, signature = signed().split(".")
    return f"{header}.{part(claims(roles=['admin']))}.{signature}"


BAD: dict[str, Callable[[], str]] = {
    "no JWT": lambda: "nonsense",
    "three parts of nothing": lambda: "..",
    "not base64": lambda: "a.b.c",
    "expired": lambda: signed(iat=1000, exp=2000),
    "forged with another secret": lambda: signed("another-secret-that-is-long-enough-for-it"),
    "forged claims": with_other_claims,
    "alg none": lambda: unsigned({"alg": "none", "typ": "JWT"}),
    "alg None": lambda: unsigned({"alg": "None", "typ": "JWT"}),
    "alg none with a signature": lambda: unsigned({"alg": "none"}, signed().split(".")[2]),
    "no alg": lambda: unsigned({"typ": "JWT"}),
    "alg HS256 without a signature": lambda: unsigned({"alg": "HS256"}),
    "another algorithm": lambda: signed(SECRET * 2, algorithm="HS512"),
    "wrong issuer": lambda: signed(iss="somebody"),
    "wrong audience": lambda: signed(aud="somebody"),
    "no issuer": lambda: signed(iss=None),
    "no audience": lambda: signed(aud=None),
    "no subject": lambda: signed(sub=None),
    "no expiry": lambda: signed(exp=None),
    "no id": lambda: signed(jti=None),
    "not valid yet": lambda: signed(nbf=int(time.time()) + 600),
    "of the future": lambda: signed(iat=int(time.time()) + 600),
    "expiry is text": lambda: signed().replace(signed().split(".")[1], part(claims(exp="soon"))),
    "roles are text": lambda: signed(roles="admin"),
    "a header that names a key": lambda: unsigned({"alg": "HS256", "jwk": {"kty": "oct", "k": "AA"}}, "AA"),
    "nested deeply": lambda: f"{'e30' * 2600}.e30.AA",
    "too long": lambda: signed(padding="x" * 10_000),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_token_that_does_not_hold_is_refused(gateway: Gateway, name: str) -> None:
    answer = await gateway.query(WHO, token=BAD[name]())

    assert (answer.status, answer.code, answer.calls) == (401, "UNAUTHENTICATED", [])
    assert "data" not in answer.body
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert SECRET not in str(answer.body)
    assert (await gateway.query("{ viewer { roles } }")).data == {"viewer": {"roles": ["agent"]}}


@pytest.mark.parametrize("header", ["", "Bearer", "Basic Y2hyaXM6eA==", "Bearer a b", "Token x"])
async def test_a_header_that_holds_no_token_is_refused(gateway: Gateway, header: str) -> None:
    answer = await gateway.query(WHO, email=None, headers={"authorization": header})

    assert (answer.status, answer.code, answer.calls) == (401, "UNAUTHENTICATED", [])


async def test_without_a_token_each_field_says_that_it_needs_one(gateway: Gateway) -> None:
    answer = await gateway.query("{ listings { totalCount } notifications { totalCount } }", email=None)

    assert answer.body["data"] == {"listings": None, "notifications": None}
    assert answer.errors == [
        {"message": "This needs a bearer token.", "path": [name], "code": "UNAUTHENTICATED"}
        for name in ("listings", "notifications")
    ]
    assert answer.calls == []


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("createListing", {"address": "1 Nowhere"}),
        ("approveContent", {"id": "cnt_1"}),
        ("updateAgent", {"name": "Nobody"}),
        ("logout", {}),
    ],
)
async def test_without_a_token_nothing_is_changed(gateway: Gateway, mutation: str, given: dict[str, Any]) -> None:
    input_type = f"{mutation[0].upper()}{mutation[1:]}Input!"
    document = f"mutation ($input: {input_type}) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}"

    answer = await gateway.query(document, {"input": given}, email=None)

    assert (answer.code, answer.calls) == ("UNAUTHENTICATED", [])
    assert answer.body["data"] is None


async def test_a_user_who_is_no_more_has_nothing(gateway: Gateway) -> None:
    token = issue_token(gateway.settings, subject="usr_gone", roles=["agent"], agent_id="agt_gone")

    answer = await gateway.query(
        "{ viewer { roles user { email } agent { name } unreadNotificationCount } listings { totalCount } }",
        token=token,
    )

    assert answer.data == {
        "viewer": {"roles": ["agent"], "user": None, "agent": None, "unreadNotificationCount": 0},
        "listings": {"totalCount": 0},
    }


async def test_a_user_who_is_no_more_changes_nothing(gateway: Gateway) -> None:
    token = issue_token(gateway.settings, subject="usr_gone", roles=["agent"], agent_id="agt_gone")

    answer = await gateway.query(
        'mutation { updateAgent(input: {name: "Ghost"}) { agent { name } userErrors { field code } } }', token=token
    )

    assert answer.data == {"updateAgent": {"agent": None, "userErrors": [{"field": [], "code": "NOT_FOUND"}]}}


async def test_a_role_that_the_token_does_not_have_is_not_had(gateway: Gateway) -> None:
    everything = await gateway.query("{ listings { totalCount } }", email="admin@example.com")
    token = issue_token(gateway.settings, subject="usr_nobody", roles=["administrator", "ADMIN"], scopes=["admin"])

    answer = await gateway.query("{ listings { totalCount } }", token=token)

    assert everything.data["listings"]["totalCount"] >= 120
    assert answer.data == {"listings": {"totalCount": 0}}
