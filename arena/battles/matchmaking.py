"""Matchmaking: draws the pair of a battle by a named policy, from the active contenders and the votes so far."""

import threading
import time
from collections.abc import Set

import numpy as np

from arena.db import queries
from arena.db.session import Session
from arena.errors import BadConfiguration, NotEnoughContenders, TooBusy
from arena.votes.running_tallies import RunningTallies
from leaderboard.sampling import POLICIES, Design, Draw, design

REFRESH_S = 10.0  # new votes change the design after this time at the latest; a new contender changes it at once


class Matchmaker:
    """Draws pairs. Safe to use from several threads.

    Args:
        policy: "uniform", or "informative" (newcomers first, then the order of the top, then the widest interval).
        seed: makes the draws repeatable.

    Raises:
        BadConfiguration: no policy has this name.
    """

    def __init__(self, policy: str, *, seed: int | None = None) -> None:
        if policy not in POLICIES:
            raise BadConfiguration(
                f"`{policy}` is no sampling policy.", hint=f"Set ARENA_SAMPLING to one of {', '.join(POLICIES)}."
            )
        self._policy = policy
        self._rng = np.random.default_rng(seed)
        self._lock = threading.Lock()
        self._tallies = RunningTallies()
        self._design: Design | None = None
        self._designed_at = 0.0

    def draw(self, session: Session, *, without: Set[str] = frozenset()) -> Draw:
        """Return two active contenders by slug, on random sides, and the probability of drawing this pair.

        Args:
            session: reads the contenders and votes.
            without: slugs that cannot answer at the moment.

        Raises:
            NotEnoughContenders: fewer than two are active.
            TooBusy: fewer than two can answer at the moment.
        """
        active = queries.active_slugs(session)
        pool = tuple(slug for slug in active if slug not in without)
        if len(pool) < 2 <= len(active):
            raise TooBusy("The assistants are all busy at the moment.", hint="Try again in a minute.")
        if len(pool) < 2:
            raise NotEnoughContenders(
                "A battle needs two active contenders.",
                hint="Maintainers: see `arena contenders list`, then `arena contenders activate`.",
            )
        with self._lock:
            if not self._fits(pool):
                self._design = design(self._policy, pool, self._tallies.read(session))
                self._designed_at = time.monotonic()
            assert self._design is not None
            return self._design.draw(self._rng)

    def _fits(self, pool: tuple[str, ...]) -> bool:
        known = self._design is not None and self._design.pool == pool
        return known and time.monotonic() - self._designed_at < REFRESH_S
