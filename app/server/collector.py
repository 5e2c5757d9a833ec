"""The garbage collector, told what a gateway is like."""

import gc

THRESHOLD = 10_000
"""Objects made, and still there, between two looks at the young ones: more than a hundred pages at once are.

Requests leave no cycles behind, whether they succeed or fail, nor do the operations of a stream, which tests hold. A
connection of a WebSocket or a stream does, of a hundred objects or two, and a document whose fragments are a circle.
"""


def calm_collector() -> None:
    """Leave out what is here to stay, such as the schema, and look at the rest less often. Call it before serving."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(THRESHOLD, 5, 5)
