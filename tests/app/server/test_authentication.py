"""Bearer tokens: which are believed, which are refused, and what rotates."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from app.errors import BackendUnavailableError, UnauthenticatedError
from app.graph.principal import Principal, Revocations
from app.server.authentication import Authenticator, issue_token
from app.settings import Settings

SECRET = "a secret of at least thirty-two bytes"
NOW = 1_800_000_000.0
Claims: TypeAlias = dict[str, Any]
PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def revocations(clock: Clock) -> Revocations:
    return Revocations(clock)


def settings(**changes: Any) -> Settings:
    return Settings(jwt_secret=SECRET, **changes)


@pytest.fixture
def authenticator(clock: Clock, revocations: Revocations) -> Authenticator:
    return Authenticator(settings(), revocations, clock=clock)


def claims(**changes: Any) -> Claims:
    complete = {
        "iss": "atrium",
        "aud": "atrium",
        "sub": "usr_1",
        "iat": NOW - 60,
        "exp": NOW + 60,
        "jti": "token-1",
        "roles": ["agent"],
        "scope": "agent listings:write",
    }
    return {name: value for name, value in (complete | changes).items() if value is not None}


def bearer(payload: Claims, *, key: Any = SECRET, algorithm: str = "HS256", key_id: str | None = None) -> str:
    headers = {"kid": key_id} if key_id else None
    return "Bearer " + jwt.encode(payload, key, algorithm=algorithm, headers=headers)


async def refusal(authenticator: Authenticator, authorization: str) -> str:
    with pytest.raises(UnauthenticatedError) as raised:
        await authenticator.authenticate(authorization)
    return raised.value.message


async def test_a_good_token_proves_a_principal(authenticator: Authenticator) -> None:
    authorization = bearer(claims())
    assert await authenticator.authenticate(authorization) == Principal(
        subject="usr_1",
        token=authorization.removeprefix("Bearer "),
        token_id="token-1",
        expires_at=NOW + 60,
        roles=frozenset({"agent"}),
        scopes=frozenset({"agent", "listings:write"}),
        claims=claims(),
    )


async def test_without_a_header_nobody_asks(authenticator: Authenticator) -> None:
    assert await authenticator.authenticate(None) is None


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        ("", "The Authorization header must be 'Bearer <token>'."),
        ("Basic dXNlcjpwYXNz", "The Authorization header must be 'Bearer <token>'."),
        ("Bearer", "The Authorization header has no token after 'Bearer'."),
        ("Bearer   ", "The Authorization header has no token after 'Bearer'."),
        ("Bearer one two", "The Authorization header must hold exactly one token."),
        ("Bearer a,b", "The Authorization header must hold exactly one token."),
        ("Bearer " + "x" * 8193, "The token is longer than 8192 characters."),
        ("Bearer nonsense", "The token is not valid: not enough segments."),
    ],
)
async def test_a_malformed_header_is_refused(authenticator: Authenticator, authorization: str, message: str) -> None:
    assert await refusal(authenticator, authorization) == message


async def test_the_scheme_may_be_written_in_any_case(authenticator: Authenticator) -> None:
    authorization = bearer(claims()).replace("Bearer", "bEARER")
    assert await authenticator.authenticate(authorization) is not None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"iss": "other"}, "The token is not valid: invalid issuer."),
        ({"aud": "other"}, "The token is not valid: audience doesn't match."),
        ({"sub": None}, 'The token is not valid: token is missing the "sub" claim.'),
        ({"exp": None}, 'The token is not valid: token is missing the "exp" claim.'),
        ({"iat": None}, 'The token is not valid: token is missing the "iat" claim.'),
        ({"jti": None}, 'The token is not valid: token is missing the "jti" claim.'),
        ({"aud": None}, 'The token is not valid: token is missing the "aud" claim.'),
        ({"iss": None}, 'The token is not valid: token is missing the "iss" claim.'),
        ({"exp": "soon"}, "The token's exp must be a number."),
        ({"exp": True}, "The token's exp must be a number."),
        ({"iat": NOW + 11}, "The token is not valid yet."),
        ({"nbf": NOW + 11}, "The token is not valid yet."),
        ({"exp": NOW - 10}, "The token has expired."),
        ({"roles": "admin"}, "The token's roles must be a list of strings."),
        ({"roles": [1]}, "The token's roles must be a list of strings."),
        ({"scope": ["agent"]}, "The token's scope must be a string."),
    ],
)
async def test_a_token_with_other_claims_is_refused(
    authenticator: Authenticator, changes: Claims, message: str
) -> None:
    assert await refusal(authenticator, bearer(claims(**changes))) == message


@pytest.mark.parametrize("changes", [{"exp": NOW - 9}, {"iat": NOW + 10}, {"roles": None, "scope": None}])
async def test_clocks_may_differ_a_little_and_roles_may_be_absent(
    authenticator: Authenticator, changes: Claims
) -> None:
    assert await authenticator.authenticate(bearer(claims(**changes))) is not None


async def test_a_token_signed_with_another_secret_is_refused(authenticator: Authenticator) -> None:
    message = await refusal(authenticator, bearer(claims(), key="another secret of thirty-two bytes!!"))
    assert message == "The token is not valid: signature verification failed."


@pytest.mark.parametrize(("algorithm", "key"), [("none", None), ("HS512", SECRET * 2)])
async def test_a_token_of_another_algorithm_is_refused(
    authenticator: Authenticator, algorithm: str, key: str | None
) -> None:
    message = await refusal(authenticator, bearer(claims(), key=key, algorithm=algorithm))
    assert message == "The token is not valid: it must be signed with HS256."


async def test_a_verified_token_still_expires(authenticator: Authenticator, clock: Clock) -> None:
    authorization = bearer(claims())
    assert await authenticator.authenticate(authorization) is not None
    clock.now += 70
    assert await refusal(authenticator, authorization) == "The token has expired."


async def test_a_verified_token_can_still_be_revoked(authenticator: Authenticator, revocations: Revocations) -> None:
    authorization = bearer(claims())
    assert await authenticator.authenticate(authorization) is not None
    revocations.revoke("token-1", NOW + 60)
    assert await refusal(authenticator, authorization) == "The token has been revoked."


async def test_a_token_is_verified_once(authenticator: Authenticator) -> None:
    authorization = bearer(claims())
    first = await authenticator.authenticate(authorization)
    assert await authenticator.authenticate(authorization) is first


async def test_an_issued_token_is_believed(authenticator: Authenticator, clock: Clock) -> None:
    token = issue_token(settings(), subject="usr_2", roles=["admin"], agent_id="agt_1", lifetime=5, clock=clock)
    principal = await authenticator.authenticate(f"Bearer {token}")
    assert principal is not None
    assert principal.subject == "usr_2"
    assert principal.roles == principal.scopes == frozenset({"admin"})
    assert (principal.expires_at, principal.claims["agent_id"]) == (NOW + 5, "agt_1")
    assert "email" not in principal.claims


# Public keys


@dataclass
class Provider:
    """An identity provider: publishes keys, signs with them, and may be down."""

    algorithm: str = "EdDSA"
    keys: dict[str, PrivateKey] = field(default_factory=dict)
    is_down: bool = False
    fetched: int = 0
    published: Callable[[], Any] | None = None

    def rotate(self, key_id: str) -> None:
        self.keys = {key_id: PRIVATE_KEYS[self.algorithm]()}

    async def fetch(self) -> bytes:
        self.fetched += 1
        await asyncio.sleep(0)
        if self.is_down:
            raise ConnectionError("refused")
        documents = self.published() if self.published else self.documents()
        return json.dumps({"keys": documents}).encode()

    def documents(self) -> list[Claims]:
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        return [
            json.loads(algorithm.to_jwk(key.public_key())) | {"kid": key_id, "use": "sig"}
            for key_id, key in self.keys.items()
        ]

    def bearer(self, key_id: str, *, named: bool = True) -> str:
        return bearer(claims(), key=self.keys[key_id], algorithm=self.algorithm, key_id=key_id if named else None)


PRIVATE_KEYS: dict[str, Callable[[], PrivateKey]] = {
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


@pytest.fixture
def provider() -> Provider:
    provider = Provider()
    provider.rotate("one")
    return provider


def trusting(provider: Provider, clock: Clock, revocations: Revocations | None = None) -> Authenticator:
    chosen = settings(jwt_algorithm=provider.algorithm, jwt_jwks_url="http://identity/keys")
    return Authenticator(chosen, revocations or Revocations(clock), fetch=provider.fetch, clock=clock)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_tokens_are_verified_with_published_keys(algorithm: str, clock: Clock) -> None:
    provider = Provider(algorithm)
    provider.rotate("one")
    principal = await trusting(provider, clock).authenticate(provider.bearer("one"))
    assert principal is not None
    assert principal.subject == "usr_1"


async def test_keys_are_fetched_once_however_many_ask(provider: Provider, clock: Clock) -> None:
    authenticator = trusting(provider, clock)
    tokens = [
        bearer(claims(jti=str(number)), key=provider.keys["one"], algorithm="EdDSA", key_id="one")
        for number in range(5)
    ]
    await asyncio.gather(*(authenticator.authenticate(token) for token in tokens))
    assert provider.fetched == 1


async def test_a_rotated_key_is_found_and_the_old_one_no_longer_holds(provider: Provider, clock: Clock) -> None:
    authenticator = trusting(provider, clock)
    old = provider.bearer("one")
    await authenticator.authenticate(old)
    provider.rotate("two")
    clock.now += 30
    assert await authenticator.authenticate(provider.bearer("two")) is not None
    assert await refusal(authenticator, old) == "The token is not valid: it is signed with an unknown key."


async def test_unknown_keys_do_not_make_it_fetch_again_and_again(provider: Provider, clock: Clock) -> None:
    authenticator = trusting(provider, clock)
    await authenticator.authenticate(provider.bearer("one"))
    unknown = bearer(claims(), key=provider.keys["one"], algorithm="EdDSA", key_id="unknown")
    for _ in range(3):
        clock.now += 9
        await refusal(authenticator, unknown)
    assert provider.fetched == 1


async def test_known_keys_stay_good_while_the_provider_is_down(provider: Provider, clock: Clock) -> None:
    authenticator = trusting(provider, clock)
    await authenticator.authenticate(provider.bearer("one"))
    provider.is_down = True
    clock.now += 3600
    fresh = claims(iat=clock.now, exp=clock.now + 60)
    token = bearer(fresh, key=provider.keys["one"], algorithm="EdDSA", key_id="one")
    assert await authenticator.authenticate(token) is not None
    assert provider.fetched == 2


async def test_without_any_keys_a_token_is_neither_good_nor_bad(provider: Provider, clock: Clock) -> None:
    provider.is_down = True
    authenticator = trusting(provider, clock)
    with pytest.raises(BackendUnavailableError, match=r"The keys that sign tokens cannot be fetched\."):
        await authenticator.authenticate(provider.bearer("one"))
    provider.is_down = False
    clock.now += 30
    assert await authenticator.authenticate(provider.bearer("one")) is not None


async def test_a_token_that_names_no_key_is_verified_with_the_only_one(provider: Provider, clock: Clock) -> None:
    authenticator = trusting(provider, clock)
    assert await authenticator.authenticate(provider.bearer("one", named=False)) is not None


async def test_keys_for_other_purposes_are_passed_over(provider: Provider, clock: Clock) -> None:
    signing = provider.documents()[0]
    provider.published = lambda: [
        signing,
        {**signing, "kid": "encrypts", "use": "enc"},
        {**signing, "kid": "other", "alg": "RS256"},
        {"kid": "secret", "kty": "oct", "k": "c2VjcmV0"},
    ]
    authenticator = trusting(provider, clock)
    assert await authenticator.authenticate(provider.bearer("one", named=False)) is not None


async def test_a_public_key_is_no_secret_to_sign_with(provider: Provider, clock: Clock) -> None:
    authenticator = trusting(provider, clock)
    forged = bearer(claims(), key=provider.documents()[0]["x"], algorithm="HS256", key_id="one")
    assert await refusal(authenticator, forged) == "The token is not valid: it must be signed with EdDSA."
    assert provider.fetched == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"jwt_algorithm": "none"}, "Without JWT_JWKS_URL, JWT_ALGORITHM must be HS256."),
        ({"jwt_algorithm": "RS256"}, "Without JWT_JWKS_URL, JWT_ALGORITHM must be HS256."),
        (
            {"jwt_jwks_url": "http://identity/keys"},
            "With JWT_JWKS_URL, JWT_ALGORITHM must be one of RS256, ES256, EdDSA.",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(provider: Provider, changes: Claims, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Authenticator(settings(**changes), Revocations(), fetch=provider.fetch)


def test_tokens_for_somebody_elses_keys_cannot_be_issued() -> None:
    with pytest.raises(ValueError, match="Tokens are signed by whoever owns the keys of JWT_JWKS_URL"):
        issue_token(settings(jwt_jwks_url="http://identity/keys"), subject="usr_1")
