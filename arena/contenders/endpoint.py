"""Endpoints: the addresses at which contenders answer, with key, headers, limit and reach.

Only this module reads a contender's addresses. Contenders that name the same addresses, in any order and spelling,
share an endpoint. A contender that runs in this process is an endpoint of its own.

The limit of concurrent requests belongs to the endpoint. Each contender may state one as `max_concurrent`. The smallest
that any contender of the endpoint states applies to all of them, retired ones left aside.
"""

import asyncio
import socket
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from arena.errors import BadConfiguration, ContenderUnfit
from generation.backends.addresses import base_url, same_address
from generation.backends.reach import Reach, refusal

PATIENCE_S = 3.0  # to resolve a name; one that does not resolve in time is judged when a connection is made
MAX_KEY_CHARS = 20_000  # tokens of identity providers have a few thousand
ADDRESS_KEYS = ("url", "urls")
ALLOW = "If they are yours, allow their networks, such as ARENA_PRIVATE_NETWORKS=10.0.0.0/8,172.16.0.0/12"


class Described(Protocol):
    """A contender as its table, its row or a part of the row describes it."""

    @property
    def slug(self) -> str:
        """Its name."""

    @property
    def options(self) -> Mapping[str, Any]:
        """What its backend is told."""

    @property
    def api_key_env(self) -> str:
        """The variable that holds its key, or empty."""

    @property
    def key_file(self) -> str:
        """The file that holds its key, or empty."""

    @property
    def max_concurrent(self) -> int | None:
        """The limit that it states, if any."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The endpoint of one contender.

    Attributes:
        contender: its slug.
        addresses: those of its servers, as used in requests; empty if it runs in this process or is not served yet.
        model: the name of the model in requests.
        key_variable: the environment variable that holds the API key; empty where none is needed or a file holds it.
        key_file: the file that holds the API key; empty where none is needed or a variable holds it.
        stated_limit: the most concurrent replies, as this contender states it; None if it states none.
    """

    contender: str
    addresses: tuple[str, ...]
    model: str
    key_variable: str
    stated_limit: int | None
    key_file: str = ""

    @classmethod
    def of(cls, contender: Described) -> "Endpoint":
        """Return the endpoint of a contender. An unreadable address is left out, since nothing can be sent there."""
        urls, url = contender.options.get("urls"), contender.options.get("url")
        addresses = map(_address, urls if isinstance(urls, list | tuple) else [url])
        model = str(contender.options.get("model", ""))
        return cls(
            contender.slug,
            tuple(filter(None, addresses)),
            model,
            contender.api_key_env,
            contender.max_concurrent,
            contender.key_file,
        )

    @classmethod
    def at(cls, address: str, *, model: str = "", key_variable: str = "") -> "Endpoint":
        """Return the endpoint at an address of which no contender is registered yet."""
        return cls(address, tuple(filter(None, [_address(address)])), model, key_variable, None)

    @property
    def identity(self) -> str:
        """A text that is equal for all contenders that share the endpoint."""
        return " ".join(sorted(map(same_address, self.addresses))) or f"contender {self.contender}"

    @property
    def has_several_servers(self) -> bool:
        """Whether the endpoint has more than one server, so that one may rest while another answers."""
        return len(self.addresses) > 1

    @property
    def port(self) -> int | None:
        """The port in the address of its only server, or None."""
        return urlsplit(self.addresses[0]).port if len(self.addresses) == 1 else None

    def api_key(self, environment: Mapping[str, str]) -> str | None:
        """Return the API key, or None where none is needed.

        Raises:
            ContenderUnfit: the variable that should hold it is not set, or the file cannot be read.
        """
        if self.key_file:
            return _key_in(self.key_file, self.contender)
        if not self.key_variable:
            return None
        if key := environment.get(self.key_variable, "").strip():
            return key
        raise ContenderUnfit(
            f"The environment has no {self.key_variable}, which should hold the API key of `{self.contender}`.",
            hint=f"export {self.key_variable}=… before the arena starts, or name a file that holds it: `key_file`.",
        )

    def headers(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the headers that requests to this endpoint need in addition to the usual ones.

        Raises:
            ContenderUnfit: the variable that should hold the API key is not set.
        """
        key = self.api_key(environment)
        return {"authorization": f"Bearer {key}"} if key else {}

    async def out_of_reach(self, reach: Reach) -> list[str]:
        """Return a sentence for each of its hosts to which no connection is allowed, by its present addresses."""
        hosts = dict.fromkeys(host for one in self.addresses if (host := urlsplit(one).hostname))
        refused = await asyncio.gather(*(_refused(host, reach) for host in hosts))
        return [f"{self.contender}: {sentence}" for sentence in refused if sentence]


def located(options: Mapping[str, Any], address: str) -> dict[str, Any]:
    """Return a contender's options with `address` as the place where it is served."""
    return {**options, "url": address}


def located_as_before(options: Mapping[str, Any], former: Described) -> dict[str, Any]:
    """Return the options of a served folder; if they have no address, with the one at which it was served last."""
    if "folder" not in options or "urls" in options or "url" not in former.options:
        return dict(options)
    return {"url": former.options["url"], **options}


def refuse_out_of_reach(endpoints: Iterable[Endpoint], reach: Reach) -> None:
    """Refuse endpoints at private addresses that are not allowed.

    Raises:
        BadConfiguration: names each of them.
    """
    if faults := asyncio.run(out_of_reach(endpoints, reach)):
        raise BadConfiguration("These endpoints may not be connected to:", faults, hint=f"{ALLOW}.")


async def out_of_reach(endpoints: Iterable[Endpoint], reach: Reach) -> list[str]:
    """Return a sentence for each host of `endpoints` to which no connection is allowed, by its present addresses."""
    found = await asyncio.gather(*(endpoint.out_of_reach(reach) for endpoint in endpoints))
    return [sentence for sentences in found for sentence in sentences]


class EndpointLimits:
    """The limits of concurrent requests of all endpoints, from the contenders that share each.

    Leave out retired contenders: they are never asked again, and their address may belong to somebody else by now.
    """

    def __init__(self, contenders: Iterable[Described] = ()) -> None:
        self._sharing: defaultdict[str, list[Endpoint]] = defaultdict(list)
        for contender in contenders:
            endpoint = Endpoint.of(contender)
            self._sharing[endpoint.identity].append(endpoint)

    def limit(self, identity: str) -> int | None:
        """Return the smallest limit that a contender of the endpoint states, or None."""
        stated = (one.stated_limit for one in self._sharing.get(identity, ()) if one.stated_limit is not None)
        return min(stated, default=None)

    def slugs(self, identity: str) -> set[str]:
        """Return the contenders that share the endpoint."""
        return {one.contender for one in self._sharing.get(identity, ())}

    def contradictions(self) -> Iterator[str]:
        """Yield a sentence for each endpoint whose contenders state different limits, or share it only in part."""
        for identity, sharing in self._sharing.items():
            stated = {one.contender: one.stated_limit for one in sharing if one.stated_limit is not None}
            if len({*stated.values()}) > 1:
                told = _listed(f"{slug} {limit}" for slug, limit in stated.items())
                yield (
                    f"{identity.replace(' ', ', ')}: `max_concurrent` of one endpoint is stated as {told}; "
                    f"the smallest holds for all of them, {self.limit(identity)}."
                )
        yield from self._shared_in_part()

    def _shared_in_part(self) -> Iterator[str]:
        servers: defaultdict[str, set[str]] = defaultdict(set)
        for identity, (first, *_) in self._sharing.items():
            for address in map(same_address, first.addresses):
                servers[address].add(identity)
        for address, identities in servers.items():
            limited = [identity for identity in identities if self.limit(identity) is not None]
            if len(identities) > 1 and limited:
                slugs = sorted(slug for identity in identities for slug in self.slugs(identity))
                yield (
                    f"{address}: {_listed(slugs)} share this server and not all of their addresses, so each endpoint "
                    "has a limit of its own."
                )


def _key_in(file: str, contender: str) -> str:
    hint = "It must hold the key and nothing else, and this program must be allowed to read it."
    try:
        with Path(file).open(encoding="utf-8") as opened:
            key = opened.read(MAX_KEY_CHARS + 1).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ContenderUnfit(f"The key file {file} of `{contender}` cannot be read: {reason}.", hint=hint) from error
    if not key or len(key) > MAX_KEY_CHARS or len(key.split()) > 1:
        raise ContenderUnfit(f"The key file {file} of `{contender}` holds no key.", hint=hint)
    return key


def _address(written: object) -> str:
    try:
        return base_url(written) if isinstance(written, str) else ""
    except ValueError:
        return ""


def _listed(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


async def _refused(host: str, reach: Reach) -> str:
    try:
        async with asyncio.timeout(PATIENCE_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return ""
    refused = [str(address) for *_, (address, *_) in found if not reach.allows(host, str(address))]
    resolved = ", ".join(dict.fromkeys(refused))
    return f"{refusal(host)}{'' if resolved == host else f' ({resolved})'}." if refused else ""
