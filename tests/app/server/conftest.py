"""The small graph as fixtures: what it works on, a client of it, and one behind a real server."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.app.server.serving import serving
from tests.app.server.small_graph import GRAPHQL, Work, an_app, client_of


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
async def client(work: Work) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(an_app(work)) as client:
        yield client


@pytest.fixture
async def served(work: Work) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app behind a real server."""
    async with (
        serving(an_app(work)) as server,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", headers={"Accept": GRAPHQL}) as client,
    ):
        yield client
