"""Runs many random cases: `python -m tests.conformance.fuzz --cases 10000 --seed 1`."""

import argparse
import asyncio
import sys
import time

from tests.conformance.fuzz.compare import difference


async def main(cases: int, seed: int) -> int:
    """How many cases differ; tells of the first three."""
    different = 0
    for number in range(seed, seed + cases):
        if (found := await difference(number)) is not None:
            different += 1
            if different <= 3:
                sys.stdout.write(f"{found}\n\n")
    return different


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    different = asyncio.run(main(arguments.cases, arguments.seed))
    sys.stdout.write(f"{arguments.cases} cases from seed {arguments.seed}: {different} differ\n")
    sys.exit(1 if different else 0)
