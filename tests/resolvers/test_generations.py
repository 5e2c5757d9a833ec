"""Generation and the library of characters through the gateway: what works, who is refused, what cannot be used."""

import asyncio
import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.gateway import Gateway, serving
from tests.resolvers.characters import ask, made, mutate

GENERATION = """
    id databaseId contentType prompt negativePrompt category isNsfw status successCount failureCount
    startedAt completedAt durationSeconds error errorCode
    settings { steps cfgScale width height seed } character { databaseId }
"""
CONTENT = """
    id databaseId contentType status isApproved isNsfw category title text hashtags prompt feedback
    fileUrl thumbnailUrl width height fileSize qualityScore timesUsed
    generationSettings { steps width height }
"""
CHRIS = "chris@example.com"
MARIA = {"email": "maria@example.com"}
OWNER: dict[str, str] = {}
ENDED = {"COMPLETED", "FAILED"}


async def generated(gateway: Gateway, character: Any, **changes: Any) -> Any:
    """A generation for one of the owner's characters, once it is over, with its contents."""
    given = {"characterId": character["id"], "contentType": "TEXT", "prompt": "Quiet mornings"} | changes
    answer = await mutate(gateway, "generateContent", given, "contentGeneration { id status estimatedCompletion }")
    payload = answer.data["generateContent"]
    assert payload["userErrors"] == []
    assert payload["contentGeneration"]["status"] == "PENDING"
    document = f"query ($id: ID!) {{ contentGeneration(id: $id) {{ {GENERATION} contents {{ {CONTENT} }} }} }}"
    async with asyncio.timeout(30):
        while True:
            read = await ask(gateway, document, {"id": payload["contentGeneration"]["id"]})
            if read.data["contentGeneration"]["status"] in ENDED:
                return read.data["contentGeneration"]


# C08 and C09


async def test_pictures_are_generated_and_served(gateway: Gateway) -> None:
    character = await made(gateway)
    settings = {"width": 200, "height": 100, "steps": 20, "seed": 5}

    generation = await generated(
        gateway,
        character,
        contentType="IMAGE",
        prompt="A city at night",
        negativePrompt="blurry",
        category="STORY",
        settings=settings,
    )

    contents = generation.pop("contents")
    assert generation == generation | {
        "contentType": "IMAGE",
        "prompt": "A city at night",
        "negativePrompt": "blurry",
        "category": "STORY",
        "isNsfw": False,
        "status": "COMPLETED",
        "successCount": 2,
        "failureCount": 0,
        "error": None,
        "errorCode": None,
        "settings": settings | {"cfgScale": 7.5},
        "character": {"databaseId": character["databaseId"]},
    }
    assert len(contents) == 2
    async with httpx.AsyncClient() as client:
        for content in contents:
            assert (content["status"], content["category"]) == ("PENDING_APPROVAL_AGENT", "STORY")
            assert content["generationSettings"] == {"steps": 20, "width": 200, "height": 100}
            served = await client.get(content["fileUrl"])
            assert len(served.content) == content["fileSize"]
            with Image.open(io.BytesIO(served.content)) as image:
                assert (image.format, image.size) == ("PNG", (200, 100))
            assert (await client.get(content["thumbnailUrl"])).headers["content-type"] == "image/png"


async def test_a_clip_is_generated(gateway: Gateway) -> None:
    generation = await generated(
        gateway, await made(gateway), contentType="VIDEO", prompt="Waves on the sea", category="REEL"
    )

    (content,) = generation["contents"]
    async with httpx.AsyncClient() as client:
        served = await client.get(content["fileUrl"])
    with Image.open(io.BytesIO(served.content)) as clip:
        assert (clip.format, getattr(clip, "n_frames", 1)) == ("GIF", 12)


async def test_a_generation_that_fails_says_why(gateway: Gateway) -> None:
    generation = await generated(gateway, await made(gateway), prompt="a fail-generation please")

    said = {name: generation[name] for name in ("status", "error", "errorCode", "successCount", "failureCount")}
    assert said == {
        "status": "FAILED",
        "error": "The prompt asks for fail-generation.",
        "errorCode": "CONTENT_GENERATION_FAILED",
        "successCount": 0,
        "failureCount": 2,
    }
    assert generation["contents"] == []


@pytest.mark.parametrize(
    ("changes", "caller", "field", "code"),
    [
        ({"prompt": ""}, OWNER, ["prompt"], "BAD_USER_INPUT"),
        ({"settings": {"width": 1}}, OWNER, ["settings", "width"], "BAD_USER_INPUT"),
        ({"characterId": "chr_none"}, OWNER, ["characterId"], "CHARACTER_NOT_FOUND"),
        ({}, MARIA, ["characterId"], "CHARACTER_NOT_FOUND"),
    ],
)
async def test_what_cannot_be_generated_is_a_user_error(
    gateway: Gateway, changes: dict[str, Any], caller: dict[str, str], field: list[str], code: str
) -> None:
    character = await made(gateway)
    given = {"characterId": character["id"], "contentType": "TEXT", "prompt": "Quiet mornings"} | changes

    answer = await mutate(gateway, "generateContent", given, "contentGeneration { id }", **caller)

    payload = answer.data["generateContent"]
    assert payload["contentGeneration"] is None
    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [(field, code)]


async def test_the_generation_of_somebody_else_is_not_there(gateway: Gateway) -> None:
    id = "gen_429ad2c858ec0daadf3d"
    read = "query ($id: ID!) { contentGeneration(id: $id) { status } }"
    assert (await ask(gateway, read, {"id": id}, email=CHRIS)).data == {"contentGeneration": {"status": "COMPLETED"}}
    assert (await ask(gateway, read, {"id": id}, email="maria@example.com")).code == "NOT_FOUND"


# C10 and C11


async def test_the_library_is_filtered(gateway: Gateway) -> None:
    character = await made(gateway)
    safe = (await generated(gateway, character))["contents"]
    unsafe = (await generated(gateway, character, isNsfw=True))["contents"]
    await mutate(gateway, "approveContent", {"id": safe[0]["id"]}, "content { id }")
    document = """query ($filter: ContentFilter) {
        contentLibrary(filter: $filter, orderBy: {field: CREATED_AT, direction: ASC}) { nodes { id } }
    }"""
    mine = {"characterId": [character["id"]], "contentType": ["TEXT"]}
    for conditions, expected in (
        ({}, [*safe, *unsafe]),
        ({"isNsfw": True}, unsafe),
        ({"isApproved": True}, safe[:1]),
        ({"isApproved": False, "isNsfw": False}, safe[1:]),
        ({"contentType": ["IMAGE"]}, []),
    ):
        answer = await ask(gateway, document, {"filter": mine | conditions})
        assert answer.data["contentLibrary"]["nodes"] == [{"id": content["id"]} for content in expected]
    theirs = await ask(gateway, document, {"filter": mine}, email="maria@example.com")
    assert theirs.data == {"contentLibrary": {"nodes": []}}
    bad = await ask(gateway, document, {"filter": {"characterId": ["TGlzdGluZzox"]}})
    assert bad.code == "BAD_USER_INPUT"


async def test_a_piece_is_read_with_what_it_is_about(gateway: Gateway) -> None:
    character = await made(gateway)
    generation = await generated(gateway, character)
    document = f"""query ($id: ID!) {{ content(id: $id) {{
        {CONTENT}
        subject {{ __typename ... on Character {{ databaseId }} }} character {{ databaseId }} listing {{ id }}
        generation {{ id }}
    }} }}"""
    (first, _) = generation["contents"]

    answer = await ask(gateway, document, {"id": first["databaseId"]})

    about = {"databaseId": character["databaseId"]}
    assert answer.data["content"] == first | {
        "subject": {"__typename": "Character"} | about,
        "character": about,
        "listing": None,
        "generation": {"id": generation["id"]},
    }
    assert (await ask(gateway, document, {"id": first["id"]}, email="maria@example.com")).code == "NOT_FOUND"
    assert (await ask(gateway, document, {"id": character["id"]})).code == "BAD_USER_INPUT"


# C12 to C14


async def test_content_of_a_character_is_approved_and_rejected_with_a_reason(gateway: Gateway) -> None:
    first, second = (await generated(gateway, await made(gateway)))["contents"]
    shown = "content { status isApproved feedback }"

    approved = await mutate(gateway, "approveContent", {"id": first["id"]}, shown)
    assert approved.data["approveContent"] == {
        "content": {"status": "APPROVED", "isApproved": True, "feedback": None},
        "userErrors": [],
    }
    again = await mutate(gateway, "approveContent", {"id": first["id"]}, shown)
    (error,) = again.data["approveContent"]["userErrors"]
    assert error["code"] == "INVALID_TRANSITION"

    unsaid = await mutate(gateway, "rejectContent", {"id": second["id"]}, shown)
    (error,) = unsaid.data["rejectContent"]["userErrors"]
    assert (error["field"], error["code"]) == (["feedback"], "BAD_USER_INPUT")
    given = {"id": second["id"], "feedback": "Quality too low"}
    rejected = await mutate(gateway, "rejectContent", given, shown)
    assert rejected.data["rejectContent"] == {
        "content": {"status": "REJECTED", "isApproved": False, "feedback": "Quality too low"},
        "userErrors": [],
    }


async def test_deleted_content_is_gone(gateway: Gateway) -> None:
    generation = await generated(gateway, await made(gateway))
    first, second = generation["contents"]

    answer = await mutate(gateway, "deleteContent", {"id": second["id"]}, "content { id }")

    assert answer.data["deleteContent"] == {"content": {"id": second["id"]}, "userErrors": []}
    read = """query ($content: ID!, $generation: ID!) {
        contentGeneration(id: $generation) { contents { id } } content(id: $content) { id }
    }"""
    left = await ask(gateway, read, {"content": second["id"], "generation": generation["id"]})
    assert left.body["data"] == {"contentGeneration": {"contents": [{"id": first["id"]}]}, "content": None}
    assert left.code == "NOT_FOUND"
    again = await mutate(gateway, "deleteContent", {"id": second["id"]}, "content { id }")
    (error,) = again.data["deleteContent"]["userErrors"]
    assert error["code"] == "NOT_FOUND"


# Refusals


async def test_a_user_asks_for_ten_generations_a_minute(tmp_path: Path) -> None:
    async with serving(tmp_path, rate_limits=True) as gateway:
        given = {"characterId": "chr_none", "contentType": "TEXT", "prompt": "Quiet mornings"}
        answers = [await mutate(gateway, "generateContent", given, "contentGeneration { id }") for _ in range(11)]
        assert [len(answer.body.get("errors", [])) for answer in answers] == [0] * 10 + [1]
        assert answers[-1].code == "RATE_LIMIT_EXCEEDED"
        assert answers[-1].calls == []


@pytest.mark.parametrize("mutation", ["approveContent", "rejectContent", "deleteContent"])
async def test_nobody_decides_on_the_content_of_somebody_else(gateway: Gateway, mutation: str) -> None:
    given = {"id": "cnt_bdf729a6f1155c5b660e"}
    answer = await mutate(gateway, mutation, given, "content { id }", email="maria@example.com")
    (error,) = answer.data[mutation]["userErrors"]
    assert (answer.data[mutation]["content"], error["code"]) == (None, "NOT_FOUND")


NEED_A_TOKEN = [
    """mutation { generateContent(input: {characterId: "chr_1", contentType: TEXT, prompt: "a"}) {
        userErrors { code }
    } }""",
    '{ contentGeneration(id: "gen_1") { status } }',
    "{ contentLibrary { totalCount } }",
    '{ content(id: "cnt_1") { title } }',
    'mutation { approveContent(input: {id: "cnt_1"}) { userErrors { code } } }',
    'mutation { rejectContent(input: {id: "cnt_1", feedback: "a"}) { userErrors { code } } }',
    'mutation { deleteContent(input: {id: "cnt_1"}) { userErrors { code } } }',
]


@pytest.mark.parametrize("document", NEED_A_TOKEN)
async def test_generation_and_the_library_need_a_token(gateway: Gateway, document: str) -> None:
    answer = await ask(gateway, document, email=None)
    assert (answer.code, answer.calls) == ("UNAUTHENTICATED", [])
