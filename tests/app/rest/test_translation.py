"""What each answer of a backend becomes."""

from datetime import UTC, datetime
from email.utils import format_datetime
from types import NoneType

import pytest

from app.errors import (
    BackendError,
    BackendTimeoutError,
    BackendUnavailableError,
    FieldProblem,
    Problem,
    ProblemError,
)
from app.rest import Groups, Page
from app.rest.retry_after import retry_after
from tests.app.rest.backend import Request, Thing, answering, caller, calling

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (500, BackendError, "BACKEND_ERROR"),
        (501, BackendError, "BACKEND_ERROR"),
        (502, BackendUnavailableError, "BACKEND_UNAVAILABLE"),
        (503, BackendUnavailableError, "BACKEND_UNAVAILABLE"),
        (504, BackendTimeoutError, "BACKEND_TIMEOUT"),
        (599, BackendError, "BACKEND_ERROR"),
    ],
)
async def test_a_server_error_is_one_backend_error(status: int, kind: type[BackendError], code: str) -> None:
    async def answer(request: Request) -> None:
        await request.answer(b"<html>stack trace", status, content_type="text/html", retry_after="7")

    async with answering(answer) as backend, calling(backend) as client:
        with pytest.raises(BackendError) as caught:
            await client.get(caller(), "/things", Thing)
        assert type(caught.value) is kind
        assert caught.value.message == f"The things service answered GET /things with {status}."
        assert caught.value.extensions == {
            "code": code,
            "service": "things",
            "http": {"status": status},
            "retryAfter": 7.0,
            "requestId": "r1",
        }


async def test_a_problem_keeps_its_code_its_detail_and_the_paths_of_its_fields() -> None:
    async def answer(request: Request) -> None:
        await request.answer(
            b'{"type":"about:blank","title":"Invalid","status":422,"detail":"Two fields are wrong.",'
            b'"code":"BAD_USER_INPUT","errors":[{"path":["price","amount"],"message":"too low","code":"TOO_LOW"},'
            b'{"path":["tags",2],"message":"too long"}]}',
            422,
            content_type="application/problem+json",
        )

    async with answering(answer) as backend, calling(backend) as client:
        with pytest.raises(ProblemError) as caught:
            await client.send(caller(), "POST", "/things", Thing, body={}, idempotency_key="k")
        assert caught.value.message == "Two fields are wrong."
        assert caught.value.problem == Problem(
            title="Invalid",
            detail="Two fields are wrong.",
            code="BAD_USER_INPUT",
            fields=(
                FieldProblem(("price", "amount"), "too low", "TOO_LOW"),
                FieldProblem(("tags", "2"), "too long", "BAD_USER_INPUT"),
            ),
        )


@pytest.mark.parametrize(
    ("status", "code", "title"),
    [
        (400, "BAD_USER_INPUT", "Bad Request"),
        (401, "UNAUTHENTICATED", "Unauthorized"),
        (403, "FORBIDDEN", "Forbidden"),
        (404, "NOT_FOUND", "Not Found"),
        (409, "CONFLICT", "Conflict"),
        (429, "RATE_LIMITED", "Too Many Requests"),
        (499, "BAD_USER_INPUT", "Refused with status 499"),
    ],
)
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<html>no", "text/html"),
        (b"", "application/problem+json"),
        (b'{"title":', "application/problem+json"),
        (b'{"errors":7}', "application/problem+json"),
        (b'"no"', "application/json"),
        (b'{"title":null,"x":1}', "application/json"),
    ],
)
async def test_a_refusal_without_a_problem_is_told_by_its_status(
    status: int, code: str, title: str, body: bytes, content_type: str
) -> None:
    async def answer(request: Request) -> None:
        await request.answer(body, status, content_type=content_type, retry_after="2")

    async with answering(answer) as backend, calling(backend) as client:
        with pytest.raises(ProblemError) as caught:
            await client.get(caller(), "/things", Thing)
        assert (caught.value.code, caught.value.message) == (code, title)
        assert caught.value.problem.fields == ()
        assert (caught.value.status, caught.value.retry_after) == (status, 2.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        (b"120", 120.0),
        (b" 3 ", 3.0),
        (b"-1", None),
        (b"soon", None),
        (b"9999999999999", None),
        (b"\xb2", None),
        (format_datetime(NOW.replace(second=35), usegmt=True).encode(), 30.0),
        (format_datetime(NOW.replace(second=0), usegmt=True).encode(), 0.0),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date(text: bytes | None, seconds: float | None) -> None:
    assert retry_after(text, clock=NOW.timestamp) == seconds


async def test_pages_and_groups_are_decoded_into_records() -> None:
    async def answer(request: Request) -> None:
        grouped = b'{"groups":{"a":{"items":[{"id":"t1"}],"total":3},"b":{"items":[],"total":0}}}'
        await request.answer(grouped if "group_by" in request.target else b'{"items":[{"id":"t1"}],"total":9}')

    async with answering(answer) as backend, calling(backend) as client:
        page = await client.get(caller(), "/things", Page[Thing], (("ids", "t1,t2"),))
        assert page == Page([Thing("t1")], 9)
        groups = await client.get(caller(), "/things", Groups[Thing], (("group_by", "p"), ("p", "a,b")))
        assert groups == Groups({"a": Page([Thing("t1")], 3), "b": Page([], 0)})
        assert backend.calls == ["GET /things?ids=t1,t2", "GET /things?group_by=p&p=a,b"]


async def test_no_content_is_none_where_none_is_asked_for() -> None:
    async def answer(request: Request) -> None:
        await request.send(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with answering(answer) as backend, calling(backend) as client:
        assert await client.send(caller(), "DELETE", "/things", NoneType, idempotency_key="k") is None  # type: ignore[func-returns-value]  # that is the point
        assert await client.get(caller(), "/things", NoneType) is None  # type: ignore[func-returns-value]  # as above
