"""Writes that are repeated with the same Idempotency-Key."""

import asyncio

import pytest

from tests.backends.backend_world import World, pending_content, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

LISTINGS = "/listings/listings"
BODY = {"address": "1 Main St"}


async def test_the_same_key_and_body_get_the_stored_answer(world: World) -> None:
    owner = world.agent()
    first = await owner.post(LISTINGS, BODY, key="k1")
    again = await owner.post(LISTINGS, BODY, key="k1")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["content-type"] == "application/json"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (await owner.get(LISTINGS)).json()["total"] == 1


async def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    owner = world.agent()
    await owner.post(LISTINGS, BODY, key="k1")
    answer = await owner.post(LISTINGS, {"address": "2 Main St"}, key="k1")
    assert problem(answer) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert (await owner.get(LISTINGS)).json()["total"] == 1


async def test_duplicates_in_flight_wait_for_the_first(world: World) -> None:
    owner = world.agent()
    answers = await asyncio.gather(*(owner.post(LISTINGS, BODY, key="k1") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 7
    assert (await owner.get(LISTINGS)).json()["total"] == 1


async def test_a_key_belongs_to_one_user(world: World) -> None:
    first, second = world.agent(), world.agent()
    one, other = await first.post(LISTINGS, BODY, key="k1"), await second.post(LISTINGS, BODY, key="k1")
    assert one.json()["owner_id"] == first.id
    assert other.json()["owner_id"] == second.id


async def test_a_key_belongs_to_one_route(world: World) -> None:
    owner = world.agent()
    one, other = await pending_content(world, owner), await pending_content(world, owner)
    for content in (one, other):
        answer = await owner.post(f"/content/content/{content['id']}/action", {"action": "reject_discard"}, key="k1")
        assert answer.json()["id"] == content["id"]


async def test_a_refusal_is_not_kept(world: World) -> None:
    owner = world.agent()
    refused = await owner.post(LISTINGS, {"address": ""}, key="k1")
    accepted = await owner.post(LISTINGS, BODY, key="k1")
    assert (refused.status_code, accepted.status_code) == (422, 201)


async def test_a_key_that_is_too_long_is_refused(world: World) -> None:
    assert problem(await world.agent().post(LISTINGS, BODY, key="k" * 256)) == (400, "BAD_REQUEST")
