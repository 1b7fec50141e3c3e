"""Networks: what the arena keeps of an address.

Nothing but a hash of the network that an address belongs to, an IPv4 /24 or an IPv6 /48, under a key of the day. While
the key exists, an hour's or a day's votes from one network can be counted. After `KEPT_FOR` the key is destroyed, and
then the hash stands for nothing: without the key, no list of all addresses finds it.
"""

import hmac
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from arena.db.voter_tables import KeyUse
from arena.voters.keys import Keys

IPV4_BITS, IPV6_BITS = 24, 48
KEPT_FOR = timedelta(days=30)
HASH_BYTES = 16


def network_of(address: str) -> str | None:
    """Return the network of an address as text, such as `203.0.113.0/24`, or None where it is no address.

    An IPv4 address that is written as IPv6 belongs to the network of the IPv4 address.
    """
    try:
        ip = ip_address(address.partition("%")[0].strip())
    except ValueError:
        return None
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ip_network((ip, IPV4_BITS if ip.version == 4 else IPV6_BITS), strict=False))


class Networks:
    """Hashes networks under the key of the day."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def hash(self, address: str, moment: datetime) -> str:
        """Return the hash of the network of `address` on the day of `moment` (UTC); empty where it is no address.

        Must not be called while writing to the database: the first hash of a day makes its key.

        Raises:
            DatabaseUnavailable: there is no key for this day yet, and none can be made.
        """
        network = network_of(address)
        if network is None:
            return ""
        return hash_of(network, self._keys.of_day(KeyUse.NETWORK, moment.date()).secret)

    def destroy_old_keys(self, moment: datetime) -> int:
        """Destroy the keys of days that are over for `KEPT_FOR`; return how many were destroyed now."""
        return self._keys.destroy(KeyUse.NETWORK, before=(moment - KEPT_FOR).date())


def hash_of(network: str, secret: bytes) -> str:
    """Return the hash of a network under a key, in hex."""
    return hmac.digest(secret, network.encode(), "sha256")[:HASH_BYTES].hex()
