"""W3C trace context: what is carried on, and what starts anew."""

import re

import pytest

from app.telemetry import TraceContext

TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("received", "flags"),
    [
        (f"00-{TRACE_ID}-{SPAN_ID}-01", "01"),
        (f"00-{TRACE_ID}-{SPAN_ID}-00", "00"),
        (f"00-{TRACE_ID}-{SPAN_ID}-ff", "01"),
        (f"cc-{TRACE_ID}-{SPAN_ID}-01-what-the-future-brings", "01"),
    ],
)
def test_a_trace_is_carried_on_in_a_span_of_its_own(received: str, flags: str) -> None:
    trace = TraceContext.received(received, "vendor=1")
    assert re.fullmatch(f"00-{TRACE_ID}-[0-9a-f]{{16}}-{flags}", trace.traceparent)
    assert trace.traceparent[36:52] != SPAN_ID
    assert (trace.trace_id, trace.tracestate) == (TRACE_ID, "vendor=1")


@pytest.mark.parametrize(
    "received",
    [
        None,
        "",
        "nonsense",
        f"ff-{TRACE_ID}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{SPAN_ID}-01-more",
        f"00-{'0' * 32}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{TRACE_ID.upper()}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{SPAN_ID}-01\n",
    ],
)
def test_without_a_valid_trace_a_new_one_begins(received: str | None) -> None:
    trace = TraceContext.received(received, "vendor=1")
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", trace.traceparent)
    assert trace.trace_id != TRACE_ID
    assert trace.tracestate is None


def test_a_state_that_is_too_long_is_not_carried_on() -> None:
    assert TraceContext.received(f"00-{TRACE_ID}-{SPAN_ID}-01", "x" * 513).tracestate is None
