"""Files: uploaded to the active session, whole or not at all, and what they hold."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.backends.backend_world import Json, User, World, ids, paths, problem
from tests.backends.test_backend_sessions import opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

FILES = "/files/files"
SALES = b"date,product,revenue\n2025-03-01,Consulting,1200\n2025-03-02,Staging,800\n"


async def sent(owner: User, content: bytes = SALES, name: str = "sales.csv", **fields: str) -> httpx.Response:
    return await owner.http.post(FILES, data=fields, files={"file": (name, content)}, headers=owner.headers)


async def uploaded(owner: User, content: bytes = SALES, name: str = "sales.csv", **fields: str) -> Json:
    answer = await sent(owner, content, name, **fields)
    assert answer.status_code == 201, answer.text
    file: Json = answer.json()
    return file


async def at_work(world: World) -> tuple[User, Json]:
    """Somebody with an active session."""
    owner = world.agent()
    return owner, await opened(owner)


async def test_a_file_belongs_to_the_active_session(world: World) -> None:
    owner, session = await at_work(world)
    file = await uploaded(owner, description="Of March")
    assert file == file | {
        "owner_id": owner.id,
        "session_id": session["id"],
        "file_name": "sales.csv",
        "description": "Of March",
        "content_type": "text/csv",
        "size_bytes": len(SALES),
        "storage_uri": f"storage://{owner.id}/{file['id']}.csv",
        "summary": "2 rows, 3 columns: date, product, revenue",
        "active": False,
    }
    content = await owner.get(f"{FILES}/{file['id']}/content")
    assert (content.content, content.headers["content-type"]) == (SALES, "text/csv; charset=utf-8")


def picture(kind: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (6, 4), "#336699").save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "content_type", "summary"),
    [
        ("wide.csv", b"a,b,c,d,e,f,g,h,i\n1\n", "text/csv", "1 row, 9 columns: a, b, c, d, e, f, g, h and 1 more"),
        ("notes.TXT", "Zwei Wörter\nund drei mehr".encode(), "text/plain", "2 lines, 5 words"),
        ("notes.md", b"# Title", "text/markdown", "1 line, 2 words"),
        ("list.json", b"[1, 2]", "application/json", "A list of 2 items"),
        ("map.json", b'{"a": 1, "b": 2}', "application/json", "An object of 2 members: a, b"),
        ("value.json", b"true", "application/json", "A single value, true"),
        (
            "some.pdf",
            b"%PDF-1.7\n<< /Type /Pages >>\n<< /Type /Page >>\n",
            "application/pdf",
            "A PDF document of 1 page",
        ),
        ("some.png", picture("PNG"), "image/png", "A picture of 6 by 4 pixels"),
        ("some.jpeg", picture("JPEG"), "image/jpeg", "A picture of 6 by 4 pixels"),
    ],
)
async def test_a_summary_says_what_a_file_holds(
    world: World, name: str, content: bytes, content_type: str, summary: str
) -> None:
    owner, _ = await at_work(world)
    file = await uploaded(owner, content, name)
    assert (file["file_name"], file["content_type"], file["summary"]) == (name, content_type, summary)


@pytest.mark.parametrize(
    ("name", "content", "path"),
    [
        ("tool.exe", b"MZ", "file_name"),
        ("nothing", b"x", "file_name"),
        ("some.png", b"no picture", "file"),
        ("some.pdf", b"no document", "file"),
        ("some.txt", b"\xff\xfe", "file"),
        ("some.json", b"{", "file"),
    ],
)
async def test_a_file_of_another_type_leaves_nothing(world: World, name: str, content: bytes, path: str) -> None:
    owner, _ = await at_work(world)
    answer = await sent(owner, content, name)
    assert (answer.status_code, [(error["path"], error["code"]) for error in answer.json()["errors"]]) == (
        422,
        [([path], "INVALID_CONTENT_TYPE")],
    )
    assert ids(await owner.get(FILES)) == []
    assert stored_of(world) == await listed(world)


def stored_of(world: World) -> set[str]:
    directory: Path = world.settings.data_dir / "uploads"
    return {path.stem for path in directory.iterdir()} if directory.exists() else set()


async def listed(world: World) -> set[str]:
    return set(ids(await world.admin().get(FILES, limit=100)))


@pytest.mark.parametrize("name", ["", "a/b.csv", "x" * 200 + ".csv", "a\nb.csv"])
async def test_a_name_that_cannot_be_shown_is_refused(world: World, name: str) -> None:
    owner, _ = await at_work(world)
    answer = await sent(owner, file_name=name, name="" if not name else "sales.csv")
    assert answer.status_code in (400, 422)
    assert ids(await owner.get(FILES)) == []


async def test_a_form_without_a_file_is_refused(world: World) -> None:
    owner, _ = await at_work(world)
    answer = await owner.http.post(FILES, data={"file_name": "a.csv"}, headers=owner.headers)
    assert (problem(answer), paths(answer)) == ((422, "BAD_USER_INPUT"), [["file"]])


async def test_a_file_needs_an_active_session(world: World) -> None:
    assert problem(await sent(world.agent())) == (409, "NO_ACTIVE_SESSION")


async def test_a_name_is_taken_once_in_each_session(world: World) -> None:
    owner, _ = await at_work(world)
    await uploaded(owner)
    answer = await sent(owner)
    assert (answer.status_code, [error["code"] for error in answer.json()["errors"]]) == (409, ["FILE_EXISTS"])
    await opened(owner, "Another")
    await uploaded(owner)


async def test_one_file_of_a_session_is_active_and_stays(world: World) -> None:
    owner, session = await at_work(world)
    first, second = await uploaded(owner, name="a.csv"), await uploaded(owner, name="b.csv")
    for file in (first, second):
        assert (await owner.post(f"{FILES}/{file['id']}/activate")).json()["active"] is True
        assert ids(await owner.get(FILES, session_id=session["id"], active="true")) == [file["id"]]
    assert problem(await owner.send("DELETE", f"{FILES}/{second['id']}")) == (409, "FILE_ACTIVE")
    assert (await owner.send("DELETE", f"{FILES}/{first['id']}")).json()["id"] == first["id"]
    groups = (await owner.get(FILES, group_by="session_id", session_id=session["id"])).json()["groups"]
    assert [file["id"] for file in groups[session["id"]]["items"]] == [second["id"]]
    assert first["id"] not in stored_of(world)


async def test_the_files_of_a_deleted_session_go_with_it(world: World) -> None:
    owner, session = await at_work(world)
    file = await uploaded(owner)
    await opened(owner, "Another")
    await owner.send("DELETE", f"/sessions/sessions/{session['id']}")
    await world.webhook.first("file.deleted", file["id"], lambda data: True)
    assert problem(await owner.get(f"{FILES}/{file['id']}")) == (404, "NOT_FOUND")


@pytest.mark.parametrize(("method", "action"), [("POST", "/activate"), ("DELETE", ""), ("GET", "/content")])
async def test_nobody_touches_the_file_of_somebody_else(world: World, method: str, action: str) -> None:
    owner, _ = await at_work(world)
    file = await uploaded(owner)
    answer = await world.agent().send(method, f"{FILES}/{file['id']}{action}")
    assert problem(answer) == (404, "NOT_FOUND")


async def test_a_user_does_not_clear_a_session(world: World) -> None:
    owner, session = await at_work(world)
    assert problem(await owner.send("DELETE", f"/files/sessions/{session['id']}/files")) == (403, "FORBIDDEN")


async def test_a_file_that_is_too_large_is_refused_and_not_kept(world: World) -> None:
    owner, _ = await at_work(world)

    async def body() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\n'
        for _ in range(101):
            yield bytes(1_000_000)
        yield b"\r\n--x--\r\n"

    headers = owner.headers | {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await owner.http.post(FILES, content=body(), headers=headers, timeout=30)
    assert (answer.status_code, [error["code"] for error in answer.json()["errors"]]) == (413, ["FILE_TOO_LARGE"])
    assert stored_of(world) == await listed(world)


async def test_an_upload_that_breaks_off_leaves_nothing(world: World) -> None:
    owner, _ = await at_work(world)
    host, _, port = world.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = {
        "Host": "files",
        **owner.headers,
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": "9999",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    begun = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na,b\n'
    writer.write(f"POST {FILES} HTTP/1.1\r\n{lines}\r\n".encode() + begun)
    writer.write_eof()
    await reader.read()
    writer.close()
    assert ids(await owner.get(FILES)) == []
    assert stored_of(world) == await listed(world)


async def test_json_is_not_an_upload(world: World) -> None:
    owner, _ = await at_work(world)
    answer = await owner.http.post(FILES, content=json.dumps({"file": "x"}), headers=owner.headers)
    assert problem(answer) == (422, "BAD_USER_INPUT")
