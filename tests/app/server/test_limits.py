"""Limits of what is sent and how long it takes: each with its code, its setting, and a mode in which it only warns."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from app.server.limits import bodies
from app.server.limits.gate import Gate
from app.settings import Settings
from tests.app.server.limited import a_limited_app
from tests.app.server.small_graph import JSON, Work, client_of, error, post

TWICE = " ".join(f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(100))

LIMITS: list[tuple[dict[str, int], str, str, str]] = [
    ({"max_document_length": 12}, "{ greet who }", "MAX_DOCUMENT_LENGTH_LIMIT", "12 characters"),
    ({"max_tokens": 3}, "{ greet who }", "MAX_TOKENS_LIMIT", "3 tokens"),
    ({"max_recursion": 2}, "{ who(a: [[1]]) }", "MAX_RECURSION_LIMIT", "2 brackets in brackets"),
    ({"max_operations": 1}, "query A { greet } query B { who }", "MAX_OPERATIONS_LIMIT", "1 operations"),
    (
        {"max_fragments": 1},
        "{ ...F ...G } fragment F on Query { who } fragment G on Query { greet }",
        "MAX_FRAGMENTS_LIMIT",
        "1 fragments",
    ),
    ({"max_root_fields": 1}, "{ ...F ...F } fragment F on Query { who }", "MAX_ROOT_FIELDS_LIMIT", "1 root fields"),
    ({"max_depth": 1}, "{ greet { length { digits } } }", "MAX_DEPTH_LIMIT", "1 levels of fields"),
    ({"max_aliases": 1}, "{ ...F ...F } fragment F on Query { a: who }", "MAX_ALIASES_LIMIT", "1 aliases"),
    ({"max_directives": 1}, "{ who @skip(if: false) @include(if: true) }", "MAX_DIRECTIVES_LIMIT", "1 directives"),
    ({"max_overlaps": 2}, "{ who who who }", "MAX_OVERLAPS_LIMIT", "2 pairs of fields of one name in one place"),
]


async def asked(body: object, gate: Gate | None = None, **settings: Any) -> httpx.Response:
    async with client_of(a_limited_app(gate, **settings)) as client:
        return await post(client, {"query": body} if isinstance(body, str) else body)


@pytest.mark.parametrize(("settings", "document", "code", "what"), LIMITS)
async def test_a_document_beyond_a_limit_is_refused(
    settings: dict[str, int], document: str, code: str, what: str
) -> None:
    gate = Gate()
    answer = await asked(document, gate, **settings)
    expected = error(f"A document may have at most {what}.", code)
    assert (answer.status_code, answer.json()) == (400, {"errors": [expected]})
    assert (dict(gate.refused), dict(gate.warned)) == ({code: 1}, {})


@pytest.mark.parametrize(("settings", "document", "code", "what"), LIMITS)
@pytest.mark.parametrize("warn_only", ["*", "the code"])
async def test_a_limit_that_only_warns_lets_it_pass_with_a_word_in_the_log(
    settings: dict[str, int], document: str, code: str, what: str, warn_only: str
) -> None:
    gate = Gate([code if warn_only == "the code" else "*"])
    with structlog.testing.capture_logs() as lines:
        answer = await asked(document, gate, **settings)
    assert answer.status_code != 400
    assert (dict(gate.refused), dict(gate.warned)) == ({}, {code: 1})
    (line,) = [line for line in lines if line["event"] == "limit.exceeded"]
    assert (line["code"], line["reason"]) == (code, f"A document may have at most {what}.")


async def test_too_many_fields_are_refused_even_where_limits_only_warn() -> None:
    answer = await asked("{ who who who }", limits_warn_only=["*"], max_fields=2)
    assert answer.json()["errors"][0]["extensions"]["code"] == "MAX_FIELDS_LIMIT"


@pytest.mark.parametrize("document", ["{" + "a{" * 1000, "{ who(a: " + "[" * 1000, "query ($a: " + "[" * 1000])
async def test_what_is_nested_beyond_the_parser_is_refused(document: str) -> None:
    answer = await asked(document, limits_warn_only=["*"])
    expected = error("The document is nested too deeply.", "MAX_RECURSION_LIMIT")
    assert (answer.status_code, answer.json()) == (400, {"errors": [expected]})


async def test_questions_about_the_schema_have_no_depth() -> None:
    assert (await asked("{ __schema { types { fields { type { name } } } } }", max_depth=1)).status_code == 200


async def test_a_document_is_looked_at_once() -> None:
    gate = Gate(["*"])
    async with client_of(a_limited_app(gate, max_depth=1, max_root_fields=1)) as client:
        for _ in range(3):
            assert (await post(client, {"query": "{ who greet }"})).status_code == 200
    assert dict(gate.warned) == {"MAX_ROOT_FIELDS_LIMIT": 1}


@pytest.mark.parametrize(
    "document",
    [
        "{ ...F0 } " + TWICE + "fragment F100 on Query { who }",
        "{ ...F0 } " + TWICE.replace("...F", "... { a: __typename } ...F") + "fragment F100 on Query { who }",
        "{" + "who " * 14_000 + "}",
        "{" + " ".join(f"a{i}: who" for i in range(4_900)) + "}",
        "{" + "... { who } " * 3_000 + "}",
        " ".join(f"query Q{i} {{ ...F }}" for i in range(1500)) + "fragment F on Query {" + "who " * 2000 + "}",
        "{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }",
        "{ who " + "@a" * 7_000 + " }",
        "#\n" * 900_000 + "{ who }",
        "{" * 15_000,
    ],
)
async def test_hostile_documents_are_refused_in_no_time(document: str) -> None:
    async with client_of(a_limited_app()) as client:
        began = time.process_time()
        answer = await post(client, {"query": document})
        took = time.process_time() - began
    assert 400 <= answer.status_code < 500
    assert took < 1


def test_the_table_of_limits_has_the_defaults() -> None:
    table = (Path(__file__).parents[3] / "docs" / "limits.md").read_text()
    rows = re.findall(r"^\|.*\| `([A-Z_]+)`(?:, `[A-Z_]+`)* \| ([\d,]+)(?:: no arrays)? \|$", table, re.MULTILINE)
    told = {setting.lower(): int(default.replace(",", "")) for setting, default in rows}
    assert len(told) >= 15
    assert told == {name: Settings.model_fields[name].default for name in told}


# Bodies

LONG = b'{"query": "{ who }", "variables": {"text": "%s"}}' % (b"x" * 1000)


async def test_a_body_beyond_the_limit_is_refused_and_counted() -> None:
    gate = Gate()
    answer = await asked(LONG, gate, max_body_bytes=1000)

    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert answer.json() == {"errors": [error("The body is longer than 1000 bytes.", "PAYLOAD_TOO_LARGE")]}
    assert gate.counts() == [(("PAYLOAD_TOO_LARGE", "refused"), 1)]


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_body_of_which_is_only_warned_is_read_up_to_an_end(
    is_chunked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "MOST_BYTES", 2000)
    gate = Gate(["PAYLOAD_TOO_LARGE"])

    async with client_of(a_limited_app(gate, max_body_bytes=1000)) as client:

        async def send(body: bytes) -> httpx.Response:
            async def pieces() -> AsyncIterator[bytes]:
                yield body

            headers = {"Content-Type": JSON}
            return await client.post("/graphql", content=pieces() if is_chunked else body, headers=headers)

        passed, refused = await send(LONG), await send(LONG + b" " * 1000)

    assert (passed.json(), refused.status_code) == ({"data": {"who": None}}, 413)
    assert gate.counts() == [(("PAYLOAD_TOO_LARGE", "refused"), 1), (("PAYLOAD_TOO_LARGE", "warned"), 1)]


# Time


async def test_an_operation_that_takes_too_long_is_refused_and_counted() -> None:
    gate = Gate()
    answer = await asked("{ wait }", gate, request_timeout=0.05)

    assert answer.status_code == 504
    assert gate.counts() == [(("REQUEST_TIMEOUT", "refused"), 1)]


async def test_an_operation_of_which_is_only_warned_has_ten_times_as_long() -> None:
    gate = Gate(["REQUEST_TIMEOUT"])
    work = Work()
    asyncio.get_running_loop().call_later(0.1, work.may_end.set)
    passed = await asked("{ wait }", gate, work=work, request_timeout=0.05)
    assert passed.status_code == 200
    assert gate.counts() == [(("REQUEST_TIMEOUT", "warned"), 1)]

    refused = await asked("{ wait }", gate, request_timeout=0.01)
    assert refused.json() == {"errors": [error("The request took longer than 0.1 seconds.", "REQUEST_TIMEOUT")]}


# Variables


def variables(value: object) -> bytes:
    body = httpx.Request("POST", "http://x", json={"query": "{ who }", "variables": {"a": value}}).content
    assert isinstance(body, bytes)
    return body


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (nested(19), None),
        (nested(20), "MAX_VARIABLES_DEPTH_LIMIT"),
        ([{"b": nested(17)}], None),
        ([{"b": nested(18)}], "MAX_VARIABLES_DEPTH_LIMIT"),
        ([0] * 9_999, None),
        ([0] * 10_000, "MAX_VARIABLES_SIZE_LIMIT"),
        ([[0] * 100] * 100, "MAX_VARIABLES_SIZE_LIMIT"),
        ("x" * 1_000_000, None),
    ],
)
async def test_variables_may_be_so_deep_and_so_large(value: object, code: str | None) -> None:
    answer = await asked(variables(value))
    codes = [error["extensions"]["code"] for error in answer.json().get("errors", [])]
    assert codes == ([] if code is None else [code])
    assert answer.status_code == (200 if code is None else 400)


# Batches


async def test_a_batch_is_answered_as_an_array_in_its_order() -> None:
    batch = [{"query": "{ greet }"}, {"query": "{ missing }"}, {"query": "{"}, {"query": '{ greet(name: "Ann") }'}, 1]
    answer = await asked(batch, max_batch=5)
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "application/graphql-response+json; charset=utf-8",
    )
    first, second, third, fourth, fifth = answer.json()
    assert (first, fourth) == ({"data": {"greet": "Hello, you"}}, {"data": {"greet": "Hello, Ann"}})
    assert second["data"] == {"missing": None}
    assert [answer["errors"][0]["extensions"]["code"] for answer in (second, third, fifth)] == [
        "NOT_FOUND",
        "GRAPHQL_PARSE_FAILED",
        "BAD_REQUEST",
    ]


@pytest.mark.parametrize(
    ("batch", "status", "code"),
    [(b"[]", 400, "MAX_BATCH_LIMIT"), (b"[1,2,3]", 400, "MAX_BATCH_LIMIT"), (b" [{]", 400, "INVALID_JSON")],
)
async def test_a_batch_has_so_many_requests(batch: bytes, status: int, code: str) -> None:
    answer = await asked(batch, max_batch=2)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)


async def test_a_batch_of_which_is_only_warned_may_hold_more_and_never_none() -> None:
    gate = Gate(["MAX_BATCH_LIMIT"])
    answer = await asked([{"query": "{ who }"}] * 3, gate, max_batch=2)
    assert answer.json() == [{"data": {"who": None}}] * 3
    assert gate.counts() == [(("MAX_BATCH_LIMIT", "warned"), 1)]

    assert (await asked(b"[]", gate, max_batch=2)).status_code == 400


async def test_a_batch_has_no_idempotency_key() -> None:
    async with client_of(a_limited_app(max_batch=2)) as client:
        answer = await post(client, [{"query": "{ who }"}], **{"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")


async def test_batches_are_off_unless_they_are_asked_for() -> None:
    answer = await asked([{"query": "{ who }"}])
    assert answer.json()["errors"][0]["extensions"]["code"] == "BATCHING_DISABLED"


async def test_each_mutation_of_a_batch_is_executed_once() -> None:
    async with client_of(a_limited_app(max_batch=2)) as client:
        answer = await post(client, [{"query": "mutation { __typename }"}] * 2, Accept=JSON)
    assert answer.json() == [{"data": {"__typename": "Mutation"}}] * 2
