"""The garbage collector, told what a gateway is like."""

import asyncio
import gc

YOUNG = 10_000
"""Objects made, and still there, between two looks at the young ones: more than a hundred pages at once are.

Nothing that comes and goes leaves cycles behind, whether it succeeds, fails or is torn: no request, no connection, no
socket and no operation of one, which tests hold; but for a document whose fragments are a circle, and `@defer`. So what
is looked at is mostly still in use, and looking at young objects takes a millisecond or two.
"""
SELDOM = 1000
"""Looks at the young ones before one at all that has been made since: 60 ms, where there are a thousand sockets."""
SECONDS = 60.0
"""After which there is a look at all in any case, mostly sooner: what is left does not become more and more."""


def calm_collector() -> None:
    """Leave out what is here to stay, such as the schema, and look at the rest less often. Call it before serving."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, SELDOM)


def collect_now_and_then(loop: asyncio.AbstractEventLoop, seconds: float = SECONDS) -> None:
    """Look at everything, but for what is here to stay, for as long as the loop runs."""

    def look() -> None:
        gc.collect()
        loop.call_later(seconds, look)

    loop.call_later(seconds, look)


def look_at_the_young() -> None:
    """Do not wait for `YOUNG`: the collector counts one less for each old object that is gone.

    Where many that were long there leave while others come, it would find four to ten times as many young ones at once.
    """
    if gc.isenabled():
        gc.collect(0)
