"""Time and chance as a test wants them."""

import asyncio

from app.rest import Timing


class Clock:
    """Stands still until it is advanced; a pause is noted, and advances it at once."""

    def __init__(self, chance: float = 0.5) -> None:
        self.now = 1000.0
        self.chance = chance
        self.pauses: list[float] = []

    @property
    def timing(self) -> Timing:
        return Timing(clock=lambda: self.now, sleep=self.sleep, chance=lambda: self.chance)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self.now += seconds
