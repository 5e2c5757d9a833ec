"""Two agents of their own for the tests that need somebody with an account."""

import asyncio

import pytest

from tests.end_to_end.people import Agent, new_agent
from tests.gateway import Gateway


@pytest.fixture(scope="session")
def robin(gateway: Gateway) -> Agent:
    """An agent who has registered. Their account stays, what is theirs grows."""
    return asyncio.run(new_agent(gateway))


@pytest.fixture(scope="session")
def sam(gateway: Gateway) -> Agent:
    """Another one."""
    return asyncio.run(new_agent(gateway))
