"""What is left to the garbage collector, for which everybody would have to wait."""

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

OURS = ("app.", "graphql.error")


@contextmanager
def garbage() -> Iterator[Counter[str]]:
    """Counts, once the block has ended, what only the collector finds of our own kinds and of graphql-core's errors."""
    kinds: Counter[str] = Counter()
    gc.collect()
    gc.disable()
    try:
        yield kinds
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        gc.set_debug(0)
        found = (f"{type(thing).__module__}.{type(thing).__name__}" for thing in gc.garbage)
        kinds.update(kind for kind in found if kind.startswith(OURS))
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
