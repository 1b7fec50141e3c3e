"""Which addresses an operator named, and what proxies write for one."""

import pytest

from arena.web.trusted_networks import TrustedNetworks, address_in


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7:4711 ", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ('"[2001:db8::7]"', "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::1"),
        *(
            (nonsense, "None")
            for nonsense in ("", "unknown", "_hidden", "1.2.3", "[", "300.1.1.1", "a:b:c", "1e1.2.3.4")
        ),
    ],
)
def test_an_address_is_read_as_proxies_write_it(written: str, address: str):
    assert str(address_in(written)) == address


def test_an_address_belongs_to_a_network_that_was_named_or_to_none():
    networks = TrustedNetworks.parse("127.0.0.1, 10.0.0.0/8,fd00::/8")
    named = [address_in(text) in networks for text in ("127.0.0.1", "::ffff:10.9.8.7", "fd12::1")]  # type: ignore[operator]
    others = [address_in(text) in networks for text in ("127.0.0.2", "11.0.0.1", "::1")]  # type: ignore[operator]
    assert (named, others) == ([True] * 3, [False] * 3)
    assert address_in("127.0.0.1") not in TrustedNetworks.parse("")  # type: ignore[operator]
