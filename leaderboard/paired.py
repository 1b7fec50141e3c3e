"""Two sides compared on prompts with several votes each: votes on one prompt depend on each other, prompts do not.

Ties count as half a win to each side, "both bad" likewise.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np

from leaderboard.arrays import FloatArray, IntArray

SEED = 20261122  # the same votes give the same interval
RESAMPLES = 4000
AT_A_TIME = 1 << 20  # drawn prompts


@dataclass(frozen=True, slots=True)
class PromptCounts:
    """The votes on one prompt: those for the first side, ties of both kinds, and those for the second."""

    won: int
    tied: int
    lost: int

    @property
    def votes(self) -> int:
        """All of them."""
        return self.won + self.tied + self.lost


@dataclass(frozen=True, slots=True)
class WinShare:
    """The first side's share of all votes, ties as half a win.

    Attributes:
        value: the share, 0 to 1.
        lower, upper: its interval by resampling prompts; None with fewer than two prompts.
        prompts: how many prompts it rests on.
    """

    value: float
    lower: float | None
    upper: float | None
    prompts: int


def by_prompt(votes: Iterable[tuple[Hashable, float]]) -> tuple[PromptCounts, ...]:
    """Return the counts of each prompt from (prompt, score of the first side: 1, 0 or ½), in the order of prompts."""
    found: dict[Hashable, list[int]] = {}
    for prompt, score in votes:
        found.setdefault(prompt, [0, 0, 0])[round(2 - 2 * score)] += 1
    return tuple(PromptCounts(*counts) for counts in found.values())


def win_share(prompts: Iterable[PromptCounts], *, level: float = 0.95, seed: int = SEED) -> WinShare | None:
    """Return the first side's share with a percentile interval over resampled prompts; None without votes."""
    voted = [prompt for prompt in prompts if prompt.votes]
    if not voted:
        return None
    scores = np.array([prompt.won + prompt.tied / 2 for prompt in voted])
    votes = np.array([prompt.votes for prompt in voted], dtype=np.float64)
    value = float(scores.sum() / votes.sum())
    if len(voted) < 2:
        return WinShare(value, None, None, len(voted))
    low, high = np.quantile(_resampled(scores, votes, seed), [(1 - level) / 2, (1 + level) / 2]).tolist()
    return WinShare(value, low, high, len(voted))


def sign_flips(prompts: Iterable[PromptCounts]) -> float:
    """Return the p-value of equal sides, two-sided: a prompt's votes would as likely have gone the other way.

    Exact: the sum of all prompts' differences is an integer, so its distribution over all flips is a convolution.
    1 without a prompt that leans to a side.
    """
    signed = [prompt.won - prompt.lost for prompt in prompts]
    leans = [abs(lean) for lean in signed if lean]
    total = sum(leans)
    # chance[k] belongs to a sum of k - total
    chance = np.zeros(2 * total + 1)
    chance[total] = 1.0
    reached = 0
    for lean in leans:
        moved = np.zeros_like(chance)
        inside = slice(total - reached, total + reached + 1)
        for shift in (-lean, lean):
            moved[inside.start + shift : inside.stop + shift] += chance[inside] / 2
        chance, reached = moved, reached + lean
    observed = abs(sum(signed))
    return min(1.0, float(chance[np.abs(np.arange(-total, total + 1)) >= observed].sum()))


def _resampled(scores: FloatArray, votes: FloatArray, seed: int) -> FloatArray:
    rng = np.random.default_rng(seed)
    number = len(scores)
    step = max(1, AT_A_TIME // number)
    parts = []
    for begin in range(0, RESAMPLES, step):
        drawn: IntArray = rng.integers(0, number, (min(step, RESAMPLES - begin), number))
        parts.append(scores[drawn].sum(axis=1) / votes[drawn].sum(axis=1))
    return np.concatenate(parts)
