"""Registering, logging in, refreshing and logging out."""

import asyncio
from typing import Any

import jwt
import pytest

from app.server.authentication import issue_token
from tests.end_to_end.people import PASSWORD, Agent, new_agent
from tests.gateway import Gateway

TOKENS = "accessToken refreshToken expiresIn user { databaseId email roles } agent { databaseId name phone }"


async def public(gateway: Gateway, mutation: str, selection: str = TOKENS, **given: Any) -> Any:
    """The payload of a mutation that needs no token."""
    document = (
        f"mutation ($input: {mutation[0].upper()}{mutation[1:]}Input!) "
        f"{{ {mutation}(input: $input) {{ {selection} userErrors {{ field message code }} }} }}"
    )
    return (await gateway.query(document, {"input": given}, email=None)).data[mutation]


def refused(payload: dict[str, Any], code: str, field: list[str]) -> str:
    """The message of a refusal without tokens."""
    (error,) = payload.pop("userErrors")
    assert (error["code"], error["field"]) == (code, field)
    assert set(payload.values()) == {None}
    return str(error["message"])


async def works(gateway: Gateway, token: str) -> bool:
    return "errors" not in (await gateway.query("{ viewer { user { email } } }", token=token)).body


async def test_who_registers_is_logged_in_at_once(gateway: Gateway) -> None:
    registered = await public(
        gateway,
        "register",
        email="Lee.Park@Example.com",
        password=PASSWORD,
        agentName="Lee Park",
        phone="+1 512 555 0100",
    )

    assert registered["userErrors"] == []
    assert registered["expiresIn"] == 3600
    answer = await gateway.query(
        "{ viewer { roles user { databaseId email roles } agent { databaseId name phone } } listings { totalCount } }",
        token=registered["accessToken"],
    )
    assert answer.data == {
        "viewer": {"roles": ["agent"], "user": registered["user"], "agent": registered["agent"]},
        "listings": {"totalCount": 0},
    }
    assert registered["user"]["email"] == "lee.park@example.com"
    assert (registered["agent"]["name"], registered["agent"]["phone"]) == ("Lee Park", "+1 512 555 0100")


async def test_an_address_is_registered_once_however_it_is_written(gateway: Gateway, robin: Agent) -> None:
    for email in (robin.email, robin.email.upper().replace("EXAMPLE.COM", "example.com")):
        payload = await public(gateway, "register", email=email, password=PASSWORD, agentName="Robin Again")

        assert refused(payload, "EMAIL_TAKEN", ["email"]) == "This email address already has an account."


async def test_of_two_who_register_one_address_at_once_one_gets_it(gateway: Gateway) -> None:
    given = {"email": "twins@example.com", "password": PASSWORD, "agentName": "Twin"}

    payloads = await asyncio.gather(*(public(gateway, "register", **given) for _ in range(2)))

    codes = sorted([error["code"] for error in payload["userErrors"]] for payload in payloads)
    assert codes == [[], ["EMAIL_TAKEN"]]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"password": "seven77"}, ["password"]),
        ({"password": ""}, ["password"]),
        ({"password": "x" * 201}, ["password"]),
        ({"agentName": ""}, ["agentName"]),
        ({"agentName": "   "}, ["agentName"]),
        ({"agentName": "x" * 121}, ["agentName"]),
        ({"phone": "1"}, ["phone"]),
        ({"phone": "1" * 41}, ["phone"]),
    ],
)
async def test_a_registration_of_no_use_names_the_field(
    gateway: Gateway, changed: dict[str, Any], field: list[str]
) -> None:
    given = {"email": "nobody.yet@example.com", "password": PASSWORD, "agentName": "Nobody Yet", **changed}

    assert refused(await public(gateway, "register", **given), "BAD_USER_INPUT", field)


async def test_the_password_opens_the_account(gateway: Gateway, robin: Agent) -> None:
    payload = await public(gateway, "login", email=robin.email, password=PASSWORD)

    assert payload["userErrors"] == []
    assert payload["user"]["databaseId"] == robin.user_id
    assert await works(gateway, payload["accessToken"])


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("chris@example.com", "wrong-password"),
        ("chris@example.com", "demo-password-1 "),
        ("nobody@example.com", "demo-password-1"),
        ("nobody.yet@example.com", PASSWORD),
    ],
)
async def test_wrong_credentials_are_refused_alike(gateway: Gateway, email: str, password: str) -> None:
    payload = await public(gateway, "login", email=email, password=password)

    assert refused(payload, "INVALID_CREDENTIALS", []) == "The email address or the password is wrong."


async def test_a_refresh_token_gives_new_tokens(gateway: Gateway) -> None:
    agent = await new_agent(gateway)

    payload = await public(gateway, "refreshToken", refreshToken=agent.refresh_token)

    assert payload["userErrors"] == []
    assert payload["user"]["databaseId"] == agent.user_id
    assert payload["refreshToken"] != agent.refresh_token
    assert await works(gateway, payload["accessToken"])


async def test_a_refresh_token_used_twice_ends_its_family(gateway: Gateway, robin: Agent) -> None:
    first = await public(gateway, "login", email=robin.email, password=PASSWORD)
    second = await public(gateway, "refreshToken", refreshToken=first["refreshToken"])

    stolen = await public(gateway, "refreshToken", refreshToken=first["refreshToken"])
    after = await public(gateway, "refreshToken", refreshToken=second["refreshToken"])

    refused(stolen, "REFRESH_TOKEN_REUSED", [])
    refused(after, "INVALID_REFRESH_TOKEN", [])


async def test_the_reuse_of_one_family_leaves_the_others(gateway: Gateway, robin: Agent) -> None:
    here = await public(gateway, "login", email=robin.email, password=PASSWORD)
    there = await public(gateway, "login", email=robin.email, password=PASSWORD)
    for _ in range(2):
        await public(gateway, "refreshToken", refreshToken=here["refreshToken"])

    assert (await public(gateway, "refreshToken", refreshToken=there["refreshToken"]))["userErrors"] == []


async def test_of_two_refreshes_at_once_one_gets_tokens(gateway: Gateway, robin: Agent) -> None:
    login = await public(gateway, "login", email=robin.email, password=PASSWORD)

    payloads = await asyncio.gather(
        *(public(gateway, "refreshToken", refreshToken=login["refreshToken"]) for _ in range(2))
    )

    codes = sorted([error["code"] for error in payload["userErrors"]] for payload in payloads)
    assert codes == [[], ["REFRESH_TOKEN_REUSED"]]


@pytest.mark.parametrize("token", ["x", "rft_unknown", "../x", "\x00", "🏠", "x" * 2000])
async def test_an_unknown_refresh_token_is_refused(gateway: Gateway, token: str) -> None:
    payload = await public(gateway, "refreshToken", refreshToken=token)

    refused(payload, "INVALID_REFRESH_TOKEN", [])


@pytest.mark.parametrize("token", ["", "x" * 2001])
async def test_what_cannot_be_a_refresh_token_is_refused(gateway: Gateway, token: str) -> None:
    payload = await public(gateway, "refreshToken", refreshToken=token)

    refused(payload, "BAD_USER_INPUT", ["refreshToken"])


async def test_an_access_token_is_no_refresh_token(gateway: Gateway, robin: Agent) -> None:
    refused(await public(gateway, "refreshToken", refreshToken=robin.token), "INVALID_REFRESH_TOKEN", [])


async def test_logout_ends_the_access_token_at_once(gateway: Gateway, robin: Agent) -> None:
    agent = robin.elsewhere()
    assert await works(gateway, agent.token)

    assert await agent.mutate("logout", {}, "isLoggedOut") == {"isLoggedOut": True, "userErrors": []}

    answer = await agent.run("{ viewer { roles } }")
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    assert answer.body["errors"][0]["message"] == "The token has been revoked."
    assert await works(gateway, robin.token)


@pytest.mark.parametrize("given", ["with the refresh token", "without it"])
async def test_logout_ends_the_refresh_token_of_its_session(gateway: Gateway, robin: Agent, given: str) -> None:
    login = await public(gateway, "login", email=robin.email, password=PASSWORD)
    refresh_token = login["refreshToken"] if given == "with the refresh token" else None

    document = "mutation ($t: String) { logout(input: {refreshToken: $t}) { isLoggedOut userErrors { code } } }"
    answer = await gateway.query(document, {"t": refresh_token}, token=login["accessToken"])

    assert answer.data == {"logout": {"isLoggedOut": True, "userErrors": []}}
    refused(await public(gateway, "refreshToken", refreshToken=login["refreshToken"]), "INVALID_REFRESH_TOKEN", [])


async def test_nobody_logs_somebody_else_out(gateway: Gateway, robin: Agent, sam: Agent) -> None:
    login = await public(gateway, "login", email=robin.email, password=PASSWORD)

    payload = await sam.elsewhere().mutate("logout", {"refreshToken": login["refreshToken"]}, "isLoggedOut")

    assert payload == {"isLoggedOut": True, "userErrors": []}
    assert (await public(gateway, "refreshToken", refreshToken=login["refreshToken"]))["userErrors"] == []
    assert await works(gateway, login["accessToken"])


async def test_tokens_of_the_accounts_service_carry_the_claims(gateway: Gateway, robin: Agent) -> None:
    claims = jwt.decode(robin.token, options={"verify_signature": False})

    assert (claims["sub"], claims["email"], claims["agent_id"]) == (robin.user_id, robin.email, robin.agent_id)
    assert (claims["iss"], claims["aud"], claims["roles"], claims["scope"]) == ("atrium", "atrium", ["agent"], "agent")


async def test_a_change_of_the_profile_changes_what_was_given_and_nothing_else(gateway: Gateway, sam: Agent) -> None:
    await sam.mutate("updateAgent", {"name": "Sam Ray", "phone": "+1 512 555 0101"}, "")

    payload = await sam.mutate("updateAgent", {"phone": None}, "agent { name phone email }")

    assert payload == {"agent": {"name": "Sam Ray", "phone": None, "email": sam.email}, "userErrors": []}


async def test_a_client_may_send_its_expired_token_to_exchange_it(gateway: Gateway, robin: Agent) -> None:
    expired = issue_token(gateway.settings, subject="usr_1", lifetime=-60)
    tokens = await public(gateway, "login", email=robin.email, password=PASSWORD)
    refresh = """
        mutation ($token: String!) { ...Exchange }
        fragment Exchange on Mutation { refreshToken(input: {refreshToken: $token}) { accessToken } }
    """

    answer = await gateway.query(refresh, {"token": tokens["refreshToken"]}, token=expired)

    assert await works(gateway, answer.data["refreshToken"]["accessToken"])


async def test_an_expired_token_is_refused_beside_what_needs_none(gateway: Gateway) -> None:
    expired = issue_token(gateway.settings, subject="usr_1", lifetime=-60)
    login = 'login(input: {email: "a@b.example", password: "x"}) { expiresIn }'
    document = f"mutation {{ {login} logout(input: {{}}) {{ isLoggedOut }} }}"

    answer = await gateway.query(document, token=expired)

    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
