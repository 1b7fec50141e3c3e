"""A small world for tests: honest voters, and what is to be planted among them."""

from dataclasses import replace

import numpy as np

from leaderboard.simulation import random_pairs, simulated_votes
from leaderboard.suspicion.opened import OpenedBattles
from leaderboard.verdict import TIE, A

CONTENDERS = 6
STRENGTHS = np.linspace(-0.8, 0.8, CONTENDERS)


def honest(*, voters: int = 120, opened: int = 40, voted: float = 0.5, seed: int = 1, first: int = 0) -> OpenedBattles:
    """Return battles of honest voters, each on a day of its own choice."""
    rng = np.random.default_rng(seed)
    count = voters * opened
    pairs = random_pairs(CONTENDERS, count, rng)
    verdict = simulated_votes(STRENGTHS, pairs, rng).verdict
    outcome = np.where(verdict == TIE, 0.5, (verdict == A).astype(float))
    outcome[rng.random(count) > voted] = np.nan
    voter = np.repeat(np.arange(voters), opened)
    days = rng.integers(0, 20, voters)
    prompt = np.arange(count) + 1_000_000 * (first + 1)
    return OpenedBattles(
        CONTENDERS,
        pairs[:, 0],
        pairs[:, 1],
        voter + first,
        outcome,
        days[voter],
        {"network": voter + first, "prompt": prompt},
    )


def devoted(
    target: int, *, voters: int, opened: int, first: int, day: int | None = None, seed: int = 2
) -> OpenedBattles:
    """Return battles of voters who vote for `target` wherever they meet it, and on nothing else."""
    battles = honest(voters=voters, opened=opened, voted=1.0, seed=seed, first=first)
    outcome = np.where(battles.left == target, 1.0, np.where(battles.right == target, 0.0, np.nan))
    days = battles.first_seen if day is None else np.full(len(battles), day)
    return replace(battles, outcome=outcome, first_seen=days)


def together(*parts: OpenedBattles) -> OpenedBattles:
    """Return the battles of all parts."""

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(part, name) for part in parts])

    cohorts = {name: np.concatenate([part.cohorts[name] for part in parts]) for name in parts[0].cohorts}
    columns = [joined(name) for name in ("left", "right", "voter", "outcome", "first_seen")]
    return OpenedBattles(CONTENDERS, *columns, cohorts)
