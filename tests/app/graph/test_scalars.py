"""Scalars: what is taken, what is refused, what is shown."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from app.graph.node import global_id, parse_global_id
from app.graph.scalars import (
    format_datetime,
    parse_currency_code,
    parse_datetime,
    parse_decimal,
    parse_email_address,
    parse_url,
)


@pytest.mark.parametrize(
    ("parse", "value"),
    [
        (parse_datetime, "2026-01-01"),
        (parse_datetime, "2026-01-01T10:00:00"),
        (parse_datetime, 1),
        (parse_decimal, "ten"),
        (parse_decimal, "NaN"),
        (parse_decimal, "Infinity"),
        (parse_decimal, True),
        (parse_decimal, []),
        (parse_url, "javascript:alert(1)"),
        (parse_url, "//example.com"),
        (parse_url, "http://"),
        (parse_url, "https://exa mple.com"),
        (parse_url, "https://[bad"),
        (parse_email_address, "nobody"),
        (parse_email_address, 5),
        (parse_currency_code, "usd"),
        (parse_currency_code, "ÄÖÜ"),
        (parse_currency_code, "EURO"),
    ],
)
def test_a_value_outside_the_standard_is_refused(parse: Callable[[object], object], value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(value)


def test_values_of_the_standard_are_taken() -> None:
    assert parse_datetime("2026-01-01T10:00:00+02:00") == datetime(2026, 1, 1, 8, tzinfo=UTC)
    assert parse_decimal("749000.00") == Decimal("749000.00")
    assert parse_decimal(5) == Decimal(5)
    assert parse_url("https://example.com/a?b=c") == "https://example.com/a?b=c"
    assert parse_email_address("a@example.com") == "a@example.com"
    assert parse_currency_code("EUR") == "EUR"


def test_moments_are_shown_in_utc() -> None:
    there = timezone(timedelta(hours=2))
    assert format_datetime(datetime(2026, 1, 1, 10, tzinfo=there)) == "2026-01-01T08:00:00Z"
    assert format_datetime(datetime(2026, 1, 1, 10, 0, 0, 250)) == "2026-01-01T10:00:00.000250Z"


def test_a_global_id_says_type_and_id_and_nothing_else_is_one() -> None:
    assert parse_global_id(global_id("Listing", "lst_1:2")) == ("Listing", "lst_1:2")
    for text in ("", "lst_905ba0f2eb8a80d7e863", "é", "====", global_id("", "x"), global_id("Listing", "")):
        assert parse_global_id(text) is None
