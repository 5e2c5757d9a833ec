"""POST /events over real HTTP: what is taken, what is refused and how."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus

import httpx
import pytest
from starlette.applications import Starlette

from app.events import CloudEvent, EventLog, MemoryStore
from app.server.ingress import create_ingress
from tests.app.server.serving import serving

KEY = "the-service-key"
ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


def event(name: str, **attributes: object) -> dict[str, object]:
    return {"specversion": "1.0", "id": name, "source": "/agents", "type": "task.progressed"} | attributes


@dataclass(frozen=True, slots=True)
class Ingress:
    client: httpx.AsyncClient
    log: EventLog
    start: str

    async def post(self, body: object, content_type: str | None = ONE, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"X-Service-Key": KEY} | ({"Content-Type": content_type} if content_type else {})
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post("/events", content=content, headers=sent)

    async def logged(self) -> list[CloudEvent]:
        """What is in the log, up to now."""
        end = self.log.head()
        events: list[CloudEvent] = []
        if end != self.start:
            async for logged in self.log.read(types=["task.progressed"], after=self.start, visible_to=lambda _: True):
                events.append(logged.event)
                if logged.cursor == end:
                    break
        return events


@pytest.fixture
async def ingress() -> AsyncIterator[Ingress]:
    log = EventLog(MemoryStore())
    app = Starlette(routes=[create_ingress(log, KEY, max_body_bytes=10_000)])
    async with serving(app) as server, httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        yield Ingress(client, log, log.head())


def problem(status: int, title: str, code: str, detail: str, *errors: dict[str, object]) -> dict[str, object]:
    document: dict[str, object] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return document | ({"errors": list(errors)} if errors else {})


async def test_one_event_is_appended(ingress: Ingress) -> None:
    sent = event("1", subject="tsk_1", owner="usr_1", time="2026-05-01T10:00:00Z", data={"task": {"id": "tsk_1"}})
    answer = await ingress.post(sent, "application/cloudevents+json; charset=utf-8")
    assert (answer.status_code, answer.content) == (204, b"")
    assert await ingress.logged() == [CloudEvent.model_validate(sent)]


async def test_a_batch_is_appended_in_its_order(ingress: Ingress) -> None:
    answer = await ingress.post([event("1"), event("2"), event("3")], BATCH)
    assert answer.status_code == 204
    assert [logged.id for logged in await ingress.logged()] == ["1", "2", "3"]


async def test_an_empty_batch_is_a_batch(ingress: Ingress) -> None:
    assert (await ingress.post([], BATCH)).status_code == 204
    assert await ingress.logged() == []


async def test_a_duplicate_is_answered_like_the_first_and_appended_once(ingress: Ingress) -> None:
    assert (await ingress.post(event("1"))).status_code == 204
    assert (await ingress.post(event("1"))).status_code == 204
    assert (await ingress.post([event("1"), event("2"), event("2")], BATCH)).status_code == 204
    assert [logged.id for logged in await ingress.logged()] == ["1", "2"]


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("application/json", b'{"task": 1}', {"datacontenttype": "application/json", "data": {"task": 1}}),
        ("text/plain", "grün".encode(), {"datacontenttype": "text/plain", "data": "grün"}),
        ("image/png", b"\x00\xff", {"datacontenttype": "image/png", "data_base64": "AP8="}),
        (None, b"", {}),
    ],
)
async def test_an_event_in_binary_mode_is_appended(
    ingress: Ingress, content_type: str | None, body: bytes, expected: dict[str, object]
) -> None:
    answer = await ingress.post(
        body,
        content_type,
        ce_specversion="1.0",
        ce_id="1",
        ce_source="/agents",
        ce_type="task.progressed",
        ce_subject="Gr%C3%BC%C3%9Fe",
        ce_owner="usr_1",
    )
    assert answer.status_code == 204
    assert await ingress.logged() == [CloudEvent.model_validate(event("1", subject="Grüße", owner="usr_1") | expected)]


@pytest.mark.parametrize("key", [{}, {"X-Service-Key": ""}, {"X-Service-Key": "wrong"}, {"X-Service-Key": "\xfc"}])
async def test_without_the_service_key_nothing_is_read(ingress: Ingress, key: dict[str, str]) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in key.items()]
    answer = await ingress.client.post("/events", content=b"\xff" * 20_000, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == problem(401, "Unauthorized", "UNAUTHENTICATED", "X-Service-Key is missing or wrong.")


async def test_a_body_over_the_limit_is_refused(ingress: Ingress) -> None:
    answer = await ingress.post(event("1", data="x" * 10_000))
    assert answer.status_code == 413
    assert answer.json() == problem(
        413, HTTPStatus(413).phrase, "PAYLOAD_TOO_LARGE", "The body is longer than 10000 bytes."
    )
    assert await ingress.logged() == []


@pytest.mark.parametrize("content_type", [None, "application/json", "application/cloudevents+avro"])
async def test_another_media_type_is_refused(ingress: Ingress, content_type: str | None) -> None:
    answer = await ingress.post(event("1"), content_type)
    assert answer.status_code == 415
    assert answer.json() == problem(
        415,
        "Unsupported Media Type",
        "UNSUPPORTED_MEDIA_TYPE",
        f"Send {ONE}, {BATCH} or an event in binary mode (ce-* headers).",
    )


async def test_an_encoded_body_is_refused(ingress: Ingress) -> None:
    answer = await ingress.post(event("1"), Content_Encoding="gzip")
    assert (answer.status_code, answer.json()["detail"]) == (415, "The body must not be encoded.")


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 9000, b'{"id": NaN}', b'"\xff"'])
async def test_what_is_not_json_is_refused(ingress: Ingress, body: bytes) -> None:
    answer = await ingress.post(body)
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_USER_INPUT")
    assert answer.json()["detail"].startswith("The body is not JSON: ")


async def test_an_event_that_is_none_is_refused_with_what_is_wrong(ingress: Ingress) -> None:
    answer = await ingress.post({"specversion": "1.0", "id": "", "source": "/agents"})
    assert answer.status_code == 400
    assert answer.json() == problem(
        400,
        "Bad Request",
        "BAD_USER_INPUT",
        "This is no CloudEvents 1.0 event.",
        {"path": ["id"], "message": "String should have at least 1 character", "code": "BAD_USER_INPUT"},
        {"path": ["type"], "message": "Field required", "code": "BAD_USER_INPUT"},
    )


async def test_one_bad_event_refuses_the_whole_batch(ingress: Ingress) -> None:
    answer = await ingress.post([event("1"), event("2", time="yesterday"), "three"], BATCH)
    assert answer.status_code == 400
    assert answer.json() == problem(
        400,
        "Bad Request",
        "BAD_USER_INPUT",
        "The batch holds what is no CloudEvents 1.0 event.",
        {"index": 1, "path": ["time"], "message": "must be an RFC 3339 timestamp", "code": "BAD_USER_INPUT"},
        {
            "index": 2,
            "path": [],
            "message": "Input should be a valid dictionary or instance of CloudEvent",
            "code": "BAD_USER_INPUT",
        },
    )
    assert await ingress.logged() == []


async def test_not_every_error_of_a_hopeless_batch_is_told(ingress: Ingress) -> None:
    answer = await ingress.post([0] * 1000, BATCH)
    assert (answer.status_code, len(answer.json()["errors"])) == (400, 20)


async def test_a_batch_that_is_no_array_is_refused(ingress: Ingress) -> None:
    answer = await ingress.post(event("1"), BATCH)
    assert (answer.status_code, answer.json()["detail"]) == (400, "A batch is an array of events.")


async def test_binary_mode_with_broken_text_is_refused(ingress: Ingress) -> None:
    answer = await ingress.post(b"", None, ce_specversion="1.0", ce_id="%FF", ce_source="/a", ce_type="t")
    assert (answer.status_code, answer.json()["detail"]) == (400, "The event is not UTF-8.")


async def test_only_post_is_allowed(ingress: Ingress) -> None:
    assert (await ingress.client.get("/events")).status_code == 405
