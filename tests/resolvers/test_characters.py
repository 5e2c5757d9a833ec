"""Characters through the gateway: each row with what works, who is refused and what cannot be used."""

import base64
import io
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.gateway import Gateway
from tests.resolvers.characters import CHARACTER, ask, made, mutate

CHRIS = "chris@example.com"
MARIA = {"email": "maria@example.com"}
OWNER: dict[str, str] = {}


def not_found(id: str) -> dict[str, Any]:
    return {"field": [], "message": f"There is no character {id}.", "code": "CHARACTER_NOT_FOUND"}


# C01


async def test_characters_are_listed_by_state_and_search(gateway: Gateway) -> None:
    document = """query ($filter: CharacterFilter) {
        characters(filter: $filter, orderBy: {field: NAME, direction: ASC}) { totalCount nodes { name status } }
    }"""

    given = {"filter": {"status": ["PAUSED"], "search": "neon rooftops"}}
    answer = await ask(gateway, document, given, email=CHRIS)

    assert answer.data["characters"] == {"totalCount": 1, "nodes": [{"name": "Juno Park", "status": "PAUSED"}]}
    theirs = await ask(gateway, document, {"filter": {"search": "a"}}, email="dana@example.com")
    assert [node["name"] for node in theirs.data["characters"]["nodes"]] == ["Ada Okafor", "Kit Sorensen"]
    mine = await ask(gateway, "{ viewer { characters(first: 1) { totalCount } } }", email="dana@example.com")
    assert mine.data["viewer"]["characters"]["totalCount"] == 2


async def test_a_list_of_characters_has_at_most_a_hundred(gateway: Gateway) -> None:
    assert (await ask(gateway, "{ characters(first: 101) { totalCount } }")).code == "BAD_USER_INPUT"


# C02


async def test_a_character_is_read_whole(gateway: Gateway) -> None:
    found = await ask(
        gateway, '{ characters(filter: {search: "Maya Torres"}) { nodes { id databaseId } } }', email=CHRIS
    )
    (node,) = found.data["characters"]["nodes"]

    document = f"query ($id: ID!) {{ character(id: $id) {{ {CHARACTER} }} }}"
    answer = await ask(gateway, document, {"id": node["id"]}, email=CHRIS)

    character = answer.data["character"]
    picture = character["profileImageUrl"]
    assert character == node | {
        "name": "Maya Torres",
        "bio": "I run the trails before the city wakes up and write down what I find. Coffee first, always.",
        "age": 29,
        "location": "Austin, TX",
        "timezone": "America/Chicago",
        "interests": ["trail running", "travel", "coffee"],
        "status": "ACTIVE",
        "platforms": ["INSTAGRAM", "TIKTOK"],
        "profileImageUrl": picture,
        "personality": {
            "extroversion": 0.8,
            "creativity": 0.7,
            "communicationStyle": "casual",
            "preferredTopics": ["fitness", "weekend trips"],
        },
        "appearance": {
            "hairColor": "brown",
            "eyeColor": "green",
            "stylePreferences": ["sporty", "casual"],
            "faceReferenceImageUrl": picture,
        },
    }
    async with httpx.AsyncClient() as client:
        served = await client.get(picture)
    with Image.open(io.BytesIO(served.content)) as image:
        assert (served.headers["content-type"], image.format, image.size) == ("image/png", "PNG", (192, 192))


async def test_the_character_of_somebody_else_is_not_there(gateway: Gateway) -> None:
    character = await made(gateway)
    for caller, id in ((MARIA, character["id"]), (OWNER, "chr_none")):
        answer = await ask(gateway, "query ($id: ID!) { character(id: $id) { name } }", {"id": id}, **caller)
        assert (answer.code, answer.body["data"]) == ("NOT_FOUND", {"character": None})


async def test_the_id_of_another_type_is_no_characters(gateway: Gateway) -> None:
    id = "TGlzdGluZzpsc3RfOTA1YmEwZjJlYjhhODBkN2U4NjM"
    answer = await ask(gateway, "query ($id: ID!) { character(id: $id) { name } }", {"id": id})
    assert answer.code == "BAD_USER_INPUT"


# C03


async def test_a_character_is_made(gateway: Gateway) -> None:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "#336699").save(file, "PNG")
    given = {
        "name": "Ines",
        "timezone": "Europe/Lisbon",
        "profileImage": base64.b64encode(file.getvalue()).decode(),
        "personality": {"extroversion": 0.25, "communicationStyle": "formal"},
        "appearance": {"eyeColor": "green", "faceReferenceImage": "https://images.example.com/ines.jpg"},
        "platforms": ["LINKEDIN"],
    }

    character = await made(gateway, **given)

    picture = character.pop("profileImageUrl")
    assert character == {
        "id": character["id"],
        "databaseId": character["databaseId"],
        "name": "Ines",
        "bio": "",
        "age": None,
        "location": None,
        "timezone": "Europe/Lisbon",
        "interests": [],
        "status": "ACTIVE",
        "platforms": ["LINKEDIN"],
        "personality": {
            "extroversion": 0.25,
            "creativity": 0.5,
            "communicationStyle": "formal",
            "preferredTopics": [],
        },
        "appearance": {
            "hairColor": None,
            "eyeColor": "green",
            "stylePreferences": [],
            "faceReferenceImageUrl": "https://images.example.com/ines.jpg",
        },
    }
    async with httpx.AsyncClient() as client:
        assert (await client.get(picture)).content == file.getvalue()


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"name": ""}, ["name"], "BAD_USER_INPUT"),
        ({"age": 12}, ["age"], "BAD_USER_INPUT"),
        ({"timezone": "Mars/Olympus"}, ["timezone"], "BAD_USER_INPUT"),
        ({"personality": {"creativity": 2.0}}, ["personality", "creativity"], "BAD_USER_INPUT"),
        ({"profileImage": "cGxhaW4gdGV4dA=="}, ["profileImage"], "INVALID_CONTENT_TYPE"),
        (
            {"appearance": {"faceReferenceImage": "A" * 800_000}},
            ["appearance", "faceReferenceImage"],
            "STORAGE_ERROR",
        ),
    ],
)
async def test_what_no_character_can_be_is_a_user_error(
    gateway: Gateway, given: dict[str, Any], field: list[str], code: str
) -> None:
    answer = await mutate(gateway, "createCharacter", {"name": "Robin"} | given, "character { id }")

    payload = answer.data["createCharacter"]
    assert payload["character"] is None
    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [(field, code)]


# C04


async def test_an_update_changes_what_it_names(gateway: Gateway) -> None:
    character = await made(gateway, age=30, personality={"extroversion": 0.25})
    given = {"id": character["id"], "name": "Robin Vale", "age": None, "personality": {"creativity": 1.0}}

    answer = await mutate(gateway, "updateCharacter", given, f"character {{ {CHARACTER} }}")

    personality = character["personality"] | {"creativity": 1.0}
    changed = character | {"name": "Robin Vale", "age": None, "personality": personality}
    assert answer.data["updateCharacter"] == {"character": changed, "userErrors": []}


async def test_an_update_that_cannot_be_used_changes_nothing(gateway: Gateway) -> None:
    character = await made(gateway)
    for given in ({"timezone": "Nowhere"}, {"timezone": None}):
        answer = await mutate(gateway, "updateCharacter", {"id": character["id"], **given}, "character { id }")
        (error,) = answer.data["updateCharacter"]["userErrors"]
        assert (error["field"], error["code"]) == (["timezone"], "BAD_USER_INPUT")


# C05 to C07


async def test_a_deleted_character_is_gone(gateway: Gateway) -> None:
    character = await made(gateway)

    answer = await mutate(gateway, "deleteCharacter", {"id": character["id"]}, "character { status }")

    assert answer.data["deleteCharacter"] == {"character": {"status": "DELETED"}, "userErrors": []}
    gone = await ask(gateway, "query ($id: ID!) { character(id: $id) { name } }", {"id": character["id"]})
    assert gone.code == "NOT_FOUND"
    again = await mutate(gateway, "deleteCharacter", {"id": character["id"]}, "character { status }")
    assert again.data["deleteCharacter"] == {"character": None, "userErrors": [not_found(character["databaseId"])]}


async def test_a_character_rests_and_goes_on(gateway: Gateway) -> None:
    character = await made(gateway)
    given = {"id": character["databaseId"]}
    for mutation, status in (("pauseCharacter", "PAUSED"), ("resumeCharacter", "ACTIVE")):
        answer = await mutate(gateway, mutation, given, "character { status }")
        assert answer.data[mutation] == {"character": {"status": status}, "userErrors": []}
        again = await mutate(gateway, mutation, given, "character { status }")
        (error,) = again.data[mutation]["userErrors"]
        assert (again.data[mutation]["character"], error["code"]) == (None, "INVALID_TRANSITION")


# C15 to C19: the accounts of characters


ACCOUNT = "databaseId platform isConnected isActive connectionStatus followerCount character { databaseId }"
OAUTH = {"platform": "INSTAGRAM", "credentials": {"oauth": {"code": "abc"}}}


async def connected(gateway: Gateway, character: Any) -> Any:
    given = {**OAUTH, "characterId": character["id"]}
    answer = await mutate(gateway, "connectSocialAccount", given, f"socialAccount {{ {ACCOUNT} }}")
    payload = answer.data["connectSocialAccount"]
    assert payload["userErrors"] == []
    return payload["socialAccount"]


async def test_an_account_is_connected_for_a_character_and_read(gateway: Gateway) -> None:
    character = await made(gateway)
    account = await connected(gateway, character)
    assert account == {
        "databaseId": account["databaseId"],
        "platform": "INSTAGRAM",
        "isConnected": True,
        "isActive": True,
        "connectionStatus": "CONNECTED",
        "followerCount": account["followerCount"],
        "character": {"databaseId": character["databaseId"]},
    }

    read = await ask(
        gateway,
        f"""query ($character: ID!, $account: ID!, $filter: SocialAccountFilter) {{
            socialAccount(id: $account) {{ {ACCOUNT} }}
            socialAccounts(filter: $filter) {{ nodes {{ {ACCOUNT} }} }}
            character(id: $character) {{ socialAccounts {{ nodes {{ {ACCOUNT} }} }} }}
        }}""",
        {
            "character": character["id"],
            "account": account["databaseId"],
            "filter": {"characterId": [character["id"]], "isConnected": True, "platform": ["INSTAGRAM"]},
        },
    )

    accounts = {"nodes": [account]}
    assert read.data == {
        "socialAccount": account,
        "socialAccounts": accounts,
        "character": {"socialAccounts": accounts},
    }


async def test_credentials_and_characters_that_do_not_hold_connect_nothing(gateway: Gateway) -> None:
    character = await made(gateway)
    refused = {"platform": "TIKTOK", "credentials": {"apiKey": {"apiKey": "invalid"}}, "characterId": character["id"]}
    for given, caller, field, code in (
        (refused, OWNER, ["credentials", "apiKey", "apiKey"], "PLATFORM_CONNECTION_FAILED"),
        (OAUTH | {"characterId": character["id"]}, MARIA, ["characterId"], "CHARACTER_NOT_FOUND"),
        (OAUTH | {"characterId": "TGlzdGluZzox"}, OWNER, ["characterId"], "BAD_USER_INPUT"),
    ):
        answer = await mutate(gateway, "connectSocialAccount", given, "socialAccount { id }", **caller)
        payload = answer.data["connectSocialAccount"]
        assert payload["socialAccount"] is None
        assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [(field, code)]


async def test_the_accounts_of_a_character_are_not_asked_for_by_another(gateway: Gateway) -> None:
    answer = await ask(
        gateway,
        '{ characters(first: 1) { nodes { socialAccounts(filter: {characterId: ["chr_1"]}) { totalCount } } } }',
        email=CHRIS,
    )
    assert answer.code == "BAD_USER_INPUT"


async def test_an_account_is_read_anew_and_disconnected(gateway: Gateway) -> None:
    account = await connected(gateway, await made(gateway))
    given = {"id": account["databaseId"]}

    synced = await mutate(gateway, "syncSocialAccount", given, "socialAccount { followerCount lastSyncedAt }")
    assert synced.data["syncSocialAccount"]["socialAccount"]["followerCount"] > account["followerCount"]

    gone = await mutate(gateway, "disconnectSocialAccount", given, "socialAccount { isConnected connectionStatus }")
    assert gone.data["disconnectSocialAccount"] == {
        "socialAccount": {"isConnected": False, "connectionStatus": "DISCONNECTED"},
        "userErrors": [],
    }
    for mutation, code in (
        ("disconnectSocialAccount", "INVALID_TRANSITION"),
        ("syncSocialAccount", "PLATFORM_CONNECTION_FAILED"),
    ):
        (error,) = (await mutate(gateway, mutation, given, "socialAccount { id }")).data[mutation]["userErrors"]
        assert (error["field"], error["code"]) == ([], code)


async def test_the_account_of_somebody_else_is_out_of_reach(gateway: Gateway) -> None:
    account = await connected(gateway, await made(gateway))
    for mutation in ("disconnectSocialAccount", "syncSocialAccount"):
        answer = await mutate(
            gateway, mutation, {"id": account["databaseId"]}, "socialAccount { id }", email="maria@example.com"
        )
        (error,) = answer.data[mutation]["userErrors"]
        assert (answer.data[mutation]["socialAccount"], error["code"]) == (None, "NOT_FOUND")
    read = "query ($id: ID!) { socialAccount(id: $id) { platform } }"
    answer = await ask(gateway, read, {"id": account["databaseId"]}, email="maria@example.com")
    assert answer.code == "NOT_FOUND"


# Refusals of every row


@pytest.mark.parametrize("mutation", ["updateCharacter", "deleteCharacter", "pauseCharacter", "resumeCharacter"])
async def test_nobody_changes_the_character_of_somebody_else(gateway: Gateway, mutation: str) -> None:
    character = await made(gateway)
    answer = await mutate(gateway, mutation, {"id": character["id"]}, "character { id }", email="maria@example.com")
    assert answer.data[mutation] == {"character": None, "userErrors": [not_found(character["databaseId"])]}


NEED_A_TOKEN = [
    "{ characters { totalCount } }",
    '{ character(id: "chr_1") { name } }',
    'mutation { createCharacter(input: {name: "Robin"}) { userErrors { code } } }',
    'mutation { updateCharacter(input: {id: "chr_1"}) { userErrors { code } } }',
    'mutation { deleteCharacter(input: {id: "chr_1"}) { userErrors { code } } }',
    'mutation { pauseCharacter(input: {id: "chr_1"}) { userErrors { code } } }',
    'mutation { resumeCharacter(input: {id: "chr_1"}) { userErrors { code } } }',
    "{ socialAccounts { totalCount } }",
    '{ socialAccount(id: "soc_1") { platform } }',
    """mutation {
        connectSocialAccount(input: {platform: TIKTOK, credentials: {oauth: {code: "a"}}}) { userErrors { code } }
    }""",
    'mutation { disconnectSocialAccount(input: {id: "soc_1"}) { userErrors { code } } }',
    'mutation { syncSocialAccount(input: {id: "soc_1"}) { userErrors { code } } }',
]


@pytest.mark.parametrize("document", NEED_A_TOKEN)
async def test_everything_about_characters_needs_a_token(gateway: Gateway, document: str) -> None:
    answer = await ask(gateway, document, email=None)
    assert (answer.code, answer.calls) == ("UNAUTHENTICATED", [])
