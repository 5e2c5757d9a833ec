"""The garbage collector, told what a gateway is like."""

import gc

THRESHOLD = 10_000
"""Objects made, and still there, between two looks at the young ones: more than a hundred pages at once are.

No request leaves cycles behind, whether it succeeds or fails, and no operation of a stream, which tests hold. A
connection of a WebSocket or a stream does, of a hundred objects or two.
"""


def calm_collector() -> None:
    """Leave out what is here to stay, such as the schema, and look at the rest less often. Call it before serving."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(THRESHOLD, 5, 5)
