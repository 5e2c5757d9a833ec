"""What goes out with a call, and that nothing a user sends can break out of its place."""

import re

import pytest

from app.errors import BadUserInputError, GatewayError, RequestError, UnauthenticatedError
from app.rest import Caller, Client, Deadline, RestClient, Service
from app.rest.route import target
from app.rest.service import Origin
from app.settings import ServiceSettings
from app.telemetry import TraceContext
from tests.app.rest.backend import THINGS, Request, Thing, answering, caller, calling

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def well(request: Request) -> None:
    await request.answer()


class ThingClient(Client):
    service = THINGS

    async def by_id(self, thing_id: str) -> Thing:
        return await self.get("/things/{id}", Thing, params={"id": thing_id})

    async def renamed(self, thing_id: str, name: str) -> Thing:
        return await self.send(
            "PATCH", "/things/{id}", Thing, body={"name": name}, idempotency_key="k1", params={"id": thing_id}
        )


async def test_a_read_forwards_the_token_the_request_id_and_the_trace() -> None:
    async with answering(well) as backend, calling(backend) as client:
        who = caller(trace=TraceContext(TRACE.encode(), b"vendor=1"))
        await client.get(who, "/things", Thing)
        headers = backend.requests[0].headers
        assert re.fullmatch(f"{TRACE[:36]}[0-9a-f]{{16}}-01", headers.pop("traceparent"))
        assert float(headers.pop("x-request-timeout")) <= 5.0
        assert headers == {
            "host": f"127.0.0.1:{backend.port}",
            "accept": "application/json",
            "accept-encoding": "identity",
            "user-agent": "atrium",
            "authorization": "Bearer t",
            "x-request-id": "r1",
            "tracestate": "vendor=1",
        }


async def test_a_write_forwards_the_same_and_its_key_and_body() -> None:
    async with answering(well) as backend, calling(backend) as client:
        await ThingClient(client, caller(trace=TraceContext(TRACE.encode(), b"vendor=1"))).renamed("t 1", "new")
        request = backend.requests[0]
        headers = request.headers
        assert re.fullmatch(f"{TRACE[:36]}[0-9a-f]{{16}}-01", headers.pop("traceparent"))
        assert float(headers.pop("x-request-timeout")) <= 5.0
        assert headers == {
            "host": f"127.0.0.1:{backend.port}",
            "accept": "application/json",
            "accept-encoding": "identity",
            "user-agent": "atrium",
            "connection": "keep-alive",
            "authorization": "Bearer t",
            "x-request-id": "r1",
            "tracestate": "vendor=1",
            "idempotency-key": "k1",
            "content-type": "application/json",
            "content-length": "14",
        }
        assert (backend.calls, request.body) == (["PATCH /things/t%201"], b'{"name":"new"}')


async def test_every_call_is_a_span_of_its_own_in_the_same_trace() -> None:
    async with answering(well) as backend, calling(backend) as client:
        for _ in range(3):
            await client.get(caller(trace=TraceContext(TRACE.encode())), "/things", Thing)
        spans = {request.headers["traceparent"] for request in backend.requests}
        assert len(spans) == 3
        assert {span[:35] for span in spans} == {TRACE[:35]}
        assert TRACE not in spans


@pytest.mark.parametrize("trace", [None, "", "garbage", f"ff{TRACE[2:]}", f"{TRACE}\r\nx: y", TRACE.upper()])
async def test_a_trace_context_that_does_not_hold_is_not_passed_on(trace: str | None) -> None:
    received = None if trace is None else trace.encode()
    async with answering(well) as backend, calling(backend) as client:
        await client.get(caller(trace=TraceContext(received, b"vendor=1")), "/things", Thing)
        headers = backend.requests[0].headers
        assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", headers["traceparent"])
        assert headers["traceparent"][:35] != TRACE[:35]
        assert not {"tracestate", "x"} & headers.keys()


async def test_without_a_trace_context_none_is_sent() -> None:
    async with answering(well) as backend, calling(backend) as client:
        await client.get(caller(), "/things", Thing)
        assert not {"traceparent", "tracestate"} & backend.requests[0].headers.keys()


@pytest.mark.parametrize("poison", ["a\r\nx-admin: 1", "a\nb", "a\rb", "a\x00b", "a\x7fb", "é", "\ud800"])
async def test_a_value_that_could_break_out_of_its_header_is_refused_and_nothing_is_sent(poison: str) -> None:
    async with answering(well) as backend, calling(backend) as client:

        async def refused_as(kind: type[GatewayError], who: Caller, key: str = "k") -> None:
            with pytest.raises(kind):
                await client.send(who, "POST", "/things", Thing, body={}, idempotency_key=key)
            if key == "k":
                with pytest.raises(kind):
                    await client.get(who, "/things", Thing)

        await refused_as(UnauthenticatedError, caller(authorization=f"Bearer {poison}"))
        await refused_as(RequestError, Caller("Bearer t", poison, Deadline.after(5)))
        await refused_as(RequestError, caller(), key=poison)
        assert backend.requests == []


@pytest.mark.parametrize("thing_id", ["", ".", "..", "a/../b", "/", "..\\b", "a\r\nb", "a\x00", "\ud800"])
async def test_an_id_that_could_change_the_route_is_refused_and_nothing_is_sent(thing_id: str) -> None:
    async with answering(well) as backend, calling(backend) as client:
        with pytest.raises(BadUserInputError):
            await ThingClient(client, caller()).by_id(thing_id)
        assert backend.connections == 0


@pytest.mark.parametrize(
    ("thing_id", "path"),
    [
        ("lst_1", "/things/lst_1"),
        ("a b", "/things/a%20b"),
        ("a?b=c#d", "/things/a%3Fb%3Dc%23d"),
        ("%2e%2e%2fb", "/things/%252e%252e%252fb"),
        ("é", "/things/%C3%A9"),
        ("{id}", "/things/%7Bid%7D"),
    ],
)
async def test_any_other_id_is_quoted_into_one_segment(thing_id: str, path: str) -> None:
    async with answering(well) as backend, calling(backend) as client:
        await ThingClient(client, caller()).by_id(thing_id)
        assert backend.calls == [f"GET {path}"]


def test_query_values_are_quoted_and_keep_their_order() -> None:
    query = (("ids", "a,b"), ("search", "x&y=z #1\r\n+é"), ("order", "-created_at"), ("empty", ""))
    assert target("/things", query) == (
        "/things?ids=a,b&search=x%26y%3Dz%20%231%0D%0A%2B%C3%A9&order=-created_at&empty="
    )


def test_a_query_value_that_is_not_text_is_refused() -> None:
    with pytest.raises(BadUserInputError):
        target("/things", (("search", "\ud800"),))


@pytest.mark.parametrize("route", ["things", "/things?x=1", "/a/../b", "/.", "/things/a b", "/things//x", "", "/x\n"])
def test_a_route_with_values_written_into_it_is_a_mistake(route: str) -> None:
    with pytest.raises(ValueError, match="is not a route"):
        target(route)


def test_params_that_do_not_fit_the_route_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="other placeholders"):
        target("/things/{id}", (), {"name": "x"})
    with pytest.raises(ValueError, match="other placeholders"):
        target("/things/{id}")


async def test_a_service_may_be_mounted_under_a_path() -> None:
    async with answering(well) as backend:
        settings = ServiceSettings(url=f"{backend.url}/things/")
        client = RestClient(THINGS, settings)
        await client.get(caller(), "/health", Thing)
        await client.send(caller(), "POST", "/things", Thing, idempotency_key="k")
        await client.aclose()
        assert backend.calls == ["GET /things/health", "POST /things/things"]


async def test_without_a_url_a_service_is_expected_on_its_port() -> None:
    async with answering(well) as backend:
        client = RestClient(Service("things", backend.port), ServiceSettings(url=None))
        assert await client.get(caller(), "/things", Thing) == Thing("t1")
        await client.aclose()


@pytest.mark.parametrize(
    ("url", "origin", "authority"),
    [
        ("http://listings", Origin("http", "listings", 80, ""), "listings"),
        ("https://Listings.example/", Origin("https", "listings.example", 443, ""), "listings.example"),
        ("https://l.example:8443/api/v1/", Origin("https", "l.example", 8443, "/api/v1"), "l.example:8443"),
        ("http://[::1]:8004", Origin("http", "::1", 8004, ""), "[::1]:8004"),
    ],
)
def test_a_url_names_an_origin(url: str, origin: Origin, authority: str) -> None:
    assert Origin.parse(url) == origin
    assert origin.authority == authority


@pytest.mark.parametrize(
    "url",
    [
        "listings:8004",
        "ftp://x",
        "http://",
        "http://u:p@x",
        "http://:p@x",
        "http://x?y",
        "http://x#y",
        "http://x/a b",
        "http://x:99999",
        "http://a_b c",
        "http://x/\r\nhost: y",
        "http://é",
    ],
)
def test_a_url_that_names_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"http|host|port|scheme|Port"):
        Origin.parse(url)
