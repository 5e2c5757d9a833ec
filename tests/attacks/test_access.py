"""What is others' is neither seen nor changed by its id, and what clients say is neither followed nor believed."""

import asyncio
import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)
from pydantic import SecretStr

from app.schema import create_schema
from app.server.authentication import issue_token
from app.settings import Settings
from tests.attacks.world import Fortress
from tests.gateway import SECRET

SCHEMA = create_schema().graphql_schema
QUERIES = SCHEMA.query_type.fields if SCHEMA.query_type else {}
MUTATIONS = SCHEMA.mutation_type.fields if SCHEMA.mutation_type else {}
VALUES: dict[str, object] = {"DateTime": "2035-01-01T00:00:00Z", "Int": 1, "Float": 1.0, "Boolean": True}
NAMED: dict[str, object] = {
    "cron": "0 9 * * *",
    "credentials": {"apiKey": {"apiKey": "a-key-of-the-platform"}},
    "teamId": None,  # a task has an agent or a team
}
REFUSED = {"NOT_FOUND", "FORBIDDEN", "CHARACTER_NOT_FOUND"}
HARMLESS = {"saveChat"}
"""Takes ids as a filter of what is the caller's own."""

Ids = dict[str, str]


def lists() -> Iterator[str]:
    for name, field in QUERIES.items():
        is_list = get_named_type(field.type).name.endswith("Connection")
        if is_list and not any(is_required_argument(argument) for argument in field.args.values()):
            yield name


EVERYTHING = f"{{ {' '.join(f'{name}(first: 100) {{ nodes {{ __typename id }} }}' for name in lists())} }}"


async def everything(under: Fortress, token: str | None = None) -> dict[str, Any]:
    told = await under.post({"query": EVERYTHING}, token=token)
    assert told.codes == set()
    found: dict[str, Any] = told.body["data"]
    return found


async def ids_of_another(under: Fortress) -> Ids:
    """One id of each type of what the first agent has."""
    nodes = [node for found in (await everything(under)).values() for node in found["nodes"]]
    return {node["__typename"]: node["id"] for node in nodes}


@pytest.fixture(scope="module")
def intruder() -> str:
    """The token of an agent who has nothing."""
    settings = Settings(jwt_secret=SecretStr(SECRET))
    return issue_token(settings, subject="usr_intruder", roles=["agent"], agent_id="agt_intruder")


def id_for(name: str, ids: Ids, owner: str) -> str:
    """The id that a member of an input is for, by its name; `id` itself is of what the mutation gives back."""
    noun = name.removesuffix("s").removesuffix("Id").lower()
    fitting = [kind for kind in ids if noun.endswith(kind.lower())]
    return ids[max(fitting, key=len)] if fitting else ids.get(owner, "aGVsbG8")


def an_input(kind: GraphQLInputType, name: str, ids: Ids, owner: str) -> object:
    """A value that is valid but for its ids, which are another's."""
    if name in NAMED:
        return NAMED[name]
    if isinstance(kind, GraphQLNonNull):
        return an_input(kind.of_type, name, ids, owner)
    if isinstance(kind, GraphQLList):
        return [an_input(kind.of_type, name, ids, owner)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        asked = {
            member: field.type
            for member, field in kind.fields.items()
            if is_required_input_field(field) or get_named_type(field.type).name == "ID"
        }
        return {member: an_input(type_, member, ids, owner) for member, type_ in asked.items()}
    return id_for(name, ids, owner) if kind.name == "ID" else VALUES.get(kind.name, "text")


def taking_ids() -> Iterator[tuple[str, GraphQLField, GraphQLInputObjectType]]:
    for name, field in MUTATIONS.items():
        given = get_named_type(field.args["input"].type) if "input" in field.args else None
        if not isinstance(given, GraphQLInputObjectType) or name in HARMLESS:
            continue
        if any(get_named_type(member.type).name == "ID" for member in given.fields.values()):
            yield name, field, given


def result_type(field: GraphQLField) -> str:
    payload = get_named_type(field.type)
    assert isinstance(payload, GraphQLObjectType)
    kinds = (get_named_type(member.type) for name, member in payload.fields.items() if name != "userErrors")
    return next((kind.name for kind in kinds if isinstance(kind, GraphQLObjectType)), "")


async def test_nothing_of_another_is_seen_by_its_id(under: Fortress, intruder: str) -> None:
    ids = await ids_of_another(under)
    asked = {name: get_named_type(field.type).name for name, field in QUERIES.items() if set(field.args) == {"id"}}
    assert len(ids.keys() & set(asked.values())) >= 12
    for name, kind in asked.items():
        query = f"query ($id: ID!) {{ {name}(id: $id) {{ __typename }} }}"
        told = await under.post({"query": query, "variables": {"id": ids.get(kind, "lst_1")}}, token=intruder)
        assert told.body["data"] == {name: None}, name
        assert told.codes <= {"NOT_FOUND"}, name


async def test_nothing_of_another_is_seen_by_the_global_ids(under: Fortress, intruder: str) -> None:
    ids = [*(await ids_of_another(under)).values()]
    told = await under.post(
        {"query": "query ($i: [ID!]!) { nodes(ids: $i) { id } }", "variables": {"i": ids}}, token=intruder
    )
    keys = [{"__typename": kind, "id": id_} for kind, id_ in (await ids_of_another(under)).items() if kind == "Listing"]
    entities = await under.post(
        {"query": "query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }", "variables": {"r": keys}},
        token=intruder,
    )

    assert told.body == {"data": {"nodes": [None] * len(ids)}}
    assert entities.body["data"] == {"_entities": [None]}


async def test_nothing_is_listed_for_who_has_nothing(under: Fortress, intruder: str) -> None:
    told = await under.post({"query": EVERYTHING}, token=intruder)

    assert told.codes == {"NO_ACTIVE_SESSION"}
    assert [found for found in told.body["data"].values() if found not in (None, {"nodes": []})] == []


async def test_nothing_of_another_is_changed_by_its_id(under: Fortress, intruder: str) -> None:
    before = await everything(under)
    ids = await ids_of_another(under)
    tried = 0
    for name, field, given in taking_ids():
        query = f"mutation ($i: {given.name}!) {{ {name}(input: $i) {{ userErrors {{ code }} }} }}"
        variables = {"i": an_input(given, "input", ids, result_type(field))}
        told = await under.post({"query": query, "variables": variables}, token=intruder)
        assert told.codes <= REFUSED, (name, told.body)
        errors = (told.body.get("data") or {}).get(name, {"userErrors": []})["userErrors"]
        assert told.codes or {error["code"] for error in errors} <= REFUSED, (name, told.body)
        assert told.codes or errors, (name, told.body)
        tried += 1

    assert tried >= 35
    assert await everything(under) == before


CURSORS = [
    "",
    "a",
    "=",
    "\x00",
    "é" * 100,
    base64.b64encode(b"-1").decode(),
    base64.b64encode(b"9" * 5000).decode(),
    base64.b64encode(b"arrayconnection:-1").decode(),
    base64.b64encode(b'{"offset": -1}').decode(),
    base64.b64encode(b"1' OR '1'='1").decode(),
    "A" * 50_000,
]


@pytest.mark.parametrize("cursor", CURSORS, ids=[repr(cursor[:20]) for cursor in CURSORS])
async def test_a_cursor_of_ones_own_making_is_refused(under: Fortress, cursor: str) -> None:
    query = "query ($after: String) { listings(first: 2, after: $after) { nodes { id } } }"
    told = await under.post({"query": query, "variables": {"after": cursor}})

    assert told.codes == {"BAD_USER_INPUT"}


async def test_a_number_that_was_put_into_a_cursor_is_kept_within_the_list(under: Fortress) -> None:
    query = "query ($after: String) { listings(first: 2, after: $after) { nodes { id } edges { cursor } } }"
    cursor = (await under.post({"query": query})).body["data"]["listings"]["edges"][0]["cursor"]
    for number in (10**6, 2**63, 10**30):
        made = cursor_with(cursor, number)
        told = await under.post({"query": query, "variables": {"after": made}})
        assert told.codes <= {"BAD_USER_INPUT"}, told.body
        assert told.codes or told.body["data"]["listings"]["nodes"] == []


def cursor_with(cursor: str, number: int) -> str:
    """A cursor like another one, of another place."""
    text = base64.urlsafe_b64decode(cursor + "==").decode()
    return base64.urlsafe_b64encode(f"{text.rstrip('0123456789')}{number}".encode()).decode().rstrip("=")


async def test_no_url_is_followed(under: Fortress) -> None:
    asked: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.close()

    ours = await asyncio.start_server(listen, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{ours.sockets[0].getsockname()[1]}/secret"
    listing = {"address": "1 Main Street", "imageUrls": [url]}
    character = {"name": "Mallory", "profileImage": url}
    inputs = {"createListing": ("CreateListingInput", listing), "createCharacter": ("CreateCharacterInput", character)}
    for name, (kind, given) in inputs.items():
        query = f"mutation ($i: {kind}!) {{ {name}(input: $i) {{ userErrors {{ field code }} }} }}"
        told = await under.post({"query": query, "variables": {"i": given}})
        assert told.codes <= {"BAD_USER_INPUT"}, told.body
    answer = await under.post({"query": "{ viewer { roles } }"}, {"forwarded": f"host={url}", "x-forwarded-host": url})
    ours.close()

    assert answer.status == 200
    assert asked == []


@pytest.mark.parametrize(
    "scheme", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "gopher://a/", "//a"]
)
async def test_a_url_is_of_the_web(under: Fortress, scheme: str) -> None:
    query = "mutation ($i: CreateListingInput!) { createListing(input: $i) { userErrors { code } } }"
    told = await under.post({"query": query, "variables": {"i": {"address": "1 Main Street", "imageUrls": [scheme]}}})

    assert told.verdict == (422, {"BAD_USER_INPUT"})


async def test_no_line_of_the_log_is_made_up(under: Fortress) -> None:
    forged = '\n{"level":"error","message":"forged"}\r\n\x1b[31m\u2028forged'
    await under.post({"query": "{ viewer { roles } }", "operationName": forged})
    await under.post({"query": "query forged { viewer { roles } }"}, {"x-request-id": "a\tforged"})
    await under.post({"query": "{ viewer { roles } }"}, {"traceparent": "forged", "user-agent": "forged"})
    await under.request("GET", "/%0A%7B%22level%22%3A%22error%22%7D%0D%0Aforged")
    await under.request("GET", "?query=%0Aforged", headers={"graphql-preflight": "1"})

    lines = under.log_lines()
    assert "forged" not in {line["message"] for line in lines}
    assert not [line for line in lines if "forged" in json.dumps(line.get("request_id"))]
