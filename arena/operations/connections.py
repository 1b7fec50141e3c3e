"""Connections: how many there may be, and how long a visitor may take over one. uvicorn limits neither.

Who opens a thousand connections and sends half a request on each would hold every file that the process may open, and
nobody else could reach it. So each connection has a time in which its headers, and then its body, must arrive, and one
in which what was sent must be taken. Where there are too many, of one address or in all, the one that has waited for a
request the longest gives its place to the newcomer.
"""

import asyncio
import resource
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

FILES_WANTED = 65_536
FILES_KEPT = 256  # for the database, endpoints, libraries, and newcomers that are about to be turned away
IPV6_SITE = 64  # bits; whoever has one IPv6 address has all that share these

Timer = asyncio.TimerHandle


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one visitor may use.

    Attributes:
        connections: in all; None is what the files that this process may open allow.
        per_address: connections of one address.
        unlimited: whether an address may have any number: that of a proxy, behind which are many.
        header_bytes: length of the request line and all headers.
        headers_s, body_s: time for all headers, and then for the whole body.
        taking_s: time in which the visitor takes nothing of what was sent.
    """

    connections: int | None = None
    per_address: int = 200
    unlimited: Callable[[str], bool] = lambda _address: False
    header_bytes: int = 32_768
    headers_s: float = 10.0
    body_s: float = 20.0
    taking_s: float = 30.0


def files_allowed() -> int:
    """Return how many files this process may open, after having raised that as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, FILES_WANTED)
    if soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@dataclass(slots=True)
class Doors:
    """All connections of a server, counted by address. `waiting` are those without a request, the oldest first."""

    limits: ConnectionLimits
    most: int = 0
    total: int = 0
    open: Counter[str] = field(default_factory=Counter)
    waiting: "dict[str, dict[_Limited, None]]" = field(default_factory=dict)
    oldest: "dict[_Limited, None]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        files = files_allowed()
        self.most = min(self.limits.connections or files, max(files - FILES_KEPT, files // 2))

    def enter(self, newcomer: "_Limited") -> bool:
        """Count a connection, and close another one where there are too many; False if the newcomer must go."""
        address = newcomer.address
        limited = not self.limits.unlimited(address)
        if (
            limited
            and self.open[address] >= self.limits.per_address
            and not self._make_room(self.waiting.get(address, {}))
        ):
            return False
        if self.total >= self.most and not self._make_room(self.oldest):
            return False
        self.open[address] += 1
        self.total += 1
        return True

    def leave(self, leaving: "_Limited") -> None:
        """Count a connection no longer."""
        self.busy(leaving)
        self.total -= 1
        self.open[leaving.address] -= 1
        if not self.open[leaving.address]:
            del self.open[leaving.address]

    def wait(self, protocol: "_Limited") -> None:
        """Note that a connection waits for a request from now on."""
        self.oldest[protocol] = None
        self.waiting.setdefault(protocol.address, {})[protocol] = None

    def busy(self, protocol: "_Limited") -> None:
        """Note that a connection has a request, or none any more."""
        self.oldest.pop(protocol, None)
        of_address = self.waiting.get(protocol.address, {})
        of_address.pop(protocol, None)
        if not of_address:
            self.waiting.pop(protocol.address, None)

    def _make_room(self, waiting: "dict[_Limited, None]") -> bool:
        first = next(iter(waiting), None)
        if first is None:
            return False
        first.drop()
        return True


class _Limited(HttpToolsProtocol):
    """uvicorn's protocol within limits."""

    doors: Doors

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = site_of(self.client[0] if self.client else "")
        self._timer: Timer | None = None
        self._taking: Timer | None = None
        self._header_bytes = 0
        self._in_headers = True
        self._refused = False
        self._counted = self.doors.enter(self)
        if not self._counted:
            self._refuse(503)
            return
        self.doors.wait(self)
        self._give(self.doors.limits.headers_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timers()
        self._unset_keepalive_if_required()
        self._forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._in_headers:
            self._header_bytes += len(data)
        super().data_received(data)
        # Headers that are not complete yet lie in the parser, whose memory nobody else bounds.
        if self._in_headers and self._header_bytes > self.doors.limits.header_bytes and not self.transport.is_closing():
            self._refuse(431)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self._timer:  # the first request has had one since the connection was made
            self._give(self.doors.limits.headers_s)
        self._in_headers = True

    def on_headers_complete(self) -> None:
        self._in_headers = False
        self._header_bytes = 0
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.doors.limits.header_bytes:
            self._refuse(431)
            return
        self.doors.busy(self)
        super().on_headers_complete()
        self._give(self.doors.limits.body_s)

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._stop(self._timer)
        self._timer = None
        if not self._refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing() and not self.pipeline and self._counted:
            self.doors.wait(self)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stop(self._taking)
        self._taking = self.loop.call_later(self.doors.limits.taking_s, self.drop)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop(self._taking)

    def drop(self) -> None:
        """Close the connection at once, and count it no longer."""
        self._stop_timers()
        self._forget()
        self._refused = True
        self.transport.abort()

    def _forget(self) -> None:
        if self._counted:
            self._counted = False
            self.doors.leave(self)

    def _give(self, seconds: float) -> None:
        self._stop(self._timer)
        self._timer = self.loop.call_later(seconds, self._too_slow)

    def _too_slow(self) -> None:
        cycle = self.cycle
        answering = cycle is not None and cycle.response_started and not cycle.response_complete
        if answering or (self._in_headers and not self._header_bytes):
            self.drop()  # it has an answer already, or never asked
        else:
            self._refuse(408)

    def _refuse(self, status: int) -> None:
        """Say why in the status line alone, and close."""
        self._refused = True
        self._stop_timers()
        self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def _stop_timers(self) -> None:
        self._stop(self._timer)
        self._stop(self._taking)

    @staticmethod
    def _stop(timer: Timer | None) -> None:
        if timer:
            timer.cancel()


def limited_protocol(limits: ConnectionLimits) -> type[_Limited]:
    """Return the protocol of one server, all of whose connections are counted together."""
    return type("Limited", (_Limited,), {"doors": Doors(limits)})


def site_of(address: str) -> str:
    """Return what connections are counted by: an IPv4 address, or the site of an IPv6 address."""
    try:
        found: Any = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    found = getattr(found, "ipv4_mapped", None) or found
    return str(found) if found.version == 4 else f"{int(found) >> (128 - IPV6_SITE):x}/{IPV6_SITE}"
