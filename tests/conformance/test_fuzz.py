"""Random cases come out as they do with graphql-core; `python -m tests.conformance.fuzz` runs more of them."""

import os
import sys
import time

import pytest

from tests.conformance.fuzz.compare import difference

CASES = 300
SEED = int(os.environ.get("FUZZ_SEED", time.time()))


@pytest.mark.fuzz
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_random_cases_come_out_as_with_graphql_core() -> None:
    sys.stdout.write(f"FUZZ_SEED={SEED}\n")
    for seed in range(SEED, SEED + CASES):
        assert await difference(seed) is None
