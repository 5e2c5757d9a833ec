"""Long documents are read beside the loop, each once, and not any number of them."""

import asyncio

import pytest
from graphql import build_schema, parse

from app.errors import RequestError
from app.execution import Executor, InvalidDocumentError, Request
from app.execution.reading import LONG, MAX_COUNTED, MAX_WAITING
from tests.app.execution.slow import SlowParser

SCHEMA = build_schema("type Query { a: String }")
SHORT = "{ a }"
DOCUMENT = SHORT + " " * LONG


async def test_the_loop_goes_on_while_a_document_is_read_once_for_all() -> None:
    slow = SlowParser()
    executor = Executor(SCHEMA, parse=slow.parse)

    reading = [asyncio.create_task(executor.read(Request(DOCUMENT))) for _ in range(3)]
    await asyncio.sleep(0)
    reading[0].cancel()
    slow.go.set()
    first, second = await asyncio.gather(*reading[1:])

    assert reading[0].cancelled()
    assert first.document is second.document is (await executor.read(Request(DOCUMENT))).document
    assert slow.threads == ["documents_0"]


async def test_a_short_document_does_not_wait_for_a_long_one() -> None:
    slow = SlowParser()
    executor = Executor(SCHEMA, parse=lambda text: slow.parse(text) if len(text) >= LONG else parse(text))

    long = asyncio.create_task(executor.read(Request(DOCUMENT)))
    await executor.read(Request(SHORT))

    assert not long.done()
    slow.go.set()
    await long


async def test_the_shortest_of_those_that_wait_is_read_first() -> None:
    slow = SlowParser()
    executor = Executor(SCHEMA, parse=slow.parse)
    lengths = [LONG, 4 * LONG, 3 * LONG, 2 * LONG, 2 * LONG + 1]
    reading = [asyncio.create_task(executor.read(Request(SHORT.ljust(length)))) for length in lengths]
    await asyncio.to_thread(slow.begun.wait, 10)  # the first one, when there was no other
    slow.go.set()
    await asyncio.gather(*reading)
    assert [len(text) for text in slow.texts] == [LONG, 2 * LONG, 2 * LONG + 1, 3 * LONG, 4 * LONG]


async def test_a_document_that_is_wrong_is_told_so_each_time() -> None:
    executor = Executor(SCHEMA)
    for _ in range(2):
        with pytest.raises(InvalidDocumentError, match="Cannot query field 'b'"):
            await executor.read(Request(DOCUMENT.replace("a", "b")))


async def test_more_documents_than_may_wait_are_refused() -> None:
    slow = SlowParser()
    executor = Executor(SCHEMA, parse=slow.parse)
    documents = [f"{SHORT} # {number}".ljust(MAX_COUNTED) for number in range(MAX_WAITING // MAX_COUNTED)]
    waiting = [asyncio.create_task(executor.read(Request(document))) for document in documents]
    await asyncio.sleep(0)

    with pytest.raises(RequestError, match="Too many long documents") as refused:
        await executor.read(Request(DOCUMENT))
    slow.go.set()
    await asyncio.gather(*waiting)

    assert (refused.value.status, refused.value.code) == (503, "TOO_MANY_DOCUMENTS")
    assert (await executor.read(Request(DOCUMENT))).operation_type == "query"
