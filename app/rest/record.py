"""Records: what backends answer with, as plain values."""

import msgspec


class Record(msgspec.Struct, frozen=True, gc=False):
    """What the records of clients derive from.

    A record is made of an answer, holds what was in it and never changes, so none refers to itself: the garbage
    collector has no part in them, and they are decoded nearly twice as fast.
    """
