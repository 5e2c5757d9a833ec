"""Backends behind TLS."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TypeAlias

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.errors import BackendUnavailableError
from app.rest import RestClient
from tests.app.rest.backend import Request, Thing, answering, caller, calling

Ask: TypeAlias = Callable[[RestClient], Awaitable[Thing]]


async def reading(client: RestClient) -> Thing:
    return await client.get(caller(), "/things", Thing)


async def writing(client: RestClient) -> Thing:
    return await client.send(caller(), "POST", "/things", Thing, idempotency_key="k")


asking = pytest.mark.parametrize("ask", [reading, writing])


def certificate(folder: Path, name: x509.GeneralName) -> Path:
    """A self-signed certificate for that name, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "things")])
    signed = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(hours=1))
        .not_valid_after(datetime.now(UTC) + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "things.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


def server_side(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def trusting(pem: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(pem))


LOOPBACK = x509.IPAddress(ip_address("127.0.0.1"))


async def well(request: Request) -> None:
    await request.answer()


@asking
async def test_a_trusted_backend_is_called_over_kept_connections(ask: Ask, tmp_path: Path) -> None:
    pem = certificate(tmp_path, LOOPBACK)
    async with answering(well, server_side(pem)) as backend:
        async with calling(backend, ssl_context=trusting(pem), settings={"max_calls": 3}) as client:
            assert [await ask(client) for _ in range(3)] == [Thing("t1")] * 3
            assert backend.connections == 1
            assert await asyncio.gather(*[ask(client) for _ in range(50)]) == [Thing("t1")] * 50
        await backend.until(lambda: backend.open_connections == 0)


@asking
async def test_an_untrusted_certificate_is_unavailable_and_not_tried_again(ask: Ask, tmp_path: Path) -> None:
    pem = certificate(tmp_path, LOOPBACK)
    async with answering(well, server_side(pem)) as backend, calling(backend) as client:
        with pytest.raises(BackendUnavailableError) as caught:
            await ask(client)
        assert caught.value.message.endswith(
            "/things): its TLS certificate cannot be trusted (self-signed certificate)."
        )
        assert (backend.requests, client.stats.retried) == ([], 0)


@asking
async def test_a_certificate_for_another_name_is_unavailable(ask: Ask, tmp_path: Path) -> None:
    pem = certificate(tmp_path, x509.DNSName("elsewhere.example"))
    async with answering(well, server_side(pem)) as backend, calling(backend, ssl_context=trusting(pem)) as client:
        with pytest.raises(BackendUnavailableError) as caught:
            await ask(client)
        assert "its TLS certificate cannot be trusted (IP address mismatch" in caught.value.message
        assert backend.requests == []


@asking
async def test_a_backend_that_speaks_no_tls_is_unavailable(ask: Ask) -> None:
    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with answering(well) as backend:
        server = await asyncio.start_server(garbage, "127.0.0.1", 0)
        backend.scheme, backend.port = "https", server.sockets[0].getsockname()[1]
        async with calling(backend) as client:
            with pytest.raises(BackendUnavailableError) as caught:
                await ask(client)
            assert "/things): TLS failed (" in caught.value.message
        server.close()


async def test_a_read_cancelled_half_way_leaves_nothing_open(tmp_path: Path) -> None:
    async def answer(request: Request) -> None:
        await request.send(b"HTTP/1.1 200 OK\r\n")
        await request.until_closed()

    pem = certificate(tmp_path, LOOPBACK)
    async with (
        answering(answer, server_side(pem)) as backend,
        calling(backend, ssl_context=trusting(pem)) as client,
    ):
        read = asyncio.create_task(client.get(caller(), "/things", Thing))
        await backend.until(lambda: len(backend.requests) == 1)
        read.cancel()
        with pytest.raises(asyncio.CancelledError):
            await read
        await backend.until(lambda: backend.open_connections == 0)
