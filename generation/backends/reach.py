"""Reach: which addresses an endpoint may have. Public ones, this machine if the URL says so, and named networks.

The check is made when a connection is opened, on the address that it goes to. To check a name earlier would not help:
its owner can make it lead elsewhere afterwards.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import aiohttp

Address = IPv4Address | IPv6Address
NAT64 = IPv6Network("64:ff9b::/96")  # IPv4 addresses in the last 32 bits: RFC 6052, section 2.1


class OutOfReach(OSError):
    """A connection to an address that is not allowed was about to be made."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where connections may go besides public addresses: to `networks`, and to this machine by its own names."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Reach":
        """Read networks such as `10.0.0.0/8, fd00::/8`; an empty text means none.

        Raises:
            ValueError: one of them is no network.
        """
        return cls(tuple(ip_network(part.strip()) for part in text.split(",") if part.strip()))

    def allows(self, host: str, address: str) -> bool:
        """Return whether a connection to `address` may be made for a URL with this `host`."""
        meant = _meant(address)
        if meant.is_global and not meant.is_multicast:
            return True
        return (_is_here(meant) and _names_this_machine(host)) or any(meant in network for network in self.networks)

    def connector(self, url: str, **options: Any) -> "aiohttp.TCPConnector":
        """Return an aiohttp connector (with `options`) that refuses addresses not allowed for `url`."""
        from aiohttp import TCPConnector  # the settings use this module, and need no HTTP

        return TCPConnector(socket_factory=self._sockets(urlsplit(url).hostname or ""), **options)

    def _sockets(self, host: str) -> Callable[["aiohttp.AddrInfoType"], socket.socket]:
        def open_socket(info: "aiohttp.AddrInfoType") -> socket.socket:
            family, kind, protocol, _, (address, *_) = info
            if not self.allows(host, str(address)):
                raise OutOfReach(refusal(host))
            return socket.socket(family, kind, protocol)

        return open_socket


def refusal(host: str) -> str:
    """Return the sentence that says why `host` is not connected to."""
    return f"{host} is at a private address, which is not allowed here"


def _meant(address: str) -> Address:
    """Return the address that is really reached: some IPv6 addresses stand for an IPv4 address."""
    given = ip_address(address.partition("%")[0])
    if isinstance(given, IPv4Address):
        return given
    in_nat64 = IPv4Address(int(given) & 0xFFFFFFFF) if given in NAT64 else None
    return given.ipv4_mapped or given.sixtofour or in_nat64 or given


def _is_here(address: Address) -> bool:
    return address.is_loopback or address.is_unspecified  # servers print 0.0.0.0 as their own address


def _names_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return _is_here(_meant(host))
    except ValueError:
        return False
