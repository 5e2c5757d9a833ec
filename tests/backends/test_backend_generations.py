"""Generations: pictures, clips and posts are made for characters, and their files are served."""

import io
from pathlib import Path

import httpx
import pytest
from PIL import Image

from backends.generations import Generation
from backends.personas import Persona
from backends.studio import make_piece
from tests.backends.backend_world import Json, User, Webhook, World, ids, paths, problem, running
from tests.backends.test_backend_characters import made

pytestmark = pytest.mark.asyncio(loop_scope="module")

GENERATIONS = "/content/generations"
CONTENT = "/content/content"
SUNSET = {"content_type": "image", "prompt": "A sunset on the beach", "settings": {"width": 320, "height": 200}}


async def asked(owner: User, **changes: object) -> Json:
    if "character_id" not in changes:
        changes["character_id"] = (await made(owner))["id"]
    answer = await owner.post(GENERATIONS, SUNSET | changes)
    assert answer.status_code == 202, answer.text
    generation: Json = answer.json()
    return generation


async def ended(world: World, generation: Json, kind: str = "completed") -> Json:
    data = await world.webhook.first(f"generation.{kind}", generation["id"], lambda data: True)
    over: Json = data["generation"]
    return over


async def pieces(owner: User, generation: Json) -> list[Json]:
    items: list[Json] = (await owner.get(CONTENT, generation_id=generation["id"], order="created_at")).json()["items"]
    return items


def opened(answer: httpx.Response) -> Image.Image:
    assert answer.status_code == 200
    return Image.open(io.BytesIO(answer.content))


async def test_a_generation_is_accepted_and_carried_out(world: World) -> None:
    owner = world.agent()
    generation = await asked(owner, category="story")
    assert (generation["status"], generation["owner_id"], generation["content_ids"]) == ("pending", owner.id, [])
    assert generation["settings"] == {"steps": 30, "cfg_scale": 7.5, "width": 320, "height": 200, "seed": None}
    over = await ended(world, generation)
    assert (over["status"], over["success_count"], over["failure_count"], over["error"]) == ("completed", 2, 0, None)
    assert over["started_at"] <= over["completed_at"]
    assert over["duration_seconds"] >= 0
    assert (await owner.get(f"{GENERATIONS}/{generation['id']}")).json() == over
    made = await pieces(owner, generation)
    assert [piece["id"] for piece in made] == over["content_ids"]
    for piece in made:
        assert await world.webhook.first("content.generated", piece["id"], lambda data: True) == {"content": piece}
        assert (piece["status"], piece["category"], piece["is_approved"]) == ("pending_approval_agent", "story", False)
        assert (piece["character_id"], piece["generation_settings"]) == (over["character_id"], over["settings"])


async def test_pictures_have_the_size_asked_for_and_differ(world: World) -> None:
    owner = world.agent()
    generation = await asked(owner)
    await ended(world, generation)
    first, second = await pieces(owner, generation)
    answers = [await world.http.get(piece["file_url"]) for piece in (first, second)]
    assert answers[0].content != answers[1].content
    for piece, answer in zip((first, second), answers, strict=True):
        with opened(answer) as image:
            assert (image.format, image.size, piece["width"], piece["height"]) == ("PNG", (320, 200), 320, 200)
        assert (answer.headers["content-type"], len(answer.content)) == ("image/png", piece["file_size"])
        with opened(await world.http.get(piece["thumbnail_url"])) as thumbnail:
            assert thumbnail.size == (160, 100)


async def test_clips_move(world: World) -> None:
    owner = world.agent()
    generation = await asked(owner, content_type="video", prompt="Slow waves on the sea", category="reel")
    await ended(world, generation)
    (piece,) = await pieces(owner, generation)
    answer = await world.http.get(piece["file_url"])
    with opened(answer) as clip:
        assert (clip.format, clip.size) == ("GIF", (piece["width"], piece["height"]))
        assert getattr(clip, "n_frames", 1) == 12
    assert answer.headers["content-type"] == "image/gif"


async def test_posts_are_written_in_the_voice_of_the_character(world: World) -> None:
    owner = world.agent()
    texts = []
    for style in ("formal", "witty"):
        character = await made(owner, personality={"communication_style": style, "preferred_topics": ["chess"]})
        generation = await asked(
            owner, character_id=character["id"], content_type="text", prompt="Endgames", settings={"seed": 4}
        )
        await ended(world, generation)
        written = await pieces(owner, generation)
        assert [(piece["file_url"], piece["hashtags"]) for piece in written] == [(None, ["Running", "Chess"])] * 2
        texts.append([piece["text"] for piece in written])
    assert len({text for style in texts for text in style}) == 4


async def test_the_same_seed_makes_the_same_piece() -> None:
    persona = Persona(id="chr_1", owner_id="usr_1", name="Maya")

    def file(seed: int, prompt: str = "A forest at night") -> bytes:
        generation = Generation.model_validate(
            {
                "id": f"gen_{seed}",
                "owner_id": "usr_1",
                "character_id": "chr_1",
                "content_type": "image",
                "prompt": prompt,
                "negative_prompt": "night",
                "settings": {"width": 64, "height": 64, "seed": seed},
                "category": "post",
                "is_nsfw": False,
            }
        )
        picture = make_piece(generation, persona, 0).picture
        assert picture is not None
        return picture.content

    assert file(7) == file(7)
    assert len({file(7), file(8), file(7, "A city at night")}) == 3


async def test_what_the_sandbox_blocks_fails(world: World) -> None:
    owner = world.agent()
    generation = await asked(owner, prompt="please Fail-Generation now")
    over = await ended(world, generation, "failed")
    assert (over["status"], over["error_code"]) == ("failed", "CONTENT_GENERATION_FAILED")
    assert (over["success_count"], over["failure_count"], over["content_ids"]) == (0, 2, [])
    assert over["error"] == "The prompt asks for fail-generation."
    assert await pieces(owner, generation) == []


async def test_the_character_must_be_the_callers(world: World) -> None:
    owner, stranger = world.agent(), world.agent()
    character = await made(owner)
    answer = await stranger.post(GENERATIONS, SUNSET | {"character_id": character["id"]})
    assert (answer.status_code, paths(answer)) == (422, [["character_id"]])
    assert answer.json()["errors"][0]["code"] == "CHARACTER_NOT_FOUND"
    generation = await asked(owner, character_id=character["id"])
    assert problem(await stranger.get(f"{GENERATIONS}/{generation['id']}")) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"prompt": " "}, ["prompt"]),
        ({"content_type": "email"}, ["content_type"]),
        ({"category": "poster"}, ["category"]),
        ({"settings": {"width": 20_000}}, ["settings", "width"]),
        ({"settings": {"steps": 0}}, ["settings", "steps"]),
    ],
)
async def test_what_cannot_be_made_is_named(world: World, changes: Json, path: list[str]) -> None:
    answer = await world.agent().post(GENERATIONS, SUNSET | {"character_id": "chr_1"} | changes)
    assert (problem(answer), paths(answer)) == ((422, "BAD_USER_INPUT"), [path])


async def test_generations_are_grouped_by_their_characters(world: World) -> None:
    owner = world.agent()
    generation = await asked(owner)
    over = await ended(world, generation)
    character = generation["character_id"]
    groups = (await owner.get(GENERATIONS, group_by="character_id", character_id=character)).json()["groups"]
    assert groups == {character: {"items": [over], "total": 1}}


async def test_approved_content_of_a_character_is_not_posted_by_itself(world: World) -> None:
    owner = world.agent()
    generation = await asked(owner)
    await ended(world, generation)
    first, second = await pieces(owner, generation)
    approved = await owner.post(f"{CONTENT}/{first['id']}/action", {"action": "approve_and_post"})
    assert (approved.json()["status"], approved.json()["is_approved"]) == ("approved", True)
    unexplained = await owner.post(f"{CONTENT}/{second['id']}/action", {"action": "reject_discard"})
    assert (problem(unexplained), paths(unexplained)) == ((422, "BAD_USER_INPUT"), [["feedback"]])
    rejected = await owner.post(
        f"{CONTENT}/{second['id']}/action", {"action": "reject_discard", "feedback": "Too dark."}
    )
    assert (rejected.json()["status"], rejected.json()["feedback"]) == ("rejected", "Too dark.")
    assert ids(await owner.get(CONTENT, is_approved="true")) == [first["id"]]
    assert ids(await owner.get(CONTENT, is_approved="false", content_type="image")) == [second["id"]]
    used = await world.service.post(f"{CONTENT}/{first['id']}/use")
    assert (used.json()["times_used"], used.json()["status"]) == (1, "approved")
    assert problem(await owner.post(f"{CONTENT}/{first['id']}/use")) == (403, "FORBIDDEN")


async def test_revisions_of_a_piece_are_made_by_another_seed(world: World) -> None:
    owner = world.agent()
    generation = await asked(owner, settings={"width": 64, "height": 64})
    await ended(world, generation)
    first, _ = await pieces(owner, generation)
    body = {"action": "request_revisions", "feedback": "A lower sun, please."}
    await owner.post(f"{CONTENT}/{first['id']}/action", body)
    data = await world.webhook.first(
        "content.changed", first["id"], lambda data: data["content"]["revision"] == first["revision"] + 3
    )
    revised = data["content"]
    assert (revised["status"], revised["feedback"]) == ("pending_approval_agent", body["feedback"])
    assert revised["file_url"] != first["file_url"]
    assert (await world.http.get(revised["file_url"])).status_code == 200


async def test_a_generation_outlives_the_process(tmp_path: Path, webhook: Webhook) -> None:
    owner_id = "usr_1"
    async with running(tmp_path, webhook, step_seconds=3600.0) as world:
        generation = await asked(world.agent(owner_id))
    assert generation["status"] == "pending"
    async with running(tmp_path, webhook) as world:
        over = await ended(world, generation)
        assert (over["success_count"], len(await pieces(world.agent(owner_id), generation))) == (2, 2)


async def test_deleted_content_is_gone(world: World) -> None:
    owner = world.agent()
    generation = await asked(owner, content_type="text", is_nsfw=True)
    await ended(world, generation)
    first, second = await pieces(owner, generation)
    path = f"{CONTENT}/{first['id']}"
    assert problem(await world.agent().send("DELETE", path)) == (404, "NOT_FOUND")
    assert (await owner.send("DELETE", path)).json() == first
    assert problem(await owner.get(path)) == (404, "NOT_FOUND")
    assert problem(await owner.send("DELETE", path)) == (404, "NOT_FOUND")
    assert ids(await owner.get(CONTENT, is_nsfw="true")) == [second["id"]]
    assert ids(await owner.get(CONTENT, is_nsfw="false")) == []
