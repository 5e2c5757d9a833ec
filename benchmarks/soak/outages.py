"""When the service is at fault, how, and which errors that explains."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Final

from benchmarks.show import note
from benchmarks.soak.world import SERVICE
from tests.chaos.faults import FAULTS, Fault, flapping
from tests.end_to_end.stand_in import StandIn

FAULT_SECONDS: Final = 4.0
WELL_SECONDS: Final = 8.0
MAX_OPEN_SECONDS: Final = 13.0
"""How long after an outage a breaker may still refuse calls: ten seconds, a quarter more at most."""


@dataclass(slots=True)
class Outage:
    began: float
    ended: float = float("inf")


class Outages:
    """Has a service misbehave, in one way after the other, and well in between."""

    def __init__(self, stand_in: StandIn, chance: random.Random) -> None:
        self._stand_in = stand_in
        self._faults = list({"flaps": Fault(flapping(), ""), **FAULTS}.items())
        chance.shuffle(self._faults)
        self._outages: list[Outage] = []

    @property
    def count(self) -> int:
        return len(self._outages)

    async def run(self, until: float) -> None:
        """Ends when it is time, with the service well."""
        for name, fault in cycle(self._faults):
            await _sleep(WELL_SECONDS, until)
            if time.monotonic() >= until:
                return
            note(f"{SERVICE} {name}")
            outage = Outage(time.monotonic())
            self._outages.append(outage)
            async with fault.at(self._stand_in):
                await _sleep(FAULT_SECONDS, until)
            outage.ended = time.monotonic()

    def explain(self, error: Mapping[str, Any], began: float) -> bool:
        """Whether an error of what began then and has just ended is that of the service, at fault in that time."""
        extensions = error["extensions"]
        late = MAX_OPEN_SECONDS if extensions["code"] == "BACKEND_CIRCUIT_OPEN" else 0.0
        return extensions.get("service") == SERVICE and any(began <= outage.ended + late for outage in self._outages)


async def _sleep(seconds: float, until: float) -> None:
    await asyncio.sleep(max(0.0, min(seconds, until - time.monotonic())))
