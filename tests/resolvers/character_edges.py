"""The edges of characters, of what is made for them and of their accounts, with the calls they take."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from tests.resolvers.edges import ids

Case: TypeAlias = tuple[str, Callable[[Any], list[str]]]

PAGE = "limit={}&offset=0&order=-created_at"
CHARACTERS = f"GET /characters/characters?{PAGE}"
PENDING = f"GET /content/content?{PAGE}&status=pending_approval_agent"
MADE = f"GET /content/content?{PAGE}&content_type=image,text"
ACCOUNTS = f"GET /social/accounts?{PAGE}"
GENERATION = "gen_429ad2c858ec0daadf3d"
ROUTES = {"Listing": "/listings/listings", "Character": "/characters/characters"}


def subjects_of(contents: Iterable[Any], kind: str) -> list[Any]:
    """What contents are about, as far as it is of that type."""
    subjects = (content["subject"] for content in contents)
    return [subject for subject in subjects if subject and subject["__typename"] == kind]


CASES: dict[str, Case] = {
    "Query.characters": (
        "{ characters(first: 3, filter: {status: [ACTIVE, PAUSED]}) { nodes { id } } }",
        lambda data: [f"{CHARACTERS.format(3)}&status=active,paused"],
    ),
    "Query.character": (
        '{ a: character(id: "chr_1") { name } b: character(id: "chr_2") { name } }',
        lambda data: ["GET /characters/characters?ids=chr_1,chr_2"],
    ),
    "Viewer.characters": (
        "{ viewer { characters(first: 2) { nodes { name } } } }",
        lambda data: [CHARACTERS.format(2)],
    ),
    "SocialAccount.character": (
        "{ socialAccounts(first: 12) { nodes { character { databaseId } } } }",
        lambda data: [
            ACCOUNTS.format(12),
            f"GET /characters/characters?ids={ids(data['socialAccounts']['nodes'], 'character')}",
        ],
    ),
    "Character.socialAccounts": (
        "{ characters(first: 3) { nodes { databaseId socialAccounts(filter: {isConnected: true}) { totalCount } } } }",
        lambda data: [
            CHARACTERS.format(3),
            f"GET /social/accounts?group_by=character_id&character_id={ids(data['characters']['nodes'])}"
            f"&{PAGE.format(20)}&is_connected=true",
        ],
    ),
    "Character.contents": (
        """{ characters(first: 3) { nodes {
            databaseId contents(first: 2, filter: {isApproved: true}) { totalCount }
        } } }""",
        lambda data: [
            CHARACTERS.format(3),
            f"GET /content/content?group_by=character_id&character_id={ids(data['characters']['nodes'])}"
            f"&{PAGE.format(2)}&is_approved=true",
        ],
    ),
    "Character.generations": (
        """{ characters(first: 3) { nodes {
            databaseId generations(first: 2, filter: {status: FAILED}) { totalCount }
        } } }""",
        lambda data: [
            CHARACTERS.format(3),
            f"GET /content/generations?group_by=character_id&character_id={ids(data['characters']['nodes'])}"
            f"&{PAGE.format(2)}&status=failed",
        ],
    ),
    "Content.character": (
        "{ contentLibrary(first: 12, filter: {contentType: [IMAGE, TEXT]}) { nodes { character { databaseId } } } }",
        lambda data: [
            MADE.format(12),
            f"GET /characters/characters?ids={ids(data['contentLibrary']['nodes'], 'character')}",
        ],
    ),
    "Content.subject": (
        """{ contentLibrary(first: 100, filter: {status: PENDING_APPROVAL_AGENT}) { nodes {
            subject { __typename ... on Listing { databaseId } ... on Character { databaseId } }
        } } }""",
        lambda data: [
            PENDING.format(100),
            *(
                f"GET {ROUTES[kind]}?ids={ids(subjects_of(data['contentLibrary']['nodes'], kind))}"
                for kind in ("Listing", "Character")
            ),
        ],
    ),
    "Content.generation": (
        "{ contentLibrary(first: 12, filter: {contentType: [IMAGE, TEXT]}) { nodes { generation { databaseId } } } }",
        lambda data: [
            MADE.format(12),
            f"GET /content/generations?ids={ids(data['contentLibrary']['nodes'], 'generation')}",
        ],
    ),
    "Query.contentGeneration": (
        f'{{ contentGeneration(id: "{GENERATION}") {{ status }} }}',
        lambda data: [f"GET /content/generations?ids={GENERATION}"],
    ),
    "ContentGeneration.character": (
        f'{{ contentGeneration(id: "{GENERATION}") {{ character {{ databaseId }} }} }}',
        lambda data: [
            f"GET /characters/characters?ids={data['contentGeneration']['character']['databaseId']}",
            f"GET /content/generations?ids={GENERATION}",
        ],
    ),
    "ContentGeneration.contents": (
        f'{{ contentGeneration(id: "{GENERATION}") {{ contents {{ databaseId }} }} }}',
        lambda data: [
            f"GET /content/content?ids={ids(data['contentGeneration']['contents'])}",
            f"GET /content/generations?ids={GENERATION}",
        ],
    ),
}
