"""The settings of the platform: which models make content, and where it is stored."""

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Field, HttpUrl

from backends.document import Body, Document
from backends.storage import Database, Table

ID: Final = "set_platform"
Model = Annotated[str, Field(min_length=1, max_length=120)]


class StorageType(StrEnum):
    LOCAL = "local"
    S3 = "s3"


class ModelServer(Body):
    base_url: HttpUrl
    default_model: Model


class Storage(Body):
    type: StorageType
    path: Annotated[str, Field(min_length=1, max_length=500)]


class PlatformSettings(Document):
    id: str = ID
    owner_id: str = ""
    stable_diffusion: ModelServer = ModelServer(
        base_url=HttpUrl("http://localhost:7860"), default_model="realistic-vision-v6"
    )
    ollama: ModelServer = ModelServer(base_url=HttpUrl("http://localhost:11434"), default_model="llama3:8b")
    storage: Storage = Storage(type=StorageType.LOCAL, path="/storage")


class ModelServerChange(Body):
    base_url: HttpUrl = HttpUrl("http://localhost")
    default_model: Model = ""


class StorageChange(Body):
    type: StorageType = StorageType.LOCAL
    path: Annotated[str, Field(min_length=1, max_length=500)] = ""


class SettingsChange(Body):
    """What is left out stays as it is, at every depth."""

    stable_diffusion: ModelServerChange = Field(default_factory=ModelServerChange)
    ollama: ModelServerChange = Field(default_factory=ModelServerChange)
    storage: StorageChange = Field(default_factory=StorageChange)


class Preferences:
    """The one row of settings."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._table = Table(database, "settings", PlatformSettings, {})
        if self._table.is_empty:
            self._table.load([PlatformSettings()])

    def read(self) -> PlatformSettings:
        (settings,) = self._table.where("id = ?", (ID,))
        return settings

    def change(self, change: SettingsChange) -> PlatformSettings:
        settings = self.read()
        given: dict[str, Any] = change.model_dump(exclude_unset=True)
        for part, values in given.items():
            setattr(settings, part, getattr(settings, part).model_copy(update=values))
        with self._database.transaction():
            self._table.put(settings)
        return settings
