"""The garbage collector, told what a gateway is like."""

import gc

THRESHOLD = 2_000
"""Objects made between two looks for cycles. A query leaves none behind, and makes more than Python's 700.

What little there is must not pile up.
"""


def calm_collector() -> None:
    """Leave out what is here to stay, such as the schema, and look at the rest less often. Call it before serving."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(THRESHOLD, 10, 10)
