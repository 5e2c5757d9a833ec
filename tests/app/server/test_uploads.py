"""Requests with files that are refused before anything is executed, by the multipart request specification."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway import Gateway, serving
from tests.resolvers.workspace import FILE_PLACE, operations, post_form, somebody

CSV = ("a.csv", b"a,b\n1,2\n")


def outcome(answer: httpx.Response) -> tuple[int, str, str]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["extensions"]["code"], error["message"]


async def refused(gateway: Gateway, fields: dict[str, Any], **headers: str) -> tuple[int, str, str]:
    return outcome(await post_form(gateway, somebody(gateway), fields, {"0": CSV}, **headers))


async def test_without_a_header_that_needs_a_preflight_nothing_is_executed(gateway: Gateway) -> None:
    fields = {"operations": operations(), "map": FILE_PLACE}
    message = "A multipart request needs a header that other sites cannot send: 'GraphQL-Preflight: 1', for one."
    assert await refused(gateway, fields, **{"graphql-preflight": ""}) == (400, "CSRF_PREVENTED", message)


@pytest.mark.parametrize("header", ["apollo-require-preflight", "x-apollo-operation-name"])
async def test_any_of_the_preflight_headers_does(gateway: Gateway, header: str) -> None:
    fields = {"operations": {"query": "{ __typename }"}, "map": {}}
    headers = {"graphql-preflight": "", header: "1"}
    answer = await post_form(gateway, somebody(gateway), fields, {"none": ("", b"")}, **headers)
    assert (answer.status_code, answer.json()) == (200, {"data": {"__typename": "Query"}})


@pytest.mark.parametrize(
    "fields",
    [
        {"operations": operations()},
        {"map": FILE_PLACE},
        {"map": FILE_PLACE, "operations": operations()},
        {"operations": operations(), "other": {}, "map": FILE_PLACE},
    ],
)
async def test_operations_and_map_come_first_in_this_order(gateway: Gateway, fields: dict[str, Any]) -> None:
    status, code, message = await refused(gateway, fields)
    assert (status, code) == (400, "INVALID_MULTIPART")
    assert message.endswith("is missing: the order is `operations`, `map`, files.")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("nonsense", "it is not a JSON object of lists of paths"),
        ({"0": "variables.input.file"}, "it is not a JSON object of lists of paths"),
        ({"0": []}, "a file has no path"),
        ({"0": ["variables"]}, "variables is not a path to a variable"),
        ({"0": ["query"]}, "query is not a path to a variable"),
        ({"0": ["variables.file"]}, "there is no null at variables.file"),
        ({"0": ["variables.input.fileName"]}, "there is no null at variables.input.fileName"),
        ({"0": ["variables.input.file.0"]}, "there is no null at variables.input.file.0"),
        ({"0": ["variables.input.file"], "1": ["variables.input.file"]}, "there is no null at variables.input.file"),
    ],
)
async def test_a_map_that_leads_nowhere_is_refused(gateway: Gateway, sent: Any, reason: str) -> None:
    given = {"operations": operations(fileName="a.csv"), "map": sent}
    message = f"The map of the files cannot be used: {reason}."
    assert await refused(gateway, given) == (400, "INVALID_UPLOAD_MAP", message)


async def test_only_so_many_files_are_taken_at_once(gateway: Gateway) -> None:
    files = {str(number): [f"variables.files.{number}"] for number in range(11)}
    fields = {"operations": {"query": "{ __typename }", "variables": {"files": [None] * 11}}, "map": files}
    assert await refused(gateway, fields) == (413, "TOO_MANY_FILES", "At most 10 files can be sent at once.")


async def test_how_many_files_and_of_which_types_is_to_be_set(tmp_path: Path) -> None:
    async with serving(tmp_path, max_upload_files=1, upload_types=["image/*", "application/pdf"]) as gateway:
        files = {"0": ["variables.files.0"], "1": ["variables.files.1"]}
        two = {"operations": {"query": "{ __typename }", "variables": {"files": [None, None]}}, "map": files}
        assert await refused(gateway, two) == (413, "TOO_MANY_FILES", "At most 1 files can be sent at once.")
        answer = await post_form(
            gateway, somebody(gateway), {"operations": operations(), "map": FILE_PLACE}, {"0": ("a.csv", b"a,b\n")}
        )
    (error,) = answer.json()["data"]["uploadFile"]["userErrors"]
    assert error["code"] == "INVALID_CONTENT_TYPE"
    assert error["message"].startswith("Files of the type ")


async def test_operations_are_no_longer_than_other_requests(gateway: Gateway) -> None:
    fields = {"operations": operations("#" * 2_000_001), "map": FILE_PLACE}
    message = "The part operations is longer than 2000000 bytes."
    assert await refused(gateway, fields) == (413, "PAYLOAD_TOO_LARGE", message)


@pytest.mark.parametrize(
    ("operations", "status", "code"),
    [
        ("nonsense", 400, "INVALID_JSON"),
        ([operations()], 400, "BATCHING_DISABLED"),
        ({"variables": {}}, 422, "BAD_REQUEST"),
        ({"query": "subscription { contentChanged { cursor } }"}, 406, "SUBSCRIPTION_NEEDS_A_STREAM"),
        ({"query": "{"}, 400, "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_operations_are_those_of_any_request(gateway: Gateway, operations: Any, status: int, code: str) -> None:
    assert (await refused(gateway, {"operations": operations, "map": {}}))[:2] == (status, code)


async def test_a_file_that_was_announced_and_not_sent_is_refused(gateway: Gateway) -> None:
    fields = {"operations": operations(), "map": {"other": ["variables.input.file"]}}
    answer = await post_form(gateway, somebody(gateway), fields, {"0": CSV})
    assert outcome(answer) == (
        294,
        "INVALID_MULTIPART",
        "The multipart body cannot be used: the part `0` is not a file of the map, or comes twice.",
    )


async def test_a_file_is_read_once(gateway: Gateway) -> None:
    document = """mutation ($input: UploadFileInput!) {
        a: uploadFile(input: $input) { userErrors { code } } b: uploadFile(input: $input) { file { id } }
    }"""
    answer = await post_form(
        gateway, somebody(gateway), {"operations": operations(document), "map": FILE_PLACE}, {"0": CSV}
    )
    message = "A file is read once, and those of one request in the order in which they are sent."
    assert outcome(answer) == (294, "UPLOAD_OUT_OF_ORDER", message)


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        ("multipart/form-data", b"", "its boundary is missing"),
        ("multipart/form-data; boundary=" + "x" * 300, b"", "its boundary is too long"),
        ("multipart/form-data; boundary=x", b"nonsense", "it is not multipart/form-data"),
        ("multipart/form-data; boundary=x", b"", "it ends before its last boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Type: text/plain\r\n\r\n", "a part has no name"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{',
            "it ends before its last boundary",
        ),
    ],
)
async def test_a_body_that_is_no_form_is_refused(gateway: Gateway, content_type: str, body: bytes, reason: str) -> None:
    headers = {"content-type": content_type, "graphql-preflight": "1", "accept": "application/graphql-response+json"}
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{gateway.url}/graphql", content=body, headers=headers)
    message = f"The multipart body cannot be used: {reason}."
    assert outcome(answer) == (400, "INVALID_MULTIPART", message)


async def test_a_file_name_is_read_in_utf_8(gateway: Gateway) -> None:
    body = (
        f'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{json.dumps(operations())}\r\n'
        f'--x\r\nContent-Disposition: form-data; name="map"\r\n\r\n{json.dumps(FILE_PLACE)}\r\n'
        '--x\r\nContent-Disposition: form-data; name="0"; filename="Übersicht März.exe"\r\n\r\nx\r\n--x--\r\n'
    )
    headers = {"content-type": "multipart/form-data; boundary=x", "graphql-preflight": "1"}
    headers["authorization"] = f"Bearer {somebody(gateway)}"
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{gateway.url}/graphql", content=body.encode(), headers=headers)
    assert [error["code"] for error in answer.json()["data"]["uploadFile"]["userErrors"]] == ["INVALID_CONTENT_TYPE"]
