"""Who may subscribe, and for how long: tokens at the start of a socket, and after a logout."""

import pytest
import websockets
from websockets.asyncio.client import connect

from app.server.authentication import issue_token
from tests.end_to_end.people import Agent
from tests.end_to_end.sockets import Stream, socket, subscribed
from tests.gateway import Gateway

SUBSCRIPTIONS = [
    "subscription { contentChanged { cursor } }",
    "subscription { notificationReceived { cursor } }",
    'subscription { taskProgress(taskId: "tsk_1") { cursor } }',
]
CONTENT_CHANGED = SUBSCRIPTIONS[0]


async def closing(gateway: Gateway, token: str) -> tuple[int, str]:
    """The code and the reason with which a socket is closed that begins with this token."""
    protocol = websockets.Subprotocol("graphql-transport-ws")
    async with connect(f"ws://127.0.0.1:{gateway.port}/graphql", subprotocols=[protocol]) as connection:
        stream = Stream(connection)
        await stream.send({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        with pytest.raises(websockets.ConnectionClosed) as raised:
            await stream.receive()
    close = raised.value.rcvd
    assert close is not None
    return close.code, close.reason


async def logged_out(agent: Agent) -> None:
    assert await agent.mutate("logout", {}, "isLoggedOut") == {"isLoggedOut": True, "userErrors": []}


@pytest.mark.parametrize("document", SUBSCRIPTIONS)
async def test_nobody_subscribes_without_a_token(gateway: Gateway, document: str) -> None:
    async with subscribed(gateway, None, document) as stream:
        error = await stream.refusal()
        await stream.send({"id": "2", "type": "subscribe", "payload": {"query": "{ __typename }"}})
        assert (await stream.receive())["payload"] == {"data": {"__typename": "Query"}}

    assert (error["message"], error["extensions"]["code"]) == ("This needs a bearer token.", "UNAUTHENTICATED")


async def test_a_socket_knows_who_opened_it(gateway: Gateway, robin: Agent) -> None:
    agent = robin.elsewhere()
    async with subscribed(gateway, agent.token, "{ viewer { user { email } } }") as stream:
        assert await stream.rest() == [{"user": {"email": agent.email}}]


@pytest.mark.parametrize("token", ["nonsense", "a.b.c"])
async def test_a_token_that_is_none_closes_the_socket(gateway: Gateway, token: str) -> None:
    code, reason = await closing(gateway, token)

    assert code == 4403
    assert reason.startswith("The token is not valid")


async def test_an_expired_token_closes_the_socket(gateway: Gateway) -> None:
    expired = issue_token(gateway.settings, subject="usr_1", lifetime=-60)

    assert await closing(gateway, expired) == (4403, "The token has expired.")


async def test_after_logout_the_open_socket_runs_nothing_more(gateway: Gateway, robin: Agent) -> None:
    agent = robin.elsewhere()
    async with socket(gateway, agent.token) as stream:
        await logged_out(agent)
        for document in ("{ viewer { roles } }", CONTENT_CHANGED):
            await stream.subscribe(document)
            error = await stream.refusal()
            assert (error["message"], error["extensions"]["code"]) == ("The token has been revoked.", "UNAUTHENTICATED")


async def test_after_logout_a_stream_ends_instead_of_showing_another_event(gateway: Gateway, robin: Agent) -> None:
    agent = robin.elsewhere()
    async with subscribed(gateway, agent.token, CONTENT_CHANGED) as stream:
        assert await stream.is_quiet()
        await logged_out(agent)
        again = agent.elsewhere()
        await again.have_written(await again.list_property(), ["EMAIL"])
        assert await stream.refusal_code() == "UNAUTHENTICATED"


async def test_after_logout_the_token_opens_no_socket(gateway: Gateway, robin: Agent) -> None:
    agent = robin.elsewhere()
    await logged_out(agent)

    assert await closing(gateway, agent.token) == (4403, "The token has been revoked.")


async def test_one_socket_carries_queries_mutations_and_subscriptions(gateway: Gateway, robin: Agent) -> None:
    agent = robin.elsewhere()
    listing = await agent.list_property()
    mutation = (
        f'mutation {{ createContentForListing(input: {{listingId: "{listing}", contentTypes: [EMAIL]}}) '
        "{ userErrors { code } task { listing { address } } } }"
    )
    async with subscribed(gateway, agent.token, CONTENT_CHANGED) as stream:
        await stream.send({"id": "2", "type": "subscribe", "payload": {"query": mutation}})
        messages = [await stream.receive() for _ in range(3)]

    by_id = {"1": [], "2": []}  # type: dict[str, list[object]]
    for message in messages:
        by_id[message["id"]].append(message["type"])
    assert by_id == {"1": ["next"], "2": ["next", "complete"]}
