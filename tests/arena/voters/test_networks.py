"""What is kept of an address, and what it tells once the key is gone."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from arena.db.session import Database
from arena.db.voter_tables import KeyUse
from arena.voters.keys import Keys
from arena.voters.networks import Networks, hash_of, network_of

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("203.0.113.255", "203.0.113.0/24"),
        ("203.0.114.9", "203.0.114.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("2001:db8:1:ffff::3", "2001:db8:1::/48"),
        ("2001:db8:2::3", "2001:db8:2::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        (" 127.0.0.1", "127.0.0.0/24"),
        ("", None),
        ("unix:", None),
        ("203.0.113", None),
        ("203.0.113.9:4711", None),
        ("testclient", None),
    ],
)
def test_the_network_of_an_address(address: str, network: str | None):
    assert network_of(address) == network


def test_a_network_has_one_hash_a_day_and_another_on_the_next(database: Database):
    networks = Networks(Keys(database))
    today = networks.hash("203.0.113.9", NOON)
    assert len(today) == 32
    assert networks.hash("203.0.113.200", NOON + timedelta(hours=11)) == today
    assert Networks(Keys(database)).hash("203.0.113.1", NOON) == today  # another process
    assert networks.hash("203.0.112.9", NOON) != today
    assert networks.hash("203.0.113.9", NOON + timedelta(hours=12)) != today
    assert networks.hash("somewhere", NOON) == ""


def test_brute_force_finds_a_network_before_its_key_is_destroyed_and_nothing_after(database: Database):
    keys = Keys(database)
    networks = Networks(keys)
    kept = networks.hash("198.18.77.5", NOON)
    suspects = [str(network) for network in ip_network("198.18.0.0/16").subnets(new_prefix=24)]

    def found() -> list[str]:
        living = [key for number in range(1, 50) if (key := keys.find(KeyUse.NETWORK, number))]
        return [network for network in suspects for key in living if hash_of(network, key.secret) == kept]

    assert found() == ["198.18.77.0/24"]
    assert networks.destroy_old_keys(NOON + timedelta(days=30)) == 0
    assert found() == ["198.18.77.0/24"]
    networks.hash("198.18.77.5", NOON + timedelta(days=30))  # the keys of later days do not help
    assert networks.destroy_old_keys(NOON + timedelta(days=31)) == 1
    assert found() == []
