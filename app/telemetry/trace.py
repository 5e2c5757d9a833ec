"""W3C trace context: the `traceparent` of a request, read or made."""

import re
from random import getrandbits
from typing import Self

import msgspec

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_MAX_TRACESTATE = 512  # what section 3.3.1.5 asks to be passed on at least


class TraceContext(msgspec.Struct, frozen=True):
    """The place of the gateway in a trace, to be handed to the backends (https://www.w3.org/TR/trace-context/)."""

    traceparent: str
    tracestate: str | None = None

    @property
    def trace_id(self) -> str:
        return self.traceparent[3:35]

    @classmethod
    def received(cls, traceparent: str | None, tracestate: str | None = None) -> Self:
        """A new span of the caller's trace; a new trace, without state, if the header is absent or malformed."""
        match = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
        if match is None or not _is_valid(*match.groups()):
            return cls(f"00-{getrandbits(128):032x}-{getrandbits(64):016x}-00")
        state = tracestate if tracestate and len(tracestate) <= _MAX_TRACESTATE else None
        sampled = int(match[4], 16) & 1
        return cls(f"00-{match[2]}-{getrandbits(64):016x}-{sampled:02x}", state)


def _is_valid(version: str, trace_id: str, span_id: str, _flags: str, rest: str | None) -> bool:
    """Zero ids and version ff are invalid; version 00 ends with the flags, later ones may go on (3.2)."""
    if version == "ff" or (version == "00" and rest is not None):
        return False
    return trace_id.strip("0") != "" and span_id.strip("0") != ""
