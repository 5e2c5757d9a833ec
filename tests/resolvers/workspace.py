"""What the tests of the workspace share: people of their own, mutations, and sessions to begin with."""

import json
import uuid
from typing import Any

import httpx

from app.server.authentication import issue_token
from tests.gateway import Answer, Gateway


def somebody(gateway: Gateway) -> str:
    """The token of a user that no other test knows: the backends know users by their tokens alone."""
    return issue_token(gateway.settings, subject=f"usr_{uuid.uuid4().hex[:20]}", roles=["agent"])


async def mutate(gateway: Gateway, mutation: str, given: dict[str, Any], selection: str, **caller: Any) -> Answer:
    kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
    document = f"""mutation ($input: {kind}) {{
        {mutation}(input: $input) {{ {selection} userErrors {{ field message code }} }}
    }}"""
    return await gateway.query(document, {"input": given}, **caller)


async def opened(gateway: Gateway, token: str, title: str = "Spring pipeline") -> Any:
    """A new session, which is the active one."""
    answer = await mutate(gateway, "createSession", {"title": title}, "session { id title isActive }", token=token)
    payload = answer.data["createSession"]
    assert payload["userErrors"] == []
    return payload["session"]


UPLOAD = """mutation ($input: UploadFileInput!) {
    uploadFile(input: $input) {
        file { id databaseId fileName contentType sizeBytes summary isActive } userErrors { field message code }
    }
}"""
FILE_PLACE = {"0": ["variables.input.file"]}


def operations(document: str = UPLOAD, **given: Any) -> dict[str, Any]:
    """The operation of a multipart request, with null in the place of the file."""
    return {"query": document, "variables": {"input": {"file": None, **given}}}


async def post_form(
    gateway: Gateway, token: str | None, fields: dict[str, Any], files: dict[str, tuple[str, bytes]], **headers: str
) -> httpx.Response:
    """Post a form: the fields, as JSON, in their order, then the files."""
    sent = {"accept": "application/graphql-response+json", "graphql-preflight": "1", **headers}
    if token is not None:
        sent["authorization"] = f"Bearer {token}"
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    async with httpx.AsyncClient(timeout=30, verify=False) as client:  # noqa: S501 -- there is no TLS
        return await client.post(f"{gateway.url}/graphql", data=form, files=files, headers=sent)


async def upload(gateway: Gateway, token: str, content: bytes, name: str = "sales.csv", **given: Any) -> Any:
    """What `uploadFile` answers for a file."""
    fields = {"operations": operations(**given), "map": FILE_PLACE}
    answer = await post_form(gateway, token, fields, {"0": (name, content)})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["uploadFile"]


async def uploaded(gateway: Gateway, token: str, content: bytes, name: str = "sales.csv", **given: Any) -> Any:
    """A file that was uploaded to the active session."""
    payload = await upload(gateway, token, content, name, **given)
    assert payload["userErrors"] == []
    return payload["file"]
