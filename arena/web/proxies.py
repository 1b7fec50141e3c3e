"""What is true of a request that came through a proxy: who asks, by which name, and whether the connection is safe.

A proxy says so in `X-Forwarded-For`, `-Host` and `-Proto`, which anybody can write. `Proxies` believes those that a
trusted proxy added, puts what they say where a server without a proxy would have put it (`scope["client"]`, `Host`,
`scope["scheme"]`), and takes the headers away, so that nothing behind it can believe the others. It also takes away the
root path, answers requests for another host's pages, and counts nothing: limits read `scope["client"]`.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from arena.web.root import lying_at
from arena.web.security import HEADERS
from arena.web.trusted_networks import Address, TrustedNetworks, address_in

log = logging.getLogger(__name__)

# `X-Gradio-Server` would tell Gradio under which address its pages lie.
TOLD_BY_PROXIES = re.compile(rb"x-forwarded-.*|forwarded|x-real-ip|x-gradio-server")
HOST = re.compile(r"([a-z0-9_]([a-z0-9_.-]{0,252})|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?")
WELL = "/healthz"  # asked by machines that know only our address
MAX_WARNED = 20
NOBODY = TrustedNetworks()


@dataclass(frozen=True, slots=True)
class Told:
    """What proxies said of a request: each value of a header, from the farthest proxy to the nearest."""

    addresses: tuple[str, ...]
    hosts: tuple[str, ...]
    schemes: tuple[str, ...]

    @classmethod
    def of(cls, headers: Headers) -> Self:
        """Read the headers of a request."""
        return cls(*(_values(headers, name) for name in ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto")))

    def __bool__(self) -> bool:
        return bool(self.addresses or self.hosts or self.schemes)


class Proxies:
    """ASGI middleware around everything else.

    Args:
        app: answers, as if there were neither proxies nor a root path.
        trusted: networks of the proxies that are believed.
        allowed_hosts: names under which the arena may be asked, such as `arena.example.org` or `*.example.org`; empty
            allows any. This machine may always ask itself, and machines may always ask for `/healthz`.
        root_path: where the arena lies below its host. Proxies may take it away or not.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        trusted: TrustedNetworks = NOBODY,
        allowed_hosts: Sequence[str] = (),
        root_path: str = "",
    ) -> None:
        self._app = app
        self._trusted = trusted
        self._allowed_hosts = tuple(host.lower() for host in allowed_hosts)
        self._root = root_path
        self._warned: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        scope, told = _without_told(scope)
        host = self._believe(scope, told)
        refusal = self._refusal(scope, host) if scope["type"] == "http" else None
        with lying_at(self._root):
            await (refusal or self._app)(scope, receive, send)

    def _believe(self, scope: Scope, told: Told) -> str:
        """Put into `scope` what trusted proxies say, and return the host that was asked."""
        host = Headers(scope=scope).get("host", "")
        peer = scope["client"][0] if scope.get("client") else ""
        address = address_in(peer)
        if address is None or address not in self._trusted:
            self._warn_of(peer, told)
            return host
        client, hops = self._client(address, told.addresses)
        scope["client"] = (str(client), 0 if hops else scope["client"][1])
        if scheme := _said(told.schemes, hops):
            scope["scheme"] = "https" if scheme.lower() in {"https", "wss"} else "http"
        if forwarded := _said(told.hosts, hops):
            host = forwarded
            others = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope["headers"] = [*others, (b"host", host.encode("latin-1"))]
        return host

    def _client(self, peer: Address, addresses: Sequence[str]) -> tuple[Address, int]:
        """Return the first address from the right that no trusted proxy has, and how many steps it is away."""
        client, hops = peer, 0
        while client in self._trusted and hops < len(addresses):
            before = address_in(addresses[-1 - hops])
            if before is None:
                break  # a trusted proxy does not know where the request came from
            client, hops = before, hops + 1
        return client, hops

    def _refusal(self, scope: Scope, host: str) -> Response | None:
        name = host.lower()
        if name and not HOST.fullmatch(name):
            return PlainTextResponse("The Host of the request is no name of a host.", 400, HEADERS)
        if scope["path"] != self._root + WELL and scope["path"] != WELL and not self._is_allowed(name, scope):
            return PlainTextResponse("There is no arena under this name; see ARENA_ALLOWED_HOSTS.", 421, HEADERS)
        if not self._root:
            return None
        if scope["path"] == self._root:
            query = scope["query_string"].decode("latin-1")
            return RedirectResponse(f"{self._root}/{'?' if query else ''}{query}", 308, HEADERS)
        if scope["path"].startswith(f"{self._root}/"):
            scope["path"] = scope["path"][len(self._root) :]
            if raw := scope.get("raw_path"):
                scope["raw_path"] = raw.removeprefix(self._root.encode())
        return None

    def _is_allowed(self, host: str, scope: Scope) -> bool:
        if not self._allowed_hosts:
            return True
        port = HOST.fullmatch(host)
        name = host.removesuffix(port[3] or "").rstrip(".") if port else ""
        if any(_matches(name, pattern) or host == pattern for pattern in self._allowed_hosts):
            return True
        return _is_here(name.strip("[]")) and _is_here(scope["client"][0] if scope.get("client") else "")

    def _warn_of(self, peer: str, told: Told) -> None:
        """Tell the operator once of each peer that speaks like a proxy: it may be one that should be trusted."""
        if told and peer not in self._warned and len(self._warned) < MAX_WARNED:
            self._warned.add(peer)
            log.warning(
                "%s sends X-Forwarded-… and is not trusted, so what it says is ignored. If it is your proxy, set "
                "ARENA_TRUSTED_PROXIES to its address.",
                peer or "A peer without address",
            )


def _without_told(scope: Scope) -> tuple[Scope, Told]:
    told = Told.of(Headers(scope=scope))
    headers = [(name, value) for name, value in scope["headers"] if not TOLD_BY_PROXIES.fullmatch(name.lower())]
    return {**scope, "headers": headers}, told


def _values(headers: Headers, name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in ",".join(headers.getlist(name)).split(",") if part.strip())


def _said(values: Sequence[str], hops: int) -> str:
    """Return the value that belongs to the client: proxies add theirs on the right, or hand a single one on."""
    return values[-min(max(hops, 1), len(values))] if values else ""


def _matches(name: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return name.endswith(pattern[1:]) and len(name) > len(pattern) - 1
    return name == pattern.strip("[]") or name == pattern


def _is_here(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
