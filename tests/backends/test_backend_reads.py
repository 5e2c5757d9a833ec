"""Every read of every service: batches, pages, filters, groups, ownership and caching."""

import pytest

from backends.sample.people import PEOPLE
from tests.backends.backend_world import User, World, active_listing, ids, paths, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHRIS, MARIA = PEOPLE[0], PEOPLE[1]
LISTINGS = "/listings/listings"


def chris(world: World) -> User:
    return world.agent(CHRIS.user_id, CHRIS.agent_id)


async def all_ids(user: User, path: str, **query: object) -> list[str]:
    first = await user.get(path, limit=100, **query)
    rest = await user.get(path, limit=100, offset=100, **query)
    return ids(first) + ids(rest)


async def test_a_batch_has_what_is_known_and_leaves_out_the_rest(sampled: World) -> None:
    admin = sampled.admin()
    some = ids(await admin.get(LISTINGS, limit=3))
    answer = await admin.get(LISTINGS, ids=",".join([*some, "lst_unknown", some[0]]))
    assert answer.json()["total"] == 3
    assert sorted(ids(answer)) == sorted(some)


async def test_a_batch_of_nothing_is_empty(sampled: World) -> None:
    assert (await sampled.admin().get(LISTINGS, ids="")).json() == {"items": [], "total": 0}


async def test_a_batch_leaves_out_what_belongs_to_somebody_else(sampled: World) -> None:
    others = ids(await sampled.admin().get(LISTINGS, agent_id=MARIA.agent_id, limit=2))
    own = ids(await chris(sampled).get(LISTINGS, limit=1))
    assert ids(await chris(sampled).get(LISTINGS, ids=",".join(others + own))) == own


async def test_more_than_a_hundred_ids_are_refused(sampled: World) -> None:
    answer = await sampled.admin().get(LISTINGS, ids=",".join(f"lst_{number}" for number in range(101)))
    assert problem(answer) == (400, "TOO_MANY_IDS")


async def test_a_page_is_the_twenty_newest_of_the_caller(sampled: World) -> None:
    answer = await chris(sampled).get(LISTINGS)
    items = answer.json()["items"]
    assert answer.json()["total"] == CHRIS.listings
    assert len(items) == 20
    assert {item["owner_id"] for item in items} == {CHRIS.user_id}
    assert items == sorted(items, key=lambda item: (item["created_at"], item["id"]), reverse=True)


async def test_pages_join_without_gap_or_double(sampled: World) -> None:
    pages = [ids(await chris(sampled).get(LISTINGS, limit=7, offset=offset)) for offset in range(0, 49, 7)]
    joined = [key for page in pages for key in page]
    assert joined == await all_ids(chris(sampled), LISTINGS)
    assert len(set(joined)) == CHRIS.listings


@pytest.mark.parametrize("order", ["created_at", "updated_at", "price", "address"])
async def test_a_flipped_order_is_the_exact_reverse(sampled: World, order: str) -> None:
    forward = await all_ids(sampled.admin(), LISTINGS, order=order)
    backward = await all_ids(sampled.admin(), LISTINGS, order=f"-{order}")
    assert len(forward) == 120
    assert forward == backward[::-1]


async def test_ties_are_broken_by_id_in_the_direction_of_the_order(world: World) -> None:
    owner = world.agent()
    for _ in range(4):
        await active_listing(world, owner)
    forward, backward = ids(await owner.get(LISTINGS, order="price")), ids(await owner.get(LISTINGS, order="-price"))
    assert forward == sorted(forward)
    assert backward == forward[::-1]


@pytest.mark.parametrize("limit", [0, 1, 100])
async def test_the_total_does_not_depend_on_the_limit(sampled: World, limit: int) -> None:
    answer = (await sampled.admin().get(LISTINGS, limit=limit, status="active,pending")).json()
    assert len(answer["items"]) == min(limit, answer["total"])
    assert answer["total"] == 99


async def test_listings_are_filtered_by_each_of_their_filters(sampled: World) -> None:
    filters: dict[str, tuple[object, object]] = {
        "status": ("sold,withdrawn", lambda row: row["status"] in ("sold", "withdrawn")),
        "agent_id": (MARIA.agent_id, lambda row: row["agent_id"] == MARIA.agent_id),
        "city": ("Denver,Seattle", lambda row: row["city"] in ("Denver", "Seattle")),
        "property_type": ("condo", lambda row: row["property_type"] == "condo"),
        "search": ("AUSTIN duval", lambda row: "Duval" in row["address"]),
        "min_price": ("900000", lambda row: row["price"] and float(row["price"]["amount"]) >= 900_000),
        "max_price": ("500000.50", lambda row: row["price"] and float(row["price"]["amount"]) <= 500_000.5),
        "min_bedrooms": ("4", lambda row: row["bedrooms"] and row["bedrooms"] >= 4),
    }
    every = await sampled.admin().get(LISTINGS, limit=100)
    every_row = every.json()["items"] + (await sampled.admin().get(LISTINGS, limit=100, offset=100)).json()["items"]
    for name, (value, holds) in filters.items():
        assert callable(holds)
        expected = [row["id"] for row in every_row if holds(row)]
        assert expected, name
        assert await all_ids(sampled.admin(), LISTINGS, **{name: value}) == expected, name


async def test_a_search_takes_wildcards_literally(sampled: World) -> None:
    assert (await sampled.admin().get(LISTINGS, search="%")).json()["total"] == 0
    assert (await sampled.admin().get(LISTINGS, search="_")).json()["total"] == 0


async def test_groups_have_every_parent_with_its_own_page_and_total(sampled: World) -> None:
    parents = f"{MARIA.agent_id},agt_nobody,{CHRIS.agent_id}"
    answer = await sampled.admin().get(LISTINGS, group_by="agent_id", agent_id=parents, limit=2, offset=1)
    groups = answer.json()["groups"]
    assert list(groups) == parents.split(",")
    assert groups["agt_nobody"] == {"items": [], "total": 0}
    for person in (CHRIS, MARIA):
        alone = await sampled.admin().get(LISTINGS, agent_id=person.agent_id, limit=2, offset=1)
        assert groups[person.agent_id] == alone.json()


async def test_groups_past_their_end_keep_their_total(sampled: World) -> None:
    query = {"group_by": "agent_id", "agent_id": CHRIS.agent_id}
    past = await sampled.admin().get(LISTINGS, **query, offset=1000)
    counted = await sampled.admin().get(LISTINGS, **query, limit=0)
    assert past.json() == counted.json() == {"groups": {CHRIS.agent_id: {"items": [], "total": CHRIS.listings}}}


async def test_groups_are_filtered_and_hold_only_what_the_caller_owns(sampled: World) -> None:
    query = {"group_by": "agent_id", "agent_id": f"{CHRIS.agent_id},{MARIA.agent_id}", "status": "sold"}
    groups = (await chris(sampled).get(LISTINGS, **query)).json()["groups"]
    assert {row["status"] for row in groups[CHRIS.agent_id]["items"]} == {"sold"}
    assert groups[MARIA.agent_id] == {"items": [], "total": 0}


@pytest.mark.parametrize(
    ("path", "parent"),
    [
        ("/content/content", "listing_id"),
        ("/content/content", "task_id"),
        ("/content/content", "agent_id"),
        ("/agents/tasks", "listing_id"),
        ("/social/accounts", "agent_id"),
        ("/accounts/agents", "user_id"),
    ],
)
async def test_every_promised_group_is_served(sampled: World, path: str, parent: str) -> None:
    items = (await sampled.admin().get(path, limit=100)).json()["items"]
    item = next(item for item in items if item[parent] is not None)
    groups = (await sampled.admin().get(path, group_by=parent, **{parent: item[parent]}, limit=1)).json()["groups"]
    assert groups[item[parent]]["items"][0][parent] == item[parent]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"limit": "101"}, ["limit"]),
        ({"limit": "-1"}, ["limit"]),
        ({"limit": "9" * 5000}, ["limit"]),
        ({"offset": "1.5"}, ["offset"]),
        ({"order": "owner_id"}, ["order"]),
        ({"group_by": "city", "city": "Austin"}, ["group_by"]),
        ({"group_by": "agent_id"}, ["agent_id"]),
        ({"status": "active,lost"}, ["status"]),
        ({"min_price": "nan"}, ["min_price"]),
        ({"max_price": "cheap"}, ["max_price"]),
        ({"colour": "blue"}, ["colour"]),
    ],
)
async def test_a_query_that_cannot_be_used_names_its_parameter(
    sampled: World, query: dict[str, str], path: list[str]
) -> None:
    answer = await sampled.admin().get(LISTINGS, **query)
    assert problem(answer) == (422, "BAD_USER_INPUT")
    assert paths(answer) == [path]


async def test_one_thing_is_read_by_its_id(sampled: World) -> None:
    listed = (await chris(sampled).get(LISTINGS, limit=1)).json()["items"][0]
    assert (await chris(sampled).get(f"{LISTINGS}/{listed['id']}")).json() == listed


async def test_what_is_absent_and_what_is_not_yours_look_the_same(sampled: World) -> None:
    other = ids(await sampled.admin().get(LISTINGS, agent_id=MARIA.agent_id, limit=1))[0]
    for key in (other, "lst_unknown"):
        answer = await chris(sampled).get(f"{LISTINGS}/{key}")
        assert problem(answer) == (404, "NOT_FOUND")
        assert answer.json()["detail"] == f"There is no listing {key}."


async def test_services_see_everything_or_what_one_user_sees(sampled: World) -> None:
    assert (await sampled.service.get(LISTINGS)).json()["total"] == 120
    assert (await sampled.on_behalf_of(MARIA.user_id).get(LISTINGS)).json()["total"] == MARIA.listings


async def test_an_unchanged_read_is_not_sent_again(sampled: World) -> None:
    first = await chris(sampled).get(LISTINGS, limit=3)
    again = await chris(sampled).get_with({"If-None-Match": f'"other", W/{first.headers["etag"]}'}, LISTINGS, limit=3)
    assert first.headers["etag"].startswith('"')
    assert first.headers["cache-control"] == "private, max-age=0, must-revalidate"
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


async def test_a_changed_read_has_another_etag(world: World) -> None:
    owner = world.agent()
    listing = await active_listing(world, owner)
    before = await owner.get(LISTINGS)
    await active_listing(world, owner)
    after = await owner.get_with({"If-None-Match": before.headers["etag"]}, LISTINGS)
    one = await owner.get_with({"If-None-Match": "*"}, f"{LISTINGS}/{listing['id']}")
    assert (after.status_code, after.json()["total"]) == (200, 2)
    assert one.status_code == 304


async def test_the_request_id_comes_back_or_is_made(sampled: World) -> None:
    given = await chris(sampled).get_with({"X-Request-ID": "req_of_mine"}, LISTINGS)
    made = await chris(sampled).get(f"{LISTINGS}/nothing")
    assert given.headers["x-request-id"] == "req_of_mine"
    assert made.headers["x-request-id"].startswith("req_")
