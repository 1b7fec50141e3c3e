"""Endpoint addresses: refuses, before anything is registered, what would never be connected to later."""

import asyncio
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from arena.errors import BadConfiguration
from generation.backends.reach import Reach, refusal

Options = Mapping[str, Any]

PATIENCE_S = 3.0  # for a name; what does not resolve now is judged when it is connected to
ALLOW = "If they are yours, allow their networks, such as ARENA_PRIVATE_NETWORKS=10.0.0.0/8,172.16.0.0/12"


def refuse_out_of_reach(endpoints: Mapping[str, Options], reach: Reach) -> None:
    """Refuse endpoints at private addresses that are not allowed. `endpoints` are contenders' options, by slug.

    Raises:
        BadConfiguration: names each of them.
    """
    if faults := asyncio.run(out_of_reach(endpoints, reach)):
        raise BadConfiguration("These endpoints may not be connected to:", faults, hint=f"{ALLOW}.")


async def out_of_reach(endpoints: Mapping[str, Options], reach: Reach) -> Sequence[str]:
    """Return a sentence for each host that may not be connected to, as it resolves now."""
    hosts = [(slug, host) for slug, options in endpoints.items() for host in _hosts(options)]
    refused = await asyncio.gather(*(_refused(host, reach) for _, host in hosts))
    return [f"{slug}: {sentence}" for (slug, _), sentence in zip(hosts, refused, strict=True) if sentence]


def _hosts(options: Options) -> Iterable[str]:
    urls = [options["url"]] if "url" in options else options.get("urls", [])
    return dict.fromkeys(host for url in urls if (host := urlsplit(url).hostname))


async def _refused(host: str, reach: Reach) -> str:
    try:
        async with asyncio.timeout(PATIENCE_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return ""
    refused = [str(address) for *_, (address, *_) in found if not reach.allows(host, str(address))]
    resolved = ", ".join(dict.fromkeys(refused))
    return f"{refusal(host)}{'' if resolved == host else f' ({resolved})'}." if refused else ""
