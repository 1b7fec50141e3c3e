"""Servers: which of several servers may take the next request, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from generation.conversation import Backend
from generation.errors import BackendError, ContentFiltered, RateLimited, Rejected, TooLong
from generation.servers.pacing import Pace

_LONGEST_REST_S = 30.0
_MOST_DOUBLINGS = 60  # enough for the longest rest after any first one; a thousand would overflow a float
_LONGEST_WISH_S = 120.0


@dataclass(slots=True)
class Server:
    """One server of an endpoint, with `concurrency` requests at a time.

    After a failure it rests, twice as long each time. Then it takes a single request, which shows whether it works.
    """

    name: str
    backend: Backend
    concurrency: int
    first_rest_s: float
    pace: Pace = field(default_factory=Pace)
    busy: int = 0
    answered: bool = False
    outages: int = 0
    rests_until: float = 0.0

    def delay(self, tokens: float, *, now: float) -> float | None:
        """Return the seconds until it may take a request; None: not before another request ends."""
        if self.busy >= (1 if self.outages else self.concurrency):
            return None
        return max(0.0, self.rests_until - now, self.pace.delay(tokens, now=now))

    def take(self, tokens: float, *, now: float) -> None:
        """Count a request that is being sent."""
        self.busy += 1
        self.pace.take(tokens, now=now)

    def succeeded(self, *, rest_s: float, now: float) -> None:
        """Count an answer, after which the server wants to rest for `rest_s` (0: it does not)."""
        self.busy -= 1
        self.answered = True
        self.outages = 0
        self.rests_until = max(self.rests_until, now + rest_s)

    def failed(self, *, rest_s: float | None, now: float) -> None:
        """Count a failure. `rest_s` is the rest that the server asks for. A failure during a rest is no new outage."""
        self.busy -= 1
        if now >= self.rests_until:
            self.outages += 1
        own = min(_LONGEST_REST_S, self.first_rest_s * 2.0 ** min(self.outages - 1, _MOST_DOUBLINGS))
        self.rests_until = max(self.rests_until, now + max(own, min(rest_s or 0.0, _LONGEST_WISH_S)))

    def ended_with(self, error: BackendError, *, now: float) -> None:
        """Count a request that ended with `error`, as a failure of the server unless the request itself was wrong."""
        if isinstance(error, Rejected | ContentFiltered | TooLong):
            self.released()
        else:
            self.failed(rest_s=error.retry_after_s if isinstance(error, RateLimited) else None, now=now)

    def released(self) -> None:
        """Count a request whose end tells nothing about the server."""
        self.busy -= 1

    @property
    def is_gone(self) -> bool:
        """Whether it failed too often in a row to wait for it: 3 times if it has never answered, else 8 times."""
        return self.outages >= (8 if self.answered else 3)


@dataclass(frozen=True, slots=True)
class Wait:
    """A server, and the seconds until it may take a request."""

    server: Server
    delay_s: float


def soonest(servers: Sequence[Server], tokens: float, *, now: float) -> Wait | None:
    """Return the server that may take a request first, the least busy of several; None when all are full."""
    delays = ((server, server.delay(tokens, now=now)) for server in servers)
    waits = [Wait(server, delay) for server, delay in delays if delay is not None]
    return min(waits, key=lambda wait: (wait.delay_s, wait.server.busy / wait.server.concurrency), default=None)
