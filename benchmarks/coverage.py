"""How often the 95 % intervals hold the truth, for newcomers with few votes and for the field.

    python benchmarks/coverage.py [--boards 2000]

Twenty contenders of whom 19 share 20,000 votes (true standard deviation 104 Elo, 20 % ties), and a newcomer with a few
votes. Seeded. Prints a Markdown table; the last column is the noise of the simulation itself.
"""

import argparse
import math

import numpy as np

from leaderboard import Ranking, Status, Tallies, rank
from leaderboard.arrays import FloatArray, IntArray
from leaderboard.scale import CENTRE, ELO_PER_NAT
from leaderboard.simulation import random_pairs, simulated_votes

NUM_CONTENDERS = 20
HISTORY = 20_000
TRUE_SD = 104 / ELO_PER_NAT
NEWCOMER_VOTES = (10, 20, 50, 100, 500)
# Ratings of these are relative to the mean of the others.
APART = {Status.UNBEATEN, Status.WINLESS, Status.ONE_WAY, Status.NOT_ENOUGH_DATA}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boards", type=int, default=2000)
    boards = parser.parse_args().boards

    print("| newcomer's votes | newcomer | field | newcomer's median width, Elo | ± |")
    print("|---:|---:|---:|---:|---:|")
    for number in NEWCOMER_VOTES:
        rng = np.random.default_rng(number)
        newcomer, field, widths = zip(*(_board(number, rng) for _ in range(boards)), strict=True)
        noise = 1.96 * math.sqrt(0.95 * 0.05 / boards)
        print(
            f"| {number} | {np.mean(newcomer):.1%} | {np.mean(field):.1%} | {np.median(widths):.0f} | {noise:.1%} |",
            flush=True,
        )


def _board(newcomer_votes: int, rng: np.random.Generator) -> tuple[bool, float, float]:
    """Return whether the newcomer's interval held, the share of the others' that did, and the newcomer's width."""
    strengths = rng.normal(0, TRUE_SD, NUM_CONTENDERS)
    history = random_pairs(NUM_CONTENDERS - 1, HISTORY, rng)
    votes = simulated_votes(strengths, np.concatenate([history, _newcomer_s(newcomer_votes, rng)]), rng)
    ranking = rank(Tallies.from_votes(votes))
    truth = dict(zip(votes.contenders, _true_ratings(strengths, votes.contenders, ranking), strict=True))
    held = {s.contender: s.lower <= truth[s.contender] <= s.upper for s in ranking.standings}
    newcomer = votes.contenders[-1]
    width = next(s.upper - s.lower for s in ranking.standings if s.contender == newcomer)
    return held.pop(newcomer), float(np.mean(list(held.values()))), width


def _newcomer_s(number: int, rng: np.random.Generator) -> IntArray:
    opponents = rng.integers(0, NUM_CONTENDERS - 1, number)
    return rng.permuted(np.stack([opponents, np.full(number, NUM_CONTENDERS - 1)], axis=1), axis=1)


def _true_ratings(strengths: FloatArray, names: tuple[str, ...], ranking: Ranking) -> FloatArray:
    apart = {s.contender for s in ranking.standings if s.status in APART}
    mean = np.mean([strength for strength, name in zip(strengths, names, strict=True) if name not in apart])
    return CENTRE + ELO_PER_NAT * (strengths - mean)


if __name__ == "__main__":
    main()
