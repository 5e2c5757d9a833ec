"""The characters backend: the personas that content is made for."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from app.rest import CollectionClient, Record, Service


class PersonalityRecord(Record, frozen=True, kw_only=True):
    """Shares are from 0 to 1."""

    extroversion: float
    creativity: float
    communication_style: str
    preferred_topics: list[str]


class AppearanceRecord(Record, frozen=True, kw_only=True):
    hair_color: str | None = None
    eye_color: str | None = None
    style_preferences: list[str]
    face_reference_image_url: str | None = None


class CharacterRecord(Record, frozen=True, kw_only=True):
    id: str
    owner_id: str
    name: str
    bio: str
    age: int | None = None
    location: str | None = None
    timezone: str
    interests: list[str]
    profile_image_url: str | None = None
    status: str
    personality: PersonalityRecord
    appearance: AppearanceRecord
    platforms: list[str]
    created_at: datetime
    updated_at: datetime


class CharacterClient(CollectionClient[CharacterRecord]):
    service: ClassVar[Service] = Service("characters", port=8010)
    route: ClassVar[str] = "/characters"
    record: ClassVar[type[CharacterRecord]] = CharacterRecord

    async def create(self, character: Mapping[str, object]) -> CharacterRecord:
        """Add a character of the caller's."""
        return await self.write("POST", "/characters", CharacterRecord, body=character)

    async def update(self, id: str, changes: Mapping[str, object]) -> CharacterRecord:
        """Change some fields; the problem CHARACTER_NOT_FOUND when it is not there or not the caller's."""
        return await self.write("PATCH", "/characters/{id}", CharacterRecord, params={"id": id}, body=changes)

    async def delete(self, id: str) -> CharacterRecord:
        """Take a character away: nothing shows it any more."""
        return await self.write("DELETE", "/characters/{id}", CharacterRecord, params={"id": id})

    async def pause(self, id: str) -> CharacterRecord:
        """Pause an active character; the problem INVALID_TRANSITION for any other."""
        return await self.write("POST", "/characters/{id}/pause", CharacterRecord, params={"id": id})

    async def resume(self, id: str) -> CharacterRecord:
        """Make a paused or failing character active; the problem INVALID_TRANSITION for any other."""
        return await self.write("POST", "/characters/{id}/resume", CharacterRecord, params={"id": id})
