"""Events: what a backend says has happened, as CloudEvents 1.0."""

from dataclasses import dataclass
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import (
    AwareDatetime,
    Base64Bytes,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)

Cursor: TypeAlias = str
"""A place in an event log. Opaque: only the store that gave it can read it."""

NonEmpty = Annotated[str, Field(min_length=1)]
ExtensionName = Annotated[str, Field(pattern=r"^[a-z0-9]+$")]
ExtensionValue: TypeAlias = StrictBool | StrictInt | StrictStr | None


def _timestamp_text(value: object) -> object:
    if isinstance(value, int | float):
        raise ValueError("must be an RFC 3339 timestamp")  # pydantic would read a number as seconds
    return value


class CloudEvent(BaseModel):
    """An event in the JSON format of CloudEvents 1.0 (CloudEvents 1.0.2, section 2; JSON format, section 2).

    `subject` is the id of the thing concerned. `owner` is an extension attribute: the id of the user the
    thing belongs to. Extension attributes that are not known here are kept.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[ExtensionName, ExtensionValue]

    specversion: Literal["1.0"]
    id: NonEmpty
    source: NonEmpty
    type: NonEmpty
    subject: NonEmpty | None = None
    time: Annotated[AwareDatetime, BeforeValidator(_timestamp_text)] | None = None
    datacontenttype: NonEmpty | None = None
    dataschema: NonEmpty | None = None
    owner: NonEmpty | None = None
    data: JsonValue = None
    data_base64: Base64Bytes | None = None

    @model_validator(mode="after")
    def _has_data_once(self) -> Self:
        if self.data is not None and self.data_base64 is not None:
            raise ValueError("data and data_base64 exclude each other")
        return self


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event and its place in the log: reading after `cursor` continues with the event that follows."""

    cursor: Cursor
    event: CloudEvent
