"""A service whose TLS goes wrong costs its own fields, and is there again when TLS is right."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.app.rest.test_tls import LOOPBACK, certificate, server_side
from tests.chaos.world import PAGE, Skips, chaos, codes, storm, without_listings
from tests.end_to_end.stand_in import StandIn, standing_in


def untrusted(folder: Path) -> ssl.SSLContext:
    folder.mkdir()
    return server_side(certificate(folder, LOOPBACK))


@asynccontextmanager
async def presenting(stand_in: StandIn, other: ssl.SSLContext) -> AsyncIterator[None]:
    """Show another certificate while the block runs."""
    right, stand_in.ssl_context = stand_in.ssl_context, other
    await stand_in.stop()
    await stand_in.start()
    try:
        yield
    finally:
        stand_in.ssl_context = right
        await stand_in.stop()
        await stand_in.start()


@asynccontextmanager
async def shaking_no_hands(stand_in: StandIn) -> AsyncIterator[None]:
    """Answer what is no TLS while the block runs."""

    async def speak_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    await stand_in.stop()
    server = await asyncio.start_server(speak_plainly, "127.0.0.1", stand_in.port)
    try:
        yield
    finally:
        server.close()
        await stand_in.start()


async def test_the_page_keeps_its_other_fields_and_the_breaker_opens_and_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted, skips = certificate(tmp_path, LOOPBACK), Skips()
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with (
        standing_in(server_side(trusted)) as listings,
        chaos(tmp_path / "data", listings, timing=skips.timing) as gateway,
    ):
        whole = (await gateway.query(PAGE)).data
        for fault in (presenting(listings, untrusted(tmp_path / "untrusted")), shaking_no_hands(listings)):
            async with fault:
                first = await gateway.query(PAGE)
                assert first.body["data"] == without_listings(whole)
                assert codes(first) == {"BACKEND_UNAVAILABLE"}
                await storm(gateway, whole)
                assert codes(await gateway.query(PAGE)) == {"BACKEND_CIRCUIT_OPEN"}
            skips.skip(60)
            for _ in range(3):
                assert (await gateway.query(PAGE)).data == whole
