"""Negotiation of streams: which of them an Accept header asks for, and whether an operation is to be one."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from app.execution import Prepared
from app.server.negotiation import MediaRange, answer_quality, media_ranges
from app.server.streaming.incremental import IncrementalFormat, IncrementalOf2022, IncrementalV02

EVENT_STREAM = b"text/event-stream"
MULTIPART = b"multipart/mixed"

_INCREMENTAL = {
    (b"incrementalspec", b"v0.2"): IncrementalV02,
    (b"deferspec", b"20220824"): IncrementalOf2022,
}


@dataclass(frozen=True, slots=True)
class EventStream:
    """Server-sent events, by the GraphQL over SSE protocol."""


@dataclass(frozen=True, slots=True)
class MultipartSubscription:
    """The parts of a subscription, by Apollo's protocol for them."""


@dataclass(frozen=True, slots=True)
class MultipartDelivery:
    """The parts of an answer with `@defer` or `@stream`."""

    form: type[IncrementalFormat]


Format: TypeAlias = EventStream | MultipartSubscription | MultipartDelivery


@dataclass(frozen=True, slots=True)
class Accepted:
    """How welcome each kind of stream is, beside an answer in one piece. Only what is named counts, not `*/*`."""

    answer: float
    events: float
    subscription: float
    delivery: float
    form: type[IncrementalFormat] | None

    @property
    def prefers_events(self) -> bool:
        """Whether even an answer in one piece is to come as events."""
        return self.events > self.answer

    def format_for(self, prepared: Prepared) -> Format | None:
        """What the operation comes in; None for an answer in one piece, or when no stream fits it."""
        if prepared.operation_type == "subscription":
            if max(self.events, self.subscription) <= 0:
                return None
            return EventStream() if self.events >= self.subscription else MultipartSubscription()
        if self.form is not None and prepared.operation.is_incremental and self.delivery >= self.answer:
            return MultipartDelivery(self.form)
        return EventStream() if self.prefers_events else None


@lru_cache(maxsize=128)
def accepted_streams(accept: bytes | None) -> Accepted | None:
    """The streams that an Accept header names; None if it names none."""
    if accept is None or not (EVENT_STREAM in (lower := accept.lower()) or MULTIPART in lower):
        return None
    events = subscription = delivery = 0.0
    form: type[IncrementalFormat] | None = None
    for each in media_ranges(accept):
        if each.media_type == EVENT_STREAM:
            events = max(events, each.quality)
        elif each.media_type == MULTIPART:
            if each.parameters.get(b"subscriptionspec") == b"1.0":
                subscription = max(subscription, each.quality)
            if (asked := _form(each)) is not None and each.quality > delivery:
                form, delivery = asked, each.quality
    return Accepted(answer_quality(accept), events, subscription, delivery, form)


def _form(each: MediaRange) -> type[IncrementalFormat] | None:
    return next((_INCREMENTAL[item] for item in each.parameters.items() if item in _INCREMENTAL), None)
