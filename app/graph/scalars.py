"""Scalars: only those with a standard, each named and linked to it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import NewType
from urllib.parse import urlsplit

import strawberry
from pydantic import TypeAdapter, ValidationError
from pydantic.networks import EmailStr
from strawberry.types.scalar import ScalarDefinition

from app.graph.upload import Upload, parse_upload, refuse_output

URL = NewType("URL", str)
EmailAddress = NewType("EmailAddress", str)
CurrencyCode = NewType("CurrencyCode", str)


def scalar_map() -> Mapping[object, ScalarDefinition]:
    """The scalars by the Python type that annotations use for them."""
    return {
        datetime: strawberry.scalar(
            name="DateTime",
            description="A moment, as RFC 3339 writes it, in UTC.",
            specified_by_url="https://scalars.graphql.org/andimarek/date-time",
            serialize=format_datetime,
            parse_value=parse_datetime,
        ),
        Decimal: strawberry.scalar(
            name="Decimal",
            description="A decimal number, exact, as a string.",
            serialize=str,
            parse_value=parse_decimal,
        ),
        URL: strawberry.scalar(
            name="URL",
            description="An absolute http or https URL (RFC 3986).",
            specified_by_url="https://url.spec.whatwg.org/",
            serialize=str,
            parse_value=parse_url,
        ),
        EmailAddress: strawberry.scalar(
            name="EmailAddress",
            description="An email address.",
            specified_by_url="https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address",
            serialize=str,
            parse_value=parse_email_address,
        ),
        CurrencyCode: strawberry.scalar(
            name="CurrencyCode",
            description="A currency's three-letter code.",
            specified_by_url="https://en.wikipedia.org/wiki/ISO_4217",
            serialize=str,
            parse_value=parse_currency_code,
        ),
        Upload: strawberry.scalar(
            name="Upload",
            description="A file of a multipart request; the variable itself is null in its JSON.",
            specified_by_url="https://github.com/jaydenseric/graphql-multipart-request-spec",
            serialize=refuse_output,
            parse_value=parse_upload,
        ),
    }


def format_datetime(moment: datetime) -> str:
    """The moment in UTC, ending in Z; a moment without a zone is taken as UTC."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat().replace("+00:00", "Z")


def parse_datetime(text: object) -> datetime:
    """A moment with its zone; raises ValueError without one."""
    if not isinstance(text, str):
        raise ValueError("a DateTime is a string.")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a DateTime needs its offset from UTC, or Z.")
    return moment


def parse_decimal(value: object) -> Decimal:
    """A finite decimal from a string or a whole number; raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("a Decimal is a string or a number.")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("this is not a decimal number.") from None
    if not number.is_finite():
        raise ValueError("a Decimal must be finite.")
    return number


def parse_url(text: object) -> URL:
    """An absolute http or https URL; raises ValueError."""
    if not isinstance(text, str) or any(character.isspace() for character in text):
        raise ValueError("a URL is a string without spaces.")
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("a URL begins with http:// or https:// and names a host.")
    return URL(text)


def parse_email_address(text: object) -> EmailAddress:
    """An address of the form local@domain; raises ValueError."""
    try:
        return EmailAddress(TypeAdapter(EmailStr).validate_python(text))
    except ValidationError:
        raise ValueError("this is not an email address.") from None


def parse_currency_code(text: object) -> CurrencyCode:
    """Three capital letters; raises ValueError."""
    if not isinstance(text, str) or len(text) != 3 or not text.isascii() or not text.isupper():
        raise ValueError("a CurrencyCode is three capital letters.")
    return CurrencyCode(text)
