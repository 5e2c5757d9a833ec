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
def test_a_trace_is_carried_on_in_spans_of_their_own(received: str, flags: str) -> None:
    trace = TraceContext(received.encode(), b"vendor=1")
    spans = {trace.span() for _ in range(3)}
    assert len(spans | {received}) == 4
    assert all(re.fullmatch(f"00-{TRACE_ID}-[0-9a-f]{{16}}-{flags}", span) for span in spans)
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
        f"cc-{TRACE_ID}-{SPAN_ID}-01-\xff\n",
    ],
)
def test_without_a_valid_trace_a_new_one_begins(received: str | None) -> None:
    trace = TraceContext(None if received is None else received.encode("latin-1"), b"vendor=1")
    assert trace.tracestate is None
    assert re.fullmatch(f"00-{trace.trace_id}-[0-9a-f]{{16}}-00", trace.span())
    assert re.fullmatch("[0-9a-f]{32}", trace.trace_id)
    assert trace.trace_id != TRACE_ID


@pytest.mark.parametrize("state", [b"x" * 513, b"a=1\r\nx: y", b"a=\xe9"])
def test_a_state_that_cannot_be_passed_on_is_left_out(state: bytes) -> None:
    trace = TraceContext(f"00-{TRACE_ID}-{SPAN_ID}-01".encode(), state)
    assert (trace.trace_id, trace.tracestate) == (TRACE_ID, None)
