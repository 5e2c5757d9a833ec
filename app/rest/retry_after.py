"""The header that says when to come back."""

import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime


def retry_after(text: bytes | None, clock: Callable[[], float] = time.time) -> float | None:
    """Seconds to wait by a Retry-After header (RFC 9110, section 10.2.3): a number of seconds or a date."""
    if text is None:
        return None
    stripped = text.strip()
    if stripped.isdigit() and len(stripped) < 10:
        return float(stripped)
    try:
        date = parsedate_to_datetime(stripped.decode("ascii"))
    except ValueError:
        return None
    return max(0.0, date.replace(tzinfo=date.tzinfo or UTC).timestamp() - clock())
