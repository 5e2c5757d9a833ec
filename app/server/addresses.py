"""Addresses: which client a request comes from, behind proxies that are trusted to say so."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from starlette.types import Scope

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

UNKNOWN: Final = "unknown"
_IPV6_PREFIX: Final = 64
"""A household or a host has so many bits of IPv6 to itself: its addresses count as one."""


class ClientAddresses:
    """Finds the address of a client. `X-Forwarded-For` counts only as far as trusted proxies have written it."""

    def __init__(self, trusted_proxies: Iterable[str] = ()) -> None:
        """`trusted_proxies` are addresses or CIDR networks; raises `ValueError` for anything else."""
        self._trusted: tuple[Network, ...] = tuple(ip_network(network, strict=False) for network in trusted_proxies)

    def of_scope(self, scope: Scope) -> str:
        """The address of the client of an ASGI connection."""
        lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        client = scope.get("client")
        return self.of(client[0] if client else None, b",".join(lines))

    def of(self, peer: str | None, forwarded_for: bytes = b"") -> str:
        """The client's address: the last one of those that the request came by which is no trusted proxy.

        `peer` is at the other end of the connection.
        """
        found = None if peer is None else _parsed(peer)
        if found is None:
            return UNKNOWN
        for text in reversed(forwarded_for.decode("latin-1").split(",")):
            if not self._is_trusted(found):
                break
            address = _parsed(text.strip())
            if address is None:  # nobody who is trusted wrote this: what is left of it is made up
                break
            found = address
        return _counted(found)

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Address | None:
    """An address, with its port or without; an IPv4 one that is written as IPv6 is the same as without."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


@lru_cache(maxsize=4096)
def _counted(address: Address) -> str:
    """Whom an address stands for."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _IPV6_PREFIX), strict=False))
    return str(address)
