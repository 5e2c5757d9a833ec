"""W3C trace context: the place of a request in a trace, read from its headers or made."""

import re
from random import getrandbits

_TRACEPARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_VISIBLE = re.compile(rb"[\x20-\x7e\t]*")
_MAX_TRACESTATE = 512  # what section 3.3.1.5 asks to be passed on at least


class TraceContext:
    """The gateway's place in a trace, handed to the backends (https://www.w3.org/TR/trace-context/).

    Made of the request's headers `traceparent` and `tracestate`. If the first is absent or malformed, a new trace
    begins, without state. The headers are looked at when the trace is first asked for: many requests never do.
    """

    __slots__ = ("_flags", "_received", "_state", "_trace_id")

    def __init__(self, traceparent: bytes | None = None, tracestate: bytes | None = None) -> None:
        self._received = traceparent
        self._state = tracestate
        self._trace_id: str | None = None
        self._flags = "00"

    @property
    def trace_id(self) -> str:
        """The id of the whole trace: 32 hexadecimal digits."""
        return self._trace_id or self._read()

    @property
    def tracestate(self) -> str | None:
        """What others want to be handed on beside it."""
        _ = self.trace_id
        return self._state.decode("ascii") if self._state else None

    def span(self) -> str:
        """The `traceparent` of a new span in this trace: each call is one of its own (section 3.2)."""
        return f"00-{self.trace_id}-{getrandbits(64):016x}-{self._flags}"

    def _read(self) -> str:
        match = _TRACEPARENT.fullmatch(self._received) if self._received else None
        if match is None or not _is_valid(*match.groups()):
            self._state = None
            self._trace_id = trace_id = f"{getrandbits(128):032x}"
            return trace_id
        if self._state and (len(self._state) > _MAX_TRACESTATE or _VISIBLE.fullmatch(self._state) is None):
            self._state = None
        self._flags = f"{int(match[4], 16) & 1:02x}"
        self._trace_id = trace_id = match[2].decode("ascii")
        return trace_id


def _is_valid(version: bytes, trace_id: bytes, span_id: bytes, _flags: bytes, rest: bytes | None) -> bool:
    """Zero ids and version ff are invalid; version 00 ends with the flags, later ones may go on (3.2)."""
    if version == b"ff" or (version == b"00" and rest is not None):
        return False
    return trace_id.strip(b"0") != b"" and span_id.strip(b"0") != b""
