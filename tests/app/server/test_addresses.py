"""Whose address a request counts for, behind proxies that are trusted to tell, and others that are not."""

import pytest

from app.server.addresses import ClientAddresses

TRUSTED = ["10.0.0.0/8", "192.0.2.7", "fd00::/8"]


def address(peer: str | None, *forwarded: str, trusted: list[str] | None = None) -> str:
    headers = [(b"x-forwarded-for", line.encode("latin-1")) for line in forwarded]
    client = None if peer is None else (peer, 1234)
    scope = {"type": "http", "client": client, "headers": headers}
    return ClientAddresses(TRUSTED if trusted is None else trusted).of_scope(scope)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["6.6.6.6, 198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.1.2.3", ["6.6.6.6, 198.51.100.1", "192.0.2.7"], "198.51.100.1"),
        ("10.1.2.3", ["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
        ("10.1.2.3", ["6.6.6.6, nonsense"], "10.1.2.3"),
        ("10.1.2.3", ["6.6.6.6, nonsense, 10.0.0.1"], "10.0.0.1"),
        ("10.1.2.3", [""], "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.1:55555"], "198.51.100.1"),
        ("10.1.2.3", ["é"], "10.1.2.3"),
        ("::ffff:10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("fd00::1", ["[2001:db8:1:2:3::4]:443"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", [], "2001:db8:1:2::/64"),
        ("a-socket", ["198.51.100.1"], "unknown"),
        (None, ["198.51.100.1"], "unknown"),
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxy_counts(
    peer: str | None, forwarded: list[str], expected: str
) -> None:
    assert address(peer, *forwarded) == expected


def test_nobody_is_trusted_unless_named() -> None:
    assert address("127.0.0.1", "198.51.100.1", trusted=[]) == "127.0.0.1"


def test_what_is_no_network_is_a_wrong_setting() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        ClientAddresses(["nonsense"])
