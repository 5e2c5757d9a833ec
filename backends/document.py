"""What is stored: a JSON document with an id, an owner and two timestamps."""

import secrets
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema


def rfc3339(moment: datetime) -> str:
    """Always with microseconds, so that the text sorts as the time does."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def now() -> datetime:
    return datetime.now(UTC)


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(10)}"


DATE_TIME = WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization")
Timestamp = Annotated[datetime, PlainSerializer(rfc3339, return_type=str, when_used="json"), DATE_TIME]


class Answered(BaseModel):
    """What a client gets: every field is there, those that have a default too."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class Body(Answered):
    """What a client sends, and may get back: unknown fields are refused, text is trimmed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Document(Answered):
    """One stored row. Documents are loaded for one change, changed in place and put back."""

    id: str
    owner_id: str
    created_at: Timestamp = Field(default_factory=now)
    updated_at: Timestamp = Field(default_factory=now)


class Money(Body):
    amount: Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
