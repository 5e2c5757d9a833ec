"""Who is behind a socket: authentication, tokens that run out, tokens that are renewed in-band."""

import time
from collections.abc import AsyncIterator
from unittest.mock import ANY

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.graph.principal import Revocations
from app.server.authentication import Authenticator
from app.server.websocket import WebSocketSettings
from app.settings import Settings
from tests.app.server.live_graph import LiveGraph, bearer, live_graph, token

EVENTS = "subscription { events { id token } }"


class Clock:
    """Real time, seen from further ahead once a test says so."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
async def graph() -> AsyncIterator[LiveGraph]:
    async with live_graph() as graph:
        yield graph


def unauthenticated(id_: str, message: str) -> dict[str, object]:
    error = {"message": message, "extensions": {"code": "UNAUTHENTICATED", "requestId": ANY}}
    return {"id": id_, "type": "error", "payload": [error]}


def event(id_: str, name: str, token: str) -> dict[str, object]:
    return {"id": id_, "type": "next", "payload": {"data": {"events": {"id": name, "token": token}}}}


@pytest.mark.parametrize(
    ("payload", "header", "subject"),
    [
        (None, None, None),
        ({}, None, None),
        ({"authorization": None, "headers": None}, None, None),
        ({"authorization": ""}, None, None),
        ({"authorization": "usr_1"}, None, "usr_1"),
        ({"Authorization": "usr_1"}, None, "usr_1"),
        ({"headers": {"Authorization": "usr_1"}}, None, "usr_1"),
        ({"headers": {"authorization": "usr_1"}, "other": 1}, None, "usr_1"),
        (None, "usr_2", "usr_2"),
        ({"authorization": "usr_1"}, "usr_2", "usr_1"),
    ],
)
async def test_the_token_is_taken_from_the_payload_or_else_from_the_handshake(
    graph: LiveGraph, payload: dict[str, object] | None, header: str | None, subject: str | None
) -> None:
    def signed(value: object) -> object:
        if isinstance(value, dict):
            return {name: signed(inner) for name, inner in value.items()}
        return bearer(value) if isinstance(value, str) and value else value

    async with graph.connect(headers={"Authorization": bearer(header)} if header else None) as client:
        await client.initialise(signed(payload))
        await client.subscribe("1", "{ me }")
        assert await client.receive() == {"id": "1", "type": "next", "payload": {"data": {"me": subject}}}


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        ("Basic abc", "The Authorization header must be 'Bearer <token>'."),
        (f"Bearer {token(lifetime=-60)}", "The token has expired."),
    ],
)
async def test_a_token_that_does_not_hold_closes_the_socket(graph: LiveGraph, authorization: str, reason: str) -> None:
    async with graph.connect() as client:
        await client.send({"type": "connection_init", "payload": {"authorization": authorization}})
        assert await client.closed() == (4403, reason)
    async with graph.connect(headers={"Authorization": authorization}) as client:
        await client.send({"type": "connection_init"})
        assert await client.closed() == (4403, reason)


async def test_without_a_token_what_needs_one_is_unauthenticated(graph: LiveGraph) -> None:
    async with graph.connect() as client:
        await client.initialise()
        await client.subscribe("1", EVENTS)
        await client.is_quiet()
        await graph.append("a")
        assert await client.receive() == unauthenticated("1", "This needs a bearer token.")
    assert graph.log.readers == 0


async def test_streams_end_with_an_error_when_the_token_expires_and_the_socket_stays(graph: LiveGraph) -> None:
    async with graph.connect() as client:
        await client.initialise({"authorization": f"Bearer {token(lifetime=1.9)}"})
        await client.subscribe("1", EVENTS)
        await client.subscribe("2", EVENTS)
        ended = await client.transcript(2)
        assert sorted(ended, key=lambda message: str(message["id"])) == [
            unauthenticated("1", "The token has expired."),
            unauthenticated("2", "The token has expired."),
        ]
        assert graph.log.readers == 0
        await client.subscribe("3", "{ me }")
        assert await client.receive() == unauthenticated("3", "The token has expired.")
        await client.send({"type": "ping", "payload": {"authorization": bearer()}})
        assert await client.receive() == {"type": "pong", "payload": {"authenticated": True}}
        await client.subscribe("3", "{ me }")
        assert await client.receive() == {"id": "3", "type": "next", "payload": {"data": {"me": "usr_1"}}}


async def test_a_new_token_given_by_ping_carries_the_streams_on() -> None:
    clock = Clock()
    async with live_graph(WebSocketSettings(clock=clock)) as graph, graph.connect() as client:
        first, second = token(lifetime=60), token(lifetime=3600)
        await client.initialise({"authorization": f"Bearer {first}"})
        await client.subscribe("1", EVENTS)
        await graph.graph.running.reaches(1)
        await graph.append("a")
        assert await client.receive() == event("1", "a", first)

        await client.send({"type": "ping", "payload": {"Authorization": f"Bearer {second}"}})
        assert await client.receive() == {"type": "pong", "payload": {"authenticated": True}}
        clock.ahead = 120  # the first token is over by now
        await graph.append("b")
        assert await client.receive() == event("1", "b", second)

        clock.ahead = 7200
        await graph.append("c")
        assert await client.receive() == unauthenticated("1", "The token has expired.")


async def test_a_stream_outlives_the_first_token_once_there_is_a_second(graph: LiveGraph) -> None:
    short, long = token(lifetime=2.9), token()
    async with graph.connect() as client:
        await client.initialise({"authorization": f"Bearer {short}"})
        await client.subscribe("renewed", EVENTS)
        await graph.graph.running.reaches(1)
        await client.send({"type": "ping", "payload": {"authorization": f"Bearer {long}"}})
        assert await client.receive() == {"type": "pong", "payload": {"authenticated": True}}
        async with graph.connect() as other:
            await other.initialise({"authorization": f"Bearer {short}"})
            await other.subscribe("not renewed", EVENTS)
            assert await other.receive() == unauthenticated("not renewed", "The token has expired.")
        await graph.append("a")
        assert await client.receive() == event("renewed", "a", long)


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        ("Bearer nonsense", "The token is not valid: not enough segments."),
        (bearer("usr_2"), "The token is of another user."),
    ],
)
async def test_a_bad_token_or_one_of_another_user_given_by_ping_closes_the_socket(
    graph: LiveGraph, authorization: str, reason: str
) -> None:
    async with graph.connect() as client:
        await client.initialise({"authorization": bearer()})
        await client.subscribe("1", EVENTS)
        await client.send({"type": "ping", "payload": {"authorization": authorization}})
        assert await client.closed() == (4403, reason)
    await graph.server.idle()
    assert graph.log.readers == 0


async def test_a_client_whose_token_cannot_be_checked_is_told_to_try_again_later() -> None:
    async def unreachable() -> bytes:
        raise OSError("no route to host")

    settings = Settings(_env_file=None, jwt_algorithm="ES256", jwt_jwks_url="https://keys.example")
    signed = jwt.encode({"sub": "usr_1"}, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256")
    authenticator = Authenticator(settings, Revocations(), fetch=unreachable)
    async with live_graph(authenticator=authenticator) as graph, graph.connect() as client:
        await client.send({"type": "connection_init", "payload": {"authorization": f"Bearer {signed}"}})
        assert await client.closed() == (1013, "The keys that sign tokens cannot be fetched.")


async def test_a_socket_without_a_token_may_be_given_one(graph: LiveGraph) -> None:
    async with graph.connect() as client:
        await client.initialise()
        await client.send({"type": "ping", "payload": {"authorization": bearer()}})
        assert await client.receive() == {"type": "pong", "payload": {"authenticated": True}}
        await client.subscribe("1", "{ me }")
        assert (await client.receive())["payload"] == {"data": {"me": "usr_1"}}


async def test_nothing_is_shown_to_a_token_that_was_revoked(graph: LiveGraph) -> None:
    async with graph.connect() as client:
        await client.initialise({"authorization": bearer()})
        await client.subscribe("1", "subscription { events { id } }")
        await graph.graph.running.reaches(1)
        [principal] = [context.principal for context in graph.graph.contexts]
        assert principal is not None
        graph.revocations.revoke(principal.token_id, principal.expires_at)
        await graph.append("a")
        assert await client.receive() == unauthenticated("1", "The token has been revoked.")
    assert graph.log.readers == 0


async def test_every_event_has_a_context_of_its_own(graph: LiveGraph) -> None:
    async with graph.connect(
        headers={"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "a=1"}
    ) as client:
        await client.initialise({"authorization": bearer()})
        await client.subscribe("1", "subscription { events { request } }")
        await graph.graph.running.reaches(1)
        for name in ("a", "b", "c"):
            await graph.append(name)
            await client.receive()
        first, *others = graph.graph.contexts
        assert len(others) == 3
        assert len({id(context) for context in (first, *others)}) == 4
        assert {context.request_id for context in others} == {first.request_id}
        traces = [context.caller.trace for context in others]
        assert {trace and (trace.trace_id, trace.tracestate) for trace in traces} == {
            ("0af7651916cd43dd8448eb211c80319c", "a=1")
        }
