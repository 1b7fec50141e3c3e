"""Trusted networks: which addresses belong to somebody that an operator named, such as trusted proxies."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class TrustedNetworks:
    """Addresses, by the networks that hold them. `address in networks` asks for one."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read addresses and networks such as `127.0.0.1, 10.0.0.0/8, fd00::/8`; an empty text means none.

        Raises:
            ValueError: one of them is neither.
        """
        return cls(tuple(ip_network(part.strip()) for part in text.split(",") if part.strip()))

    def __contains__(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self.networks)


def address_in(text: str) -> Address | None:
    """Return the address that a proxy or a socket wrote, with or without a port, or None if it is none.

    An IPv4 address that is written as IPv6 is the IPv4 address.
    """
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
