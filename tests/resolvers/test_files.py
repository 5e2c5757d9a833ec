"""Files of the workspace through the gateway. Each row has what works, a refusal and a bad input."""

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from backends.sample.workspace import NOTES as SAMPLE_TEXT
from backends.sample.workspace import SALES as SAMPLE_CSV
from tests.gateway import Gateway, serving
from tests.resolvers.workspace import FILE_PLACE, mutate, opened, operations, post_form, somebody, upload, uploaded

SALES = b"date,product,revenue\n2025-03-01,Consulting,1200\n2025-03-02,Staging,800\n"


async def test_files_need_a_token(gateway: Gateway) -> None:
    for field in ("files { totalCount }", 'file(id: "fil_1") { fileName }'):
        assert (await gateway.query(f"{{ {field} }}", email=None)).code == "UNAUTHENTICATED"


# D09


async def test_files_are_listed_and_found(gateway: Gateway) -> None:
    token = somebody(gateway)
    session = await opened(gateway, token)
    await uploaded(gateway, token, SALES, "b.csv", description="Of March")
    await uploaded(gateway, token, b"some words", "a.txt")

    answer = await gateway.query(
        """{ files(orderBy: {field: FILE_NAME, direction: ASC}) {
            totalCount nodes { fileName description contentType sizeBytes summary isActive session { id } }
        } }""",
        token=token,
    )

    assert answer.data["files"] == {
        "totalCount": 2,
        "nodes": [
            {
                "fileName": "a.txt",
                "description": None,
                "contentType": "text/plain",
                "sizeBytes": 10,
                "summary": "1 line, 2 words",
                "isActive": False,
                "session": {"id": session["id"]},
            },
            {
                "fileName": "b.csv",
                "description": "Of March",
                "contentType": "text/csv",
                "sizeBytes": len(SALES),
                "summary": "2 rows, 3 columns: date, product, revenue",
                "isActive": False,
                "session": {"id": session["id"]},
            },
        ],
    }
    found = await gateway.query('{ files(filter: {search: "march"}) { nodes { fileName } } }', token=token)
    assert found.data["files"]["nodes"] == [{"fileName": "b.csv"}]
    assert (await gateway.query("{ files(first: 0) { totalCount } }", token=token)).code == "BAD_USER_INPUT"


async def test_the_sample_has_files_with_contents(gateway: Gateway) -> None:
    answer = await gateway.query(
        '{ sessions(filter: {search: "Spring"}) { nodes { activeFile { fileName summary } } } }'
    )
    summary = "40 rows, 6 columns: date, neighbourhood, source, stage, price, commission"
    file = {"fileName": "spring_sales.csv", "summary": summary}
    assert answer.data["sessions"]["nodes"] == [{"activeFile": file}]


# D10 and D11


async def test_the_active_file_is_null_until_one_is_activated(gateway: Gateway) -> None:
    token = somebody(gateway)
    await opened(gateway, token)
    first, second = await uploaded(gateway, token, SALES, "a.csv"), await uploaded(gateway, token, SALES, "b.csv")
    document = "{ activeSession { activeFile { id isActive } files { nodes { isActive } } } }"
    before = await gateway.query(document, token=token)
    assert before.data["activeSession"]["activeFile"] is None

    for file in (first, second):
        answer = await mutate(gateway, "activateFile", {"id": file["id"]}, "file { id isActive }", token=token)
        assert answer.data["activateFile"] == {"file": {"id": file["id"], "isActive": True}, "userErrors": []}

    after = await gateway.query(document, token=token)
    assert after.data["activeSession"] == {
        "activeFile": {"id": second["id"], "isActive": True},
        "files": {"nodes": [{"isActive": True}, {"isActive": False}]},
    }


@pytest.mark.parametrize("mutation", ["activateFile", "deleteFile"])
async def test_the_file_of_somebody_else_is_not_there(gateway: Gateway, mutation: str) -> None:
    token = somebody(gateway)
    await opened(gateway, token)
    file = await uploaded(gateway, token, SALES)
    answer = await mutate(gateway, mutation, {"id": file["id"]}, "file { id }", token=somebody(gateway))
    message = f"There is no file {file['databaseId']}."
    assert answer.data[mutation]["userErrors"] == [{"field": [], "message": message, "code": "NOT_FOUND"}]
    wrong = await mutate(gateway, mutation, {"id": "U2Vzc2lvbjpzZXNfMQ"}, "file { id }", token=token)
    assert [error["code"] for error in wrong.data[mutation]["userErrors"]] == ["BAD_USER_INPUT"]
    assert (await mutate(gateway, mutation, {"id": file["id"]}, "file { id }", email=None)).code == "UNAUTHENTICATED"


# D12


async def test_a_file_is_uploaded_to_the_active_session(gateway: Gateway) -> None:
    token = somebody(gateway)
    session = await opened(gateway, token)

    file = await uploaded(gateway, token, SALES, "sales.csv", fileName="March.csv")

    assert file == {
        "id": file["id"],
        "databaseId": file["databaseId"],
        "fileName": "March.csv",
        "contentType": "text/csv",
        "sizeBytes": len(SALES),
        "summary": "2 rows, 3 columns: date, product, revenue",
        "isActive": False,
    }
    answer = await gateway.query("{ activeSession { id files { nodes { id } } } }", token=token)
    assert answer.data["activeSession"] == {"id": session["id"], "files": {"nodes": [{"id": file["id"]}]}}
    async with httpx.AsyncClient() as client:
        content = await client.get(
            f"{gateway.service_urls['files']}/files/{file['databaseId']}/content",
            headers={"Authorization": f"Bearer {token}"},
        )
    assert content.content == SALES


async def test_two_files_are_uploaded_by_one_request(gateway: Gateway) -> None:
    token = somebody(gateway)
    await opened(gateway, token)
    document = """mutation ($a: UploadFileInput!, $b: UploadFileInput!) {
        a: uploadFile(input: $a) { file { fileName sizeBytes } }
        b: uploadFile(input: $b) { file { fileName sizeBytes } }
    }"""
    fields = {
        "operations": {"query": document, "variables": {"a": {"file": None}, "b": {"file": None}}},
        "map": {"x": ["variables.a.file"], "y": ["variables.b.file"]},
    }

    answer = await post_form(gateway, token, fields, {"x": ("a.txt", b"one"), "y": ("b.txt", b"three")})

    assert answer.json() == {
        "data": {
            "a": {"file": {"fileName": "a.txt", "sizeBytes": 3}},
            "b": {"file": {"fileName": "b.txt", "sizeBytes": 5}},
        }
    }


@pytest.mark.parametrize(
    ("name", "content", "given", "field"),
    [
        ("tool.exe", b"MZ", {}, ["file"]),
        ("a.csv", b"a,b", {"fileName": "a.html"}, ["fileName"]),
        ("some.png", b"no picture", {}, ["file"]),
    ],
)
async def test_a_file_of_another_type_is_refused(
    gateway: Gateway, name: str, content: bytes, given: Any, field: list[str]
) -> None:
    token = somebody(gateway)
    await opened(gateway, token)
    payload = await upload(gateway, token, content, name, **given)
    (error,) = payload["userErrors"]
    assert (payload["file"], error["field"], error["code"]) == (None, field, "INVALID_CONTENT_TYPE")


async def test_a_name_is_taken_once(gateway: Gateway) -> None:
    token = somebody(gateway)
    await opened(gateway, token)
    await uploaded(gateway, token, SALES)
    payload = await upload(gateway, token, SALES)
    message = "The session has a file called sales.csv already."
    assert payload["userErrors"] == [{"field": ["fileName"], "message": message, "code": "FILE_EXISTS"}]


async def test_an_upload_needs_an_active_session(gateway: Gateway) -> None:
    payload = await upload(gateway, somebody(gateway), SALES)
    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [([], "NO_ACTIVE_SESSION")]


async def test_an_upload_needs_a_token(gateway: Gateway) -> None:
    fields = {"operations": operations(), "map": FILE_PLACE}
    answer = await post_form(gateway, None, fields, {"0": ("a.csv", SALES)})
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["UNAUTHENTICATED"]


async def test_a_file_that_is_no_file_is_refused(gateway: Gateway) -> None:
    answer = await gateway.query(operations()["query"], {"input": {"file": "sales.csv"}})
    assert (answer.status, answer.code) == (422, "BAD_USER_INPUT")


async def chunks(size: int) -> AsyncIterator[bytes]:
    """A multipart body with a document of that size, made as it is sent."""
    for name, value in (("operations", operations()), ("map", FILE_PLACE)):
        yield f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{json.dumps(value)}\r\n'.encode()
    yield b'--x\r\nContent-Disposition: form-data; name="0"; filename="large.pdf"\r\n\r\n%PDF-'
    line = bytes(65535) + b"\n"
    for _ in range(size // len(line)):
        yield line
    yield b"\r\n--x--\r\n"


async def post_large(gateway: Gateway, token: str, size: int) -> Any:
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "multipart/form-data; boundary=x",
        "Apollo-Require-Preflight": "true",
    }
    async with httpx.AsyncClient(timeout=60, verify=False) as client:  # noqa: S501 -- there is no TLS
        answer = await client.post(f"{gateway.url}/graphql", content=chunks(size), headers=headers)
    return answer.json()["data"]["uploadFile"]


async def test_fifty_megabytes_pass_through_without_being_held(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        token = somebody(gateway)
        await opened(gateway, token)
        await uploaded(gateway, token, SALES)  # what is made once is there
        tracemalloc.start()
        try:
            payload = await post_large(gateway, token, 50 * 1024 * 1024)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert payload["userErrors"] == []
    assert payload["file"]["sizeBytes"] == 50 * 1024 * 1024 + len("%PDF-")
    assert peak < 6_000_000, "of the gateway, the backend and the client together"


async def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path, max_upload_bytes=1_000_000) as gateway:
        token = somebody(gateway)
        await opened(gateway, token)

        payload = await post_large(gateway, token, 4 * 1024 * 1024)

        message = "A file has at most 1000000 bytes."
        error = {"field": ["file"], "message": message, "code": "FILE_TOO_LARGE"}
        assert payload == {"file": None, "userErrors": [error]}
        await no_file_is_left(gateway, token, tmp_path)


async def no_file_is_left(gateway: Gateway, token: str, data_dir: Path) -> None:
    answer = await gateway.query("{ files { totalCount } }", token=token)
    assert answer.data["files"]["totalCount"] == 0
    kept = [path.name for path in (data_dir / "uploads").iterdir()]
    assert sorted(kept) == sorted(f"{id}.{suffix}" for id, suffix in ((SAMPLE_CSV, "csv"), (SAMPLE_TEXT, "txt")))


async def test_an_upload_that_breaks_off_changes_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway:
        token = somebody(gateway)
        await opened(gateway, token)
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        lines = [
            "POST /graphql HTTP/1.1",
            "Host: gateway",
            f"Authorization: Bearer {token}",
            "Content-Type: multipart/form-data; boundary=x",
            "GraphQL-Preflight: 1",
            "Content-Length: 900000",
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        async for chunk in chunks(65536):
            if chunk != b"\r\n--x--\r\n":
                writer.write(chunk)
        writer.write_eof()
        await reader.read()
        writer.close()

        await no_file_is_left(gateway, token, tmp_path)
        assert (await uploaded(gateway, token, SALES))["fileName"] == "sales.csv"


# D13


async def test_the_active_file_stays(gateway: Gateway) -> None:
    token = somebody(gateway)
    await opened(gateway, token)
    first, second = await uploaded(gateway, token, SALES, "a.csv"), await uploaded(gateway, token, SALES, "b.csv")
    await mutate(gateway, "activateFile", {"id": second["id"]}, "file { id }", token=token)

    refused = await mutate(gateway, "deleteFile", {"id": second["id"]}, "file { id }", token=token)
    answer = await mutate(gateway, "deleteFile", {"id": first["id"]}, "file { id }", token=token)

    message = "The active file cannot be deleted: activate another."
    assert refused.data["deleteFile"] == {
        "file": None,
        "userErrors": [{"field": [], "message": message, "code": "FILE_ACTIVE"}],
    }
    assert answer.data["deleteFile"] == {"file": {"id": first["id"]}, "userErrors": []}
    left = await gateway.query("{ files { nodes { id } } }", token=token)
    assert left.data["files"]["nodes"] == [{"id": second["id"]}]
