"""Customers, tokens and administration through the gateway: what works, who is refused, what cannot be used."""

from typing import Any

import pytest

from backends.sample.people import PEOPLE
from tests.end_to_end.people import new_agent
from tests.end_to_end.sockets import subscribed
from tests.gateway import Gateway
from tests.resolvers.ai_agents import done, mutate, reaches, refusals, running, somebody

FIELDS = "id databaseId companyName contactName email phone plan status"
BENNETT = {"companyName": "Bennett Homes", "contactName": "Chris Bennett", "email": "office@example.com"}
TOKENS = "accessToken refreshToken expiresIn user { databaseId roles } agent { name }"
KEY = {"apiKey": "development-admin-key"}
RECEIVED = "subscription { notificationReceived { notification { type title message isRead subject { __typename } } } }"


async def admin_token(gateway: Gateway) -> str:
    """A token for the admin key."""
    payload = (await mutate(gateway, "adminLogin", KEY, TOKENS, email=None)).data["adminLogin"]
    return str(payload["accessToken"])


# B01 to B03


async def test_tokens_are_given_renewed_and_revoked(gateway: Gateway) -> None:
    agent = await new_agent(gateway)
    given = {"email": agent.email, "password": "a-password-of-theirs"}
    login = (await mutate(gateway, "login", given, TOKENS, email=None)).data["login"]
    assert (login["userErrors"], login["user"]["databaseId"]) == ([], agent.user_id)

    old = {"refreshToken": login["refreshToken"]}
    renewed = (await mutate(gateway, "refreshToken", old, TOKENS, email=None)).data["refreshToken"]
    assert (renewed["userErrors"], renewed["user"]) == ([], login["user"])

    token = renewed["accessToken"]
    given = {"refreshToken": renewed["refreshToken"]}
    out = await mutate(gateway, "logout", given, "isLoggedOut", token=token)
    assert out.data["logout"] == {"isLoggedOut": True, "userErrors": []}
    assert (await gateway.query("{ viewer { roles } }", token=token)).code == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("mutation", "given", "code"),
    [
        ("login", {"email": "chris@example.com", "password": "not-the-password"}, "INVALID_CREDENTIALS"),
        ("login", {"email": "chris@example.com", "password": ""}, "BAD_USER_INPUT"),
        ("refreshToken", {"refreshToken": "rft_unknown"}, "INVALID_REFRESH_TOKEN"),
        ("refreshToken", {"refreshToken": ""}, "BAD_USER_INPUT"),
        ("adminLogin", {"apiKey": "another-key"}, "INVALID_API_KEY"),
        ("adminLogin", {"apiKey": ""}, "BAD_USER_INPUT"),
    ],
)
async def test_what_proves_nothing_gives_no_tokens(
    gateway: Gateway, mutation: str, given: dict[str, Any], code: str
) -> None:
    payload = (await mutate(gateway, mutation, given, TOKENS, email=None)).data[mutation]
    assert [error["code"] for error in payload.pop("userErrors")] == [code]
    assert set(payload.values()) == {None}


# B04 to B07


async def test_a_customer_is_made_read_changed_and_closed(gateway: Gateway) -> None:
    token = somebody(gateway)
    agent = await running(gateway, token)
    nobody = await gateway.query("{ viewer { customer { id } } }", token=token)
    assert nobody.data["viewer"] == {"customer": None}

    customer = await done(gateway, "createCustomer", BENNETT | {"phone": "12345"}, f"customer {{ {FIELDS} }}", token)

    assert customer == BENNETT | {
        "id": customer["id"],
        "databaseId": customer["databaseId"],
        "phone": "12345",
        "plan": "FREE",
        "status": "ACTIVE",
    }
    read = await gateway.query(f"{{ viewer {{ customer {{ {FIELDS} }} }} }}", token=token)
    assert read.data["viewer"]["customer"] == customer
    again = await refusals(gateway, "createCustomer", BENNETT, "customer { id }", token=token)
    assert again == [([], "CUSTOMER_EXISTS")]

    change = {"phone": None, "plan": "BUSINESS"}
    changed = await done(gateway, "updateCustomer", change, f"customer {{ {FIELDS} }}", token)
    assert changed == customer | change

    closed = await gateway.query(
        "mutation { deleteCustomer { customer { status } userErrors { code } } }",
        token=token,
    )
    assert closed.data["deleteCustomer"] == {"customer": {"status": "DELETED"}, "userErrors": []}
    await reaches(gateway, token, agent, "STOPPED")
    gone = await gateway.query("{ viewer { customer { id } } }", token=token)
    assert gone.data["viewer"] == {"customer": None}


async def test_who_is_no_customer_has_none_to_change_or_close(gateway: Gateway) -> None:
    token = somebody(gateway)
    refused = await refusals(gateway, "updateCustomer", {"plan": "FREE"}, "customer { id }", token=token)
    assert refused == [([], "NOT_FOUND")]
    closed = await gateway.query(
        "mutation { deleteCustomer { customer { id } userErrors { field code } } }",
        token=token,
    )
    assert closed.data["deleteCustomer"] == {"customer": None, "userErrors": [{"field": [], "code": "NOT_FOUND"}]}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"companyName": ""}, ["companyName"]),
        ({"contactName": " "}, ["contactName"]),
        ({"phone": "1"}, ["phone"]),
    ],
)
async def test_what_no_customer_can_be_is_a_user_error(
    gateway: Gateway, given: dict[str, Any], field: list[str]
) -> None:
    token, wrong = somebody(gateway), [(field, "BAD_USER_INPUT")]
    assert await refusals(gateway, "createCustomer", BENNETT | given, "customer { id }", token=token) == wrong
    await done(gateway, "createCustomer", BENNETT, "customer { id }", token)
    assert await refusals(gateway, "updateCustomer", given, "customer { id }", token=token) == wrong


async def test_the_customer_of_somebody_else_is_not_shown(gateway: Gateway) -> None:
    mine = await gateway.query("{ viewer { customer { id aiAgents { totalCount } teams { totalCount } } } }")
    assert mine.data["viewer"]["customer"].pop("id")
    assert mine.data["viewer"]["customer"] == {"aiAgents": {"totalCount": 6}, "teams": {"totalCount": 2}}
    theirs = "query ($id: ID!) { node(id: $id) { id } }"
    id = (await gateway.query("{ viewer { customer { id } } }")).data["viewer"]["customer"]["id"]
    assert (await gateway.query(theirs, {"id": id})).data == {"node": {"id": id}}
    assert (await gateway.query(theirs, {"id": id}, email="maria@example.com")).data == {"node": None}


# B23 to B26


async def test_the_admin_key_opens_what_only_admins_see(gateway: Gateway) -> None:
    payload = (await mutate(gateway, "adminLogin", KEY, TOKENS, email=None)).data["adminLogin"]
    assert payload["userErrors"] == []
    assert (payload["user"], payload["agent"]) == ({"databaseId": "usr_platform_admin", "roles": ["admin"]}, None)

    answer = await gateway.query(
        """{ admin {
            platformStats {
                users customers aiAgents { total running } teams tasks { total byStatus { status count } }
                listings characters contents posts socialAccounts
            }
            aiAgents(first: 100, filter: {search: "a"}) { nodes { customer { companyName } } }
        } }""",
        token=payload["accessToken"],
        explained=True,
    )

    stats = answer.data["admin"]["platformStats"]
    assert stats["users"] >= len(PEOPLE)
    assert stats["listings"] >= 120
    assert stats["aiAgents"]["total"] >= stats["aiAgents"]["running"] >= 5
    assert stats["tasks"]["total"] == sum(part["count"] for part in stats["tasks"]["byStatus"])
    companies = {
        agent["customer"] and agent["customer"]["companyName"] for agent in answer.data["admin"]["aiAgents"]["nodes"]
    }
    assert companies >= {"Bennett Homes", "Alvarez Coastal Realty"}
    paths = [call.partition("?")[0] for call in answer.calls]
    assert paths == ["GET /accounts/customers", "GET /agents/ai-agents", "GET /analytics/platform/stats"]
    assert len(paths) <= answer.most_calls


async def test_an_admins_list_has_at_most_a_hundred(gateway: Gateway) -> None:
    answer = await gateway.query("{ admin { aiAgents(first: 101) { totalCount } } }", email="admin@example.com")
    assert answer.code == "BAD_USER_INPUT"


async def test_a_broadcast_reaches_agents_live(gateway: Gateway) -> None:
    token = await admin_token(gateway)
    given = {"title": "Maintenance", "message": "We pause at midnight.", "audience": "AGENTS"}
    async with subscribed(gateway, gateway.token("priya@example.com"), RECEIVED) as stream:
        await stream.begun()
        answer = await mutate(gateway, "broadcast", given, "sentCount", token=token)
        event = await stream.event()

    payload = answer.data["broadcast"]
    assert payload["userErrors"] == []
    assert payload["sentCount"] >= len([person for person in PEOPLE if person.role == "agent"])
    assert event["notification"] == {
        "type": "system",
        "title": "Maintenance",
        "message": "We pause at midnight.",
        "isRead": False,
        "subject": None,
    }


@pytest.mark.parametrize(("given", "field"), [({"title": ""}, ["title"]), ({"message": " "}, ["message"])])
async def test_a_broadcast_says_something(gateway: Gateway, given: dict[str, Any], field: list[str]) -> None:
    body = {"title": "Hello", "message": "We are back."} | given
    answer = await mutate(gateway, "broadcast", body, "sentCount", email="admin@example.com")
    (error,) = answer.data["broadcast"]["userErrors"]
    assert (answer.data["broadcast"]["sentCount"], error["field"], error["code"]) == (0, field, "BAD_USER_INPUT")


FOR_ADMINS = [
    "{ admin { platformStats { users } } }",
    "{ admin { aiAgents { totalCount } } }",
    'mutation { broadcast(input: {title: "Hello", message: "We are back."}) { sentCount } }',
]


@pytest.mark.parametrize("document", FOR_ADMINS)
async def test_what_is_for_admins_needs_their_scope(gateway: Gateway, document: str) -> None:
    for email, code in (("chris@example.com", "FORBIDDEN"), (None, "UNAUTHENTICATED")):
        answer = await gateway.query(document, email=email)
        assert (answer.code, answer.calls) == (code, [])


NEED_A_TOKEN = [
    "mutation { logout(input: {}) { isLoggedOut } }",
    "{ viewer { customer { id } } }",
    """mutation {
        createCustomer(input: {companyName: "A", contactName: "B", email: "c@example.com"}) { userErrors { code } }
    }""",
    "mutation { updateCustomer(input: {plan: FREE}) { userErrors { code } } }",
    "mutation { deleteCustomer { userErrors { code } } }",
]


@pytest.mark.parametrize("document", NEED_A_TOKEN)
async def test_everything_about_customers_needs_a_token(gateway: Gateway, document: str) -> None:
    answer = await gateway.query(document, email=None)
    assert (answer.code, answer.calls) == ("UNAUTHENTICATED", [])


async def test_what_a_customer_makes_works_for_it(gateway: Gateway) -> None:
    agent = await new_agent(gateway)
    customer = await done(gateway, "createCustomer", BENNETT, "customer { id user { email } }", agent.token)
    assert customer["user"] == {"email": agent.email}
    given = {"name": "Bo", "kind": "REVIEWER"}
    made = await done(gateway, "createAiAgent", given, "aiAgent { customer { id } }", agent.token)
    assert made["customer"] == {"id": customer["id"]}
    team = await done(gateway, "createTeam", {"name": "Desk"}, "team { customer { id } }", agent.token)
    assert team["customer"] == {"id": customer["id"]}
