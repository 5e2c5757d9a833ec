"""Lingering: a connection that is refused is kept for a moment, and what still comes on it is passed over.

Closed at once, it would be reset, and the client might never see why (RFC 9112, section 9.6).
"""

import asyncio
from typing import Final

LINGER_SECONDS: Final = 1.0
"""For the client to take the answer."""
_PAUSE_SECONDS: Final = 0.02


def pass_over(transport: asyncio.Transport) -> None:
    """Something has come that nobody wants: read no more for a moment, or a flood would keep others waiting."""
    transport.pause_reading()
    asyncio.get_running_loop().call_later(_PAUSE_SECONDS, transport.resume_reading)
