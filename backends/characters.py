"""Characters: the personas that content is made for, with their personalities and looks."""

from enum import StrEnum
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
from pydantic import AfterValidator, Field
from starlette.responses import Response

from backends.authentication import AuthenticatedCaller, Caller
from backends.document import Body, Document, new_id
from backends.media import MediaService, media_router, stored_image
from backends.personas import CHARACTER_NOT_FOUND, Personality, Share, Word, Words
from backends.problem import ProblemError, not_found
from backends.selection import Condition, Reads, among, containing
from backends.service import Serving, routes
from backends.settings import BackendSettings
from backends.social import Platform
from backends.storage import Table


class CharacterStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ERROR = "error"
    DELETED = "deleted"


S = CharacterStatus

SHOWN: Final = (S.ACTIVE, S.PAUSED, S.ERROR)


def known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        raise ValueError(f"{name} is not a time zone of the IANA database.") from None
    return name


def distinct(platforms: list[Platform]) -> list[Platform]:
    return list(dict.fromkeys(platforms))


Name = Annotated[str, Field(min_length=1, max_length=120)]
Bio = Annotated[str, Field(max_length=2000)]
Age = Annotated[int, Field(ge=18, le=120)]
Place = Annotated[str, Field(max_length=120)]
Timezone = Annotated[str, Field(max_length=60), AfterValidator(known_timezone)]
GivenImage = Annotated[str, Field(min_length=1, max_length=1_000_000)]
Platforms = Annotated[list[Platform], Field(max_length=20), AfterValidator(distinct)]


class GivenAppearance(Body):
    """The image is a URL or base64 data."""

    hair_color: Word | None = None
    eye_color: Word | None = None
    style_preferences: Words = Field(default_factory=list)
    face_reference_image: GivenImage | None = None


class CharacterDraft(Body):
    """What a user sends; the images are URLs or base64 data."""

    name: Name
    bio: Bio = ""
    age: Age | None = None
    location: Place | None = None
    timezone: Timezone = "UTC"
    interests: Words = Field(default_factory=list)
    profile_image: GivenImage | None = None
    personality: Personality = Field(default_factory=Personality)
    appearance: GivenAppearance = Field(default_factory=GivenAppearance)
    platforms: Platforms = Field(default_factory=list)


class PersonalityChange(Body):
    """What is left out stays; the defaults are never used."""

    extroversion: Share = 0
    creativity: Share = 0
    communication_style: Word = ""
    preferred_topics: Words = Field(default_factory=list)


class CharacterChange(Body):
    """What is left out stays, and so does what is left out of personality and appearance."""

    name: Name = ""
    bio: Bio = ""
    age: Age | None = None
    location: Place | None = None
    timezone: Timezone = ""
    interests: Words = Field(default_factory=list)
    profile_image: GivenImage | None = None
    personality: PersonalityChange = Field(default_factory=PersonalityChange)
    appearance: GivenAppearance = Field(default_factory=GivenAppearance)
    platforms: Platforms = Field(default_factory=list)


class Appearance(Body):
    hair_color: str | None = None
    eye_color: str | None = None
    style_preferences: list[str] = Field(default_factory=list)
    face_reference_image_url: str | None = None


class Character(Document):
    name: str
    bio: str
    age: int | None
    location: str | None
    timezone: str
    interests: list[str]
    profile_image_url: str | None
    status: CharacterStatus = CharacterStatus.ACTIVE
    personality: Personality
    appearance: Appearance
    platforms: list[Platform]


router = routes()


class CharacterService(MediaService):
    name = "characters"
    routers = (router, media_router)

    def __init__(self, settings: BackendSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings, http)
        self.characters = Table(
            self.database,
            "characters",
            Character,
            {"status": "TEXT $.status", "name": "TEXT $.name", "bio": "TEXT $.bio", "location": "TEXT $.location"},
        )
        self.expose(
            "/characters",
            Reads(
                self.characters,
                noun="character",
                filters={"status": among("status", CharacterStatus), "search": containing("name", "bio", "location")},
                orders=["created_at", "updated_at", "name"],
                conditions=[Condition("status <> ?", (S.DELETED,))],
                missing_code=CHARACTER_NOT_FOUND,
            ),
        )

    def create(self, draft: CharacterDraft, owner_id: str) -> Character:
        facts = self.stored(draft.model_dump())
        character = Character(id=new_id("chr"), owner_id=owner_id, **facts)
        with self.database.transaction():
            self.store(character)
        return character

    def change(self, character: Character, change: CharacterChange) -> Character:
        facts = self.stored(change.model_dump(exclude_unset=True))
        stored = character.model_dump()
        for part in ("personality", "appearance"):
            if part in facts:
                facts[part] = stored[part] | facts[part]
        return self.put(Character.model_validate(stored | facts))

    def stored(self, facts: dict[str, Any]) -> dict[str, Any]:
        """What was given, with images kept and referred to."""
        appearance = facts.get("appearance", {})
        for part, name, path in (
            (facts, "profile_image", ["profile_image"]),
            (appearance, "face_reference_image", ["appearance", "face_reference_image"]),
        ):
            if name in part:
                given = part.pop(name)
                part[f"{name}_url"] = None if given is None else stored_image(self.media, given, path)
        return facts

    def move(self, character: Character, sources: tuple[CharacterStatus, ...], target: CharacterStatus) -> Character:
        if character.status not in sources:
            detail = f"The character is {character.status}, so it cannot become {target}."
            raise ProblemError(409, detail, code="INVALID_TRANSITION")
        character.status = target
        return self.put(character)

    def put(self, character: Character) -> Character:
        with self.database.transaction():
            self.store(character)
        return character

    def store(self, character: Character) -> None:
        """Stores a change and tells of it; call it inside a transaction."""
        self.characters.put(character)
        self.tell("character.changed", "character", character)

    def visible(self, character_id: str, caller: Caller) -> Character:
        character = self.characters.find(character_id)
        if character is None or character.status is S.DELETED or not caller.may_see(character.owner_id):
            raise not_found("character", character_id, CHARACTER_NOT_FOUND)
        return character


ServingCharacters = Annotated[CharacterService, Serving]


@router.post("/characters", status_code=201, response_model=Character)
async def create_character(draft: CharacterDraft, caller: AuthenticatedCaller, service: ServingCharacters) -> Response:
    return service.answer(service.create(draft, caller.require_user()), 201)


@router.patch("/characters/{character_id}", response_model=Character)
async def change_character(
    character_id: str, change: CharacterChange, caller: AuthenticatedCaller, service: ServingCharacters
) -> Response:
    return service.answer(service.change(service.visible(character_id, caller), change))


@router.delete("/characters/{character_id}", response_model=Character)
async def delete_character(character_id: str, caller: AuthenticatedCaller, service: ServingCharacters) -> Response:
    """The row is kept, and shown to nobody any more."""
    return service.answer(service.move(service.visible(character_id, caller), SHOWN, S.DELETED))


@router.post("/characters/{character_id}/pause", response_model=Character)
async def pause_character(character_id: str, caller: AuthenticatedCaller, service: ServingCharacters) -> Response:
    return service.answer(service.move(service.visible(character_id, caller), (S.ACTIVE,), S.PAUSED))


@router.post("/characters/{character_id}/resume", response_model=Character)
async def resume_character(character_id: str, caller: AuthenticatedCaller, service: ServingCharacters) -> Response:
    return service.answer(service.move(service.visible(character_id, caller), (S.PAUSED, S.ERROR), S.ACTIVE))
