"""What counts as a CloudEvents 1.0 event."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from app.events import CloudEvent

MINIMAL: dict[str, object] = {"specversion": "1.0", "id": "1", "source": "/agents", "type": "task.progressed"}


def test_the_required_attributes_are_enough() -> None:
    event = CloudEvent.model_validate(MINIMAL)
    assert (event.id, event.source, event.type) == ("1", "/agents", "task.progressed")
    assert (event.subject, event.owner, event.time, event.data) == (None, None, None, None)


def test_all_attributes_are_read_and_unknown_extensions_are_kept() -> None:
    event = CloudEvent.model_validate(
        MINIMAL
        | {
            "subject": "tsk_1",
            "owner": "usr_1",
            "time": "2026-05-01T10:00:00.25Z",
            "datacontenttype": "application/json",
            "data": {"task": {"id": "tsk_1"}},
            "traceparent": "00-a-b-01",
            "sampled": True,
        }
    )
    assert event.subject == "tsk_1"
    assert event.owner == "usr_1"
    assert event.time == datetime(2026, 5, 1, 10, 0, 0, 250000, UTC)
    assert event.data == {"task": {"id": "tsk_1"}}
    assert event.model_extra == {"traceparent": "00-a-b-01", "sampled": True}


def test_an_event_survives_json() -> None:
    event = CloudEvent.model_validate(MINIMAL | {"data_base64": "AP8=", "time": "2026-05-01T10:00:00Z", "a1": 5})
    assert event.data_base64 == b"\x00\xff"
    assert CloudEvent.model_validate_json(event.model_dump_json()) == event


@pytest.mark.parametrize(
    ("changed", "path", "message"),
    [
        ({"specversion": "0.3"}, "specversion", "Input should be '1.0'"),
        ({"id": ""}, "id", "String should have at least 1 character"),
        ({"id": 5}, "id", "Input should be a valid string"),
        ({"source": None}, "source", "Input should be a valid string"),
        ({"subject": ""}, "subject", "String should have at least 1 character"),
        ({"time": 5}, "time", "Value error, must be an RFC 3339 timestamp"),
        ({"time": "1777777777"}, "time", "Value error, must be an RFC 3339 timestamp"),
        ({"time": "2026-05-01T10:00:00"}, "time", "Input should have timezone info"),
        ({"traceParent": "x"}, "traceParent", "String should match pattern '^[a-z0-9]+$'"),
        ({"extension": 1.5}, "extension", "Value error, must be a boolean, an integer or a string"),
        ({"extension": {}}, "extension", "Value error, must be a boolean, an integer or a string"),
        ({"data": {}, "data_base64": "AA=="}, "", "Value error, data and data_base64 exclude each other"),
    ],
)
def test_what_the_specification_rules_out_is_refused(changed: dict[str, object], path: str, message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        CloudEvent.model_validate(MINIMAL | changed)
    [error] = raised.value.errors()
    assert (".".join(map(str, error["loc"][:1])), error["msg"]) == (path, message)
