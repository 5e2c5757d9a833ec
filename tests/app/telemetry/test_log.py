"""Log lines: one shape whoever writes them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from app.settings import Environment, Settings
from app.telemetry import configure_logging, current_request

PRODUCTION = Settings(environment=Environment.PRODUCTION)


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


def lines(written: io.StringIO) -> list[dict[str, object]]:
    """The lines without their times, which must be there."""
    parsed = [json.loads(line) for line in written.getvalue().splitlines()]
    assert all(line.pop("timestamp").endswith("Z") for line in parsed)
    return parsed


def test_in_production_a_line_is_json_with_the_request_it_belongs_to(written: io.StringIO) -> None:
    configure_logging(PRODUCTION, written)
    bound = current_request.set(lambda: {"request_id": "r1"})
    structlog.get_logger("app.server").info("request", status=200, path=("a", 1))
    logging.getLogger("library").warning("%s is old", "this")
    current_request.reset(bound)
    assert lines(written) == [
        {
            "message": "request",
            "level": "info",
            "logger": "app.server",
            "request_id": "r1",
            "status": 200,
            "path": ["a", 1],
        },
        {"message": "this is old", "level": "warning", "logger": "library", "request_id": "r1"},
    ]


def test_uvicorn_logs_through_the_same_formatter_and_its_access_lines_are_left_out(written: io.StringIO) -> None:
    configure_logging(PRODUCTION, written)
    logging.getLogger("uvicorn.error").info("Started", extra={"color_message": "\x1b[36mStarted"})
    logging.getLogger("uvicorn.access").info("GET /")
    logging.getLogger("httpx").info("HTTP Request")
    assert lines(written) == [{"message": "Started", "level": "info", "logger": "uvicorn.error"}]


def test_an_exception_is_logged_with_its_traceback(written: io.StringIO) -> None:
    configure_logging(PRODUCTION, written)
    try:
        raise KeyError("a")
    except KeyError as error:
        structlog.get_logger("app").error("error.unexpected", exc_info=error)
    (line,) = lines(written)
    assert str(line["exception"]).startswith("Traceback (most recent call last):")
    assert str(line["exception"]).endswith("KeyError: 'a'")


def test_what_json_does_not_know_is_logged_as_text(written: io.StringIO) -> None:
    configure_logging(PRODUCTION, written)
    structlog.get_logger("app").info("odd", value=ValueError("no"))
    assert lines(written)[0]["value"] == "no"


def test_lines_below_the_level_are_left_out(written: io.StringIO) -> None:
    configure_logging(PRODUCTION.model_copy(update={"log_level": "warning"}), written)
    structlog.get_logger("app").info("request")
    assert written.getvalue() == ""


def test_in_development_a_line_is_for_people(written: io.StringIO) -> None:
    configure_logging(Settings(), written)
    structlog.get_logger("app").info("request", status=200)
    assert "request" in written.getvalue()
    assert "status=200" in written.getvalue()


def test_configuring_twice_does_not_double_the_lines(written: io.StringIO) -> None:
    configure_logging(PRODUCTION, written)
    configure_logging(PRODUCTION, written)
    structlog.get_logger("app").info("request")
    assert len(lines(written)) == 1
