"""Pacing: requests and tokens a minute, learned from an endpoint's headers, as token buckets.

Nothing here sleeps or looks at a clock; `now` is seconds of any clock that does not go back.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "": 1.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|)")


@dataclass(slots=True)
class Bucket:
    """A token bucket: holds at most a minute's worth and fills evenly. Without a limit it is never empty."""

    per_minute: float | None = None
    level: float = 0.0
    filled_at: float = 0.0

    def __post_init__(self) -> None:
        self.level = self.per_minute or 0.0

    def delay(self, amount: float, *, now: float) -> float:
        """Return the seconds until `amount` is there. More than a minute's worth goes when the bucket is full."""
        if self.per_minute is None:
            return 0.0
        self._fill(now)
        return max(0.0, (min(amount, self.per_minute) - self.level) * 60 / self.per_minute)

    def take(self, amount: float, *, now: float) -> None:
        """Take `amount` out."""
        if self.per_minute is not None:
            self._fill(now)
            self.level -= amount

    def learn(self, *, per_minute: float, left: float, now: float) -> None:
        """Take over the limit that the endpoint reports, and how much of it is left."""
        if self.per_minute is None:
            self.level = left
        self.per_minute = per_minute
        self._fill(now)
        self.level = min(self.level, left)

    def _fill(self, now: float) -> None:
        assert self.per_minute is not None
        self.level = min(self.per_minute, self.level + (now - self.filled_at) * self.per_minute / 60)
        self.filled_at = now


@dataclass(slots=True)
class Pace:
    """What one server lets through: requests and tokens a minute."""

    requests: Bucket = field(default_factory=Bucket)
    tokens: Bucket = field(default_factory=Bucket)

    def delay(self, tokens: float, *, now: float) -> float:
        """Return the seconds until a request of this many tokens may be sent."""
        return max(self.requests.delay(1, now=now), self.tokens.delay(tokens, now=now))

    def take(self, tokens: float, *, now: float) -> None:
        """Count a request that is being sent."""
        self.requests.take(1, now=now)
        self.tokens.take(tokens, now=now)

    def learn(self, headers: Mapping[str, str], *, now: float) -> float:
        """Take over the limits in an answer's headers; return the seconds to rest where nothing is left of one.

        Reads `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` as OpenAI, Azure, Groq and others send them.
        """
        rest = 0.0
        for name, bucket in (("requests", self.requests), ("tokens", self.tokens)):
            limit, left = (_number(headers.get(f"x-ratelimit-{key}-{name}", "")) for key in ("limit", "remaining"))
            if limit:
                bucket.learn(per_minute=limit, left=limit if left is None else left, now=now)
                if left == 0:
                    rest = max(rest, seconds(headers.get(f"x-ratelimit-reset-{name}", "")))
        return rest


def seconds(duration: str) -> float:
    """Return the seconds in a duration such as "6m0s", "20ms" or "12", or 0 where it is none."""
    if not re.fullmatch(f"({_DURATION.pattern})+", duration):
        return 0.0
    return sum(float(number) * _UNITS_S[unit] for number, unit in _DURATION.findall(duration))


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None
