"""A Redis of a test's own, where there is a server to start."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

needs_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server on the path")


@asynccontextmanager
async def running_redis(port: int) -> AsyncIterator[str]:
    """A server that keeps nothing on disk; its URL."""
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"]
    process = await asyncio.create_subprocess_exec(
        "redis-server", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        while b"Ready to accept connections" not in await process.stdout.readline():
            pass
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        await process.communicate()
