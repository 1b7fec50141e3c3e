"""How often the 95 % intervals hold the truth: for newcomers with few votes, for the field, and with few raters.

    python benchmarks/coverage.py [--boards 2000] [--only newcomers|raters|prompts|ranks]

*Newcomers*: twenty contenders of whom 19 share 20,000 votes (true standard deviation 104 Elo, 20 % ties), and a
newcomer with a few votes. *Raters*: two contenders, or four, judged by a few raters who like a contender by a taste of
their own, or do not. *Prompts*: raters and prompts both have a taste. *Ranks*: how often a rank set of eight equals is
wrong, where all are to hold at once. Seeded. Prints Markdown tables; the last column is the simulation's own noise.
"""

import argparse
import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from leaderboard import Ranking, Status, Tallies, Votes, rank
from leaderboard.arrays import FloatArray, IntArray
from leaderboard.bradley_terry import logistic
from leaderboard.clusters import cluster_robust
from leaderboard.errors import NotEstimable
from leaderboard.rank_sets import rank_sets
from leaderboard.scale import CENTRE, ELO_PER_NAT
from leaderboard.simulation import random_pairs, simulated_votes
from leaderboard.verdict import TIE, A, B

NUM_CONTENDERS = 20
HISTORY = 20_000
TRUE_SD = 104 / ELO_PER_NAT
NEWCOMER_VOTES = (10, 20, 50, 100, 500)
# Ratings of these are relative to the mean of the others.
APART = {Status.UNBEATEN, Status.WINLESS, Status.ONE_WAY, Status.NOT_ENOUGH_DATA}
RATERS = (3, 5, 10, 40)
# Standard deviations of a rater's taste, in log odds: none, one that 252 votes hardly show, and plain ones.
TASTES = (0.0, 0.2, 0.4, 0.8)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boards", type=int, default=2000)
    parser.add_argument("--only", choices=PARTS, help="one table")
    args = parser.parse_args()
    for name, part in PARTS.items():
        if args.only in (None, name):
            part(args.boards)
            print()


def newcomers(boards: int) -> None:
    """Print how often intervals of newcomers and of the field hold."""
    print("| newcomer's votes | newcomer | field | newcomer's median width, Elo | ± |")
    print("|---:|---:|---:|---:|---:|")
    for number in NEWCOMER_VOTES:
        rng = np.random.default_rng(number)
        newcomer, field, widths = zip(*(_board(number, rng) for _ in range(boards)), strict=True)
        shares = f"{np.mean(newcomer):.1%} | {np.mean(field):.1%}"
        print(f"| {number} | {shares} | {np.median(widths):.0f} | {_noise(boards)} |", flush=True)


def raters(boards: int) -> None:
    """Print how often intervals of a difference hold with few raters, clustered by rater and not at all."""
    print("| raters | contenders | votes | ties | " + " | ".join(f"taste {taste}" for taste in TASTES) + " | ± |")
    print("|---:|---:|---:|---:|" + "---:|" * len(TASTES) + "---:|")
    designs = [(2, 60, 0.2), (2, 252, 0.2), (2, 252, 0.6), (4, 252, 0.2)]
    for contenders, size, ties in designs:
        for number in RATERS:
            cells = []
            for taste in TASTES:
                rng = np.random.default_rng([number, contenders, size, round(100 * ties), round(10 * taste)])
                found = [_judged(rng, number, contenders, size, taste, tie_rate=ties) for _ in range(boards)]
                cells.append("{:.1%} ({:.0%})".format(*np.mean([held for held in found if held], axis=0)))
            row = f"| {number} | {contenders} | {size} | {ties:.0%} | {' | '.join(cells)} | {_noise(boards)} |"
            print(row, flush=True)
    print("\nIn brackets: the intervals of independent votes.")


def prompts(boards: int) -> None:
    """Print how often intervals hold where raters and prompts both have a taste and all rate the same prompts."""
    print("| raters | prompts | raters and prompts | rater only | prompt only | ± |")
    print("|---:|---:|---:|---:|---:|---:|")
    for number, items in ((3, 100), (5, 50), (5, 100), (10, 100), (20, 40)):
        rng = np.random.default_rng([number, items])
        found = [_crossed(rng, number, items) for _ in range(boards)]
        cells = " | ".join(f"{share:.1%}" for share in np.mean(found, axis=0))
        print(f"| {number} | {items} | {cells} | {_noise(boards)} |", flush=True)


def ranks(boards: int) -> None:
    """Print how often a rank set of eight contenders is wrong anywhere, where all sets are to hold at once."""
    print("| raters | votes | " + " | ".join(f"taste {taste}" for taste in TASTES) + " | ± |")
    print("|---:|---:|" + "---:|" * len(TASTES) + "---:|")
    for number in RATERS:
        cells = []
        for taste in TASTES:
            rng = np.random.default_rng([8, number, round(10 * taste)])
            cells.append(f"{np.mean([_misranked(rng, number, taste) for _ in range(boards)]):.1%}")
        print(f"| {number} | 1000 | {' | '.join(cells)} | {_noise(boards)} |", flush=True)


PARTS: dict[str, Callable[[int], None]] = {
    "newcomers": newcomers,
    "raters": raters,
    "prompts": prompts,
    "ranks": ranks,
}


def _noise(boards: int) -> str:
    return f"{1.96 * math.sqrt(0.95 * 0.05 / boards):.1%}"


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


def _judged(
    rng: np.random.Generator, number: int, contenders: int, size: int, taste: float, *, tie_rate: float
) -> tuple[bool, bool] | None:
    """Return whether the interval of two equals held, by clusters and for independent votes; None if there is none."""
    votes = tasteful_votes(
        rng, random_pairs(contenders, size, rng), np.arange(size) % number, np.zeros(contenders), taste, tie_rate
    )
    try:
        estimate = cluster_robust(votes, votes.extra[["rater"]])
    except NotEstimable:
        return None
    gap = estimate.difference(*estimate.contenders[:2])
    return abs(gap.value) <= gap.margin(), abs(gap.value) <= 1.96 * math.sqrt(gap.error**2 - gap.added[0].variance)


def tasteful_votes(
    rng: np.random.Generator,
    pairs: IntArray,
    rater: IntArray,
    strengths: FloatArray,
    taste: float,
    tie_rate: float,
    *,
    prompt: IntArray | None = None,
) -> Votes:
    """Return votes of raters each of whom likes every contender a little more or less than its strength says.

    Where prompts are given, they have such a taste as well.
    """
    liked = strengths + rng.normal(0, taste / math.sqrt(2), (rater.max() + 1, len(strengths)))[rater]
    if prompt is not None:
        liked = liked + rng.normal(0, taste / math.sqrt(2), (prompt.max() + 1, len(strengths)))[prompt]
    row = np.arange(len(pairs))
    chance = logistic(liked[row, pairs[:, 0]] - liked[row, pairs[:, 1]])
    tie = np.minimum(tie_rate, 2 * np.minimum(chance, 1 - chance))
    drawn = rng.random(len(pairs))
    verdict = np.where(drawn < tie, TIE, np.where(drawn < chance + tie / 2, A, B)).astype(np.int8)
    names = tuple(f"contender-{place}" for place in range(len(strengths)))
    shared = pd.DataFrame({"rater": rater} | ({} if prompt is None else {"prompt": prompt}))
    return Votes(names, pairs[:, 0].astype(np.int32), pairs[:, 1].astype(np.int32), verdict, shared)


def _crossed(rng: np.random.Generator, number: int, items: int) -> tuple[bool, bool, bool]:
    rater, prompt = np.repeat(np.arange(number), items), np.tile(np.arange(items), number)
    pairs = random_pairs(2, number * items, rng)
    votes = tasteful_votes(rng, pairs, rater, np.zeros(2), 0.6, 0.2, prompt=prompt)
    ways = (["rater", "prompt"], ["rater"], ["prompt"])
    gaps = [cluster_robust(votes, votes.extra[way]).difference(*votes.contenders) for way in ways]
    held = [abs(gap.value) <= gap.margin() for gap in gaps]
    return held[0], held[1], held[2]


def _misranked(rng: np.random.Generator, number: int, taste: float) -> bool:
    strengths = np.zeros(8)  # of equals every rank is right, so any set that leaves one out is wrong
    votes = tasteful_votes(rng, random_pairs(8, 1000, rng), np.arange(1000) % number, strengths, taste, 0.2)
    sets = rank_sets(cluster_robust(votes, votes.extra[["rater"]]), at_once=True)
    return bool((sets.best > 1).any() or (sets.worst < 8).any())


if __name__ == "__main__":
    main()
