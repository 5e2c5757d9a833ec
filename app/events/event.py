"""Events: what a backend says has happened, as CloudEvents 1.0."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Base64Bytes,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    model_validator,
)

_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}")

Cursor: TypeAlias = str
"""A place in an event log. Opaque: only the store that gave it can read it."""


def _rfc3339(value: object) -> object:
    """Leave parsing to pydantic, but not what it would read beyond RFC 3339: numbers as seconds, bare dates."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and _DATE_TIME.match(value)):
        raise ValueError("must be an RFC 3339 timestamp")
    return value


def _scalar(value: object) -> object:
    if isinstance(value, float | list | dict):
        raise ValueError("must be a boolean, an integer or a string")
    return value


NonEmpty = Annotated[str, Field(min_length=1)]
Timestamp = Annotated[AwareDatetime, BeforeValidator(_rfc3339)]
ExtensionName = Annotated[str, Field(pattern=r"^[a-z0-9]+$")]
ExtensionValue = Annotated[JsonValue, AfterValidator(_scalar)]


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
    time: Timestamp | None = None
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
