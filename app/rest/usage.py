"""Usage: what an operation has had of backends so far."""

import msgspec


class Usage(msgspec.Struct):
    """Calls that were asked for, with those that another's answer served, and rows that came of them."""

    calls: int = 0
    rows: int = 0
