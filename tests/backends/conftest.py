"""Fixtures of the backend tests. One set of services serves a module: each test is a user of its own."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.backends.backend_world import Webhook, World, receiving, running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Empty services, whose background work is done at once."""
    async with receiving() as webhook, running(tmp_path_factory.mktemp("empty"), webhook) as world:
        yield world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sampled(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Services with sample data, whose background work never gets on."""
    async with (
        receiving() as webhook,
        running(tmp_path_factory.mktemp("sampled"), webhook, sample=True, step_seconds=3600.0) as world,
    ):
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def webhook() -> AsyncIterator[Webhook]:
    async with receiving() as webhook:
        yield webhook
