"""Characters: made, changed, paused and taken away; their images are kept and served."""

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from tests.backends.backend_world import Json, User, World, ids, paths, problem, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHARACTERS = "/characters/characters"
MAYA = {
    "name": "Maya",
    "bio": "I run before the city wakes up.",
    "age": 29,
    "location": "Austin, TX",
    "timezone": "America/Chicago",
    "interests": ["running"],
    "personality": {"extroversion": 0.8, "communication_style": "witty"},
    "appearance": {"hair_color": "brown", "style_preferences": ["sporty"]},
    "platforms": ["instagram", "tiktok", "instagram"],
}


def picture(kind: str = "PNG", size: int = 8) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (size, size), "#336699").save(file, kind)
    return file.getvalue()


async def made(owner: User, **facts: object) -> Json:
    answer = await owner.post(CHARACTERS, MAYA | facts)
    assert answer.status_code == 201, answer.text
    character: Json = answer.json()
    return character


async def test_a_character_is_stored_with_what_is_not_said_filled_in(world: World) -> None:
    owner = world.agent()
    character = await made(owner)
    told = world.webhook.first("character.changed", character["id"], lambda data: True)
    assert (await told) == {"character": character}
    assert {name: character[name] for name in ("owner_id", "status", "personality", "appearance", "platforms")} == {
        "owner_id": owner.id,
        "status": "active",
        "personality": {
            "extroversion": 0.8,
            "creativity": 0.5,
            "communication_style": "witty",
            "preferred_topics": [],
        },
        "appearance": {
            "hair_color": "brown",
            "eye_color": None,
            "style_preferences": ["sporty"],
            "face_reference_image_url": None,
        },
        "platforms": ["instagram", "tiktok"],
    }
    assert (await owner.get(f"{CHARACTERS}/{character['id']}")).json() == character


async def test_a_change_leaves_alone_what_it_does_not_name(world: World) -> None:
    owner = world.agent()
    character = await made(owner)
    change = {"age": None, "personality": {"creativity": 1.0}, "appearance": {"eye_color": "green"}}
    answer = await owner.send("PATCH", f"{CHARACTERS}/{character['id']}", change)
    assert answer.status_code == 200
    changed = answer.json()
    expected = character | {"age": None, "updated_at": changed["updated_at"]}
    expected["personality"] = character["personality"] | {"creativity": 1.0}
    expected["appearance"] = character["appearance"] | {"eye_color": "green"}
    assert changed == expected


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"name": " "}, ["name"]),
        ({"age": 17}, ["age"]),
        ({"timezone": "Mars/Olympus"}, ["timezone"]),
        ({"timezone": "../../etc/passwd"}, ["timezone"]),
        ({"personality": {"creativity": 1.5}}, ["personality", "creativity"]),
        ({"platforms": ["myspace"]}, ["platforms", "0"]),
        ({"status": "error"}, ["status"]),
    ],
)
async def test_facts_that_cannot_be_used_are_named(world: World, facts: Json, path: list[str]) -> None:
    owner = world.agent()
    answer = await owner.post(CHARACTERS, MAYA | facts)
    assert problem(answer) == (422, "BAD_USER_INPUT")
    assert paths(answer) == [path]
    character = await made(owner)
    changed = await owner.send("PATCH", f"{CHARACTERS}/{character['id']}", facts)
    assert (problem(changed), paths(changed)) == ((422, "BAD_USER_INPUT"), [path])


@pytest.mark.parametrize("name", ["name", "bio", "timezone", "interests", "personality", "platforms"])
async def test_what_every_character_has_cannot_be_removed(world: World, name: str) -> None:
    owner = world.agent()
    character = await made(owner)
    answer = await owner.send("PATCH", f"{CHARACTERS}/{character['id']}", {name: None})
    assert (problem(answer), paths(answer)) == ((422, "BAD_USER_INPUT"), [[name]])


async def test_media_are_where_browsers_find_them(world: World, tmp_path: Path) -> None:
    async with running(tmp_path, world.webhook, public_urls={"characters": "https://media.example"}) as other:
        data = base64.b64encode(picture("PNG")).decode()
        character = await made(other.agent(), profile_image=data)
        assert character["profile_image_url"].startswith("https://media.example/media/")


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
async def test_an_image_given_as_data_is_served_to_anyone(world: World, kind: str, media_type: str) -> None:
    content = picture(kind)
    data = base64.b64encode(content).decode()
    character = await made(
        world.agent(), profile_image=data, appearance={"face_reference_image": f"data:image/x;base64,{data}"}
    )
    url = character["profile_image_url"]
    assert url.startswith(f"{world.url}/characters/media/")
    assert character["appearance"]["face_reference_image_url"] == url
    answer = await world.http.get(url)
    assert (answer.content, answer.headers["content-type"]) == (content, media_type)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_an_image_given_by_its_url_stays_where_it_is(world: World) -> None:
    url = "https://images.example.com/maya.jpg"
    assert (await made(world.agent(), profile_image=url))["profile_image_url"] == url


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("no image", "INVALID_CONTENT_TYPE"),
        (base64.b64encode(b"%PDF-1.7 not an image").decode(), "INVALID_CONTENT_TYPE"),
        (base64.b64encode(picture()[:-20]).decode(), "INVALID_CONTENT_TYPE"),
        (base64.b64encode(picture("BMP")).decode(), "INVALID_CONTENT_TYPE"),
        (base64.b64encode(b"x" * (512 * 1024 + 1)).decode(), "STORAGE_ERROR"),
    ],
)
async def test_data_that_is_no_image_is_refused(world: World, given: str, code: str) -> None:
    answer = await world.agent().post(CHARACTERS, MAYA | {"profile_image": given})
    assert answer.status_code == 422
    assert [(error["path"], error["code"]) for error in answer.json()["errors"]] == [(["profile_image"], code)]


@pytest.mark.parametrize("name", ["none.png", "%2e%2e", "..%2fcharacters.sqlite3", "none.sqlite3"])
async def test_a_file_that_is_not_media_is_not_there(world: World, name: str) -> None:
    assert problem(await world.http.get(f"/characters/media/{name}")) == (404, "NOT_FOUND")


async def test_a_character_is_paused_and_resumed(world: World) -> None:
    owner = world.agent()
    character = await made(owner)
    path = f"{CHARACTERS}/{character['id']}"
    assert (await owner.post(f"{path}/pause")).json()["status"] == "paused"
    assert problem(await owner.post(f"{path}/pause")) == (409, "INVALID_TRANSITION")
    assert (await owner.post(f"{path}/resume")).json()["status"] == "active"
    assert problem(await owner.post(f"{path}/resume")) == (409, "INVALID_TRANSITION")


async def test_a_deleted_character_is_shown_to_nobody(world: World) -> None:
    owner = world.agent()
    character, other = await made(owner), await made(owner, name="Theo")
    path = f"{CHARACTERS}/{character['id']}"
    assert (await owner.send("DELETE", path)).json()["status"] == "deleted"
    for caller in (owner, world.admin(), world.service):
        assert problem(await caller.get(path)) == (404, "CHARACTER_NOT_FOUND")
    for query in ({}, {"ids": f"{character['id']},{other['id']}"}, {"search": "a"}, {"status": "active,deleted"}):
        assert ids(await owner.get(CHARACTERS, **query)) in ([other["id"]], [])
    for method, route in (("DELETE", ""), ("PATCH", ""), ("POST", "/pause"), ("POST", "/resume")):
        body: Json | None = {} if method == "PATCH" else None
        assert problem(await owner.send(method, f"{path}{route}", body)) == (404, "CHARACTER_NOT_FOUND")


async def test_nobody_touches_the_character_of_somebody_else(world: World) -> None:
    character = await made(world.agent())
    path = f"{CHARACTERS}/{character['id']}"
    stranger = world.agent()
    for method, route in (("GET", ""), ("DELETE", ""), ("PATCH", ""), ("POST", "/pause"), ("POST", "/resume")):
        body = {"name": "Mine"} if method == "PATCH" else None
        assert problem(await stranger.send(method, f"{path}{route}", body)) == (404, "CHARACTER_NOT_FOUND")
    assert (await stranger.get(CHARACTERS, ids=character["id"])).json() == {"items": [], "total": 0}


async def test_characters_are_found_by_state_and_words(world: World) -> None:
    owner = world.agent()
    maya = await made(owner)
    theo = await made(owner, name="Theo", bio="Carpenter.", location="Denver, CO")
    await owner.post(f"{CHARACTERS}/{theo['id']}/pause")
    assert ids(await owner.get(CHARACTERS, status="paused")) == [theo["id"]]
    assert ids(await owner.get(CHARACTERS, search="denver carp")) == [theo["id"]]
    assert ids(await owner.get(CHARACTERS, order="name")) == [maya["id"], theo["id"]]
