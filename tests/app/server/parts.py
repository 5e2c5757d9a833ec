"""Readers of multipart answers."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx

_DELIMITER = b"\r\n--graphql"
_HEAD = b"\r\ncontent-type: application/json\r\n\r\n"


async def parts(response: httpx.Response) -> AsyncIterator[Any]:
    """The parts of an answer as they come, each as soon as it is whole; fails unless its end comes as well."""
    buffer = b""
    is_preamble = True
    chunks = response.aiter_bytes()
    while True:
        while _DELIMITER in buffer:
            content, buffer = buffer.split(_DELIMITER, 1)
            if not is_preamble:
                assert content.startswith(_HEAD)
                yield json.loads(content.removeprefix(_HEAD))
            is_preamble = False
        if buffer == b"--\r\n":
            return
        async with asyncio.timeout(10):
            buffer += await anext(chunks)


def parts_of(response: httpx.Response) -> list[Any]:
    """The parts of an answer that was read whole."""
    preamble, *contents, end = response.content.split(_DELIMITER)
    assert (preamble, end) == (b"", b"--\r\n")
    assert all(content.startswith(_HEAD) for content in contents)
    return [json.loads(content.removeprefix(_HEAD)) for content in contents]
