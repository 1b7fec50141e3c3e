"""How many votes each sampling policy needs: to a narrow interval for a newcomer, and to the order of the top.

    python benchmarks/sampling.py [--seeds 12]

Thirty contenders, true standard deviation 104 Elo, 20 % ties. A newcomer joins 29 that share 120,000 votes; the top
five are told apart from a cold start. Policies see votes only. Prints medians over the seeds as a Markdown table.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from leaderboard import Tallies, rank
from leaderboard.arrays import FloatArray
from leaderboard.estimate import Estimate, critical_value
from leaderboard.sampling import Design, design
from leaderboard.scale import ELO_PER_NAT
from leaderboard.simulation import random_pairs, simulated_votes

NUM_CONTENDERS = 30
TRUE_SD = 104 / ELO_PER_NAT
HISTORY = 120_000
TOP = 5
NEWCOMER_WIDTHS = (60, 40, 30, 25)
TOP_WIDTH = 30
# Votes between two looks at the board: a twentieth of the votes so far, within bounds.
FIRST_LOOK, LAST_LOOK = 25, 500

Policy = Callable[[tuple[str, ...], Tallies], Design]
POLICIES: dict[str, Policy] = {
    "uniform": partial(design, "uniform"),
    "informative": partial(design, "informative"),
    "informative, no cap": partial(design, "informative", max_share=1.0),
    "informative, cap 50 %": partial(design, "informative", max_share=0.5),
    "informative, cap 20 %": partial(design, "informative", max_share=0.2),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=12)
    seeds = range(parser.parse_args().seeds)

    widths = " | ".join(f"newcomer {width}" for width in NEWCOMER_WIDTHS)
    print(f"| policy | {widths} | of uniform | top {TOP} to {TOP_WIDTH} | of uniform | ms a design |")
    print("|---|" + "---:|" * (len(NEWCOMER_WIDTHS) + 4))
    base: list[float] = []
    for name, policy in POLICIES.items():
        newcomer = np.median([votes_for_newcomer(policy, seed) for seed in seeds], axis=0)
        top = float(np.median([votes_for_top(policy, seed) for seed in seeds]))
        base = base or [newcomer[-1], top]
        figures = " | ".join(f"{votes:,.0f}" for votes in newcomer)
        shares = f"1/{base[0] / newcomer[-1]:.1f} | {top:,.0f} | 1/{base[1] / top:.1f}"
        print(f"| {name} | {figures} | {shares} | {milliseconds_a_design(policy):.1f} |", flush=True)


def votes_for_newcomer(policy: Policy, seed: int) -> list[int]:
    """Return the votes after which the newcomer's interval was as narrow as each of the widths."""
    rng = np.random.default_rng(seed)
    strengths = rng.normal(0, TRUE_SD, NUM_CONTENDERS)
    history = Tallies.from_votes(simulated_votes(strengths, random_pairs(NUM_CONTENDERS - 1, HISTORY, rng), rng))
    newcomer = history.contenders[-1]

    def width(tallies: Tallies) -> float:
        return next((s.upper - s.lower for s in rank(tallies).standings if s.contender == newcomer), np.inf)

    return _votes_until(history, strengths, policy, rng, width, NEWCOMER_WIDTHS)


def votes_for_top(policy: Policy, seed: int) -> int:
    """Return the votes, from none, after which all differences within the true top were known well enough."""
    rng = np.random.default_rng(seed)
    strengths = rng.normal(0, TRUE_SD, NUM_CONTENDERS)
    nothing = Tallies.from_votes(simulated_votes(strengths, random_pairs(NUM_CONTENDERS, 0, rng), rng))
    top = {nothing.contenders[place] for place in np.argsort(-strengths)[:TOP]}

    def width(tallies: Tallies) -> float:
        return _widest_difference(rank(tallies).boards[0], top)

    return _votes_until(nothing, strengths, policy, rng, width, [TOP_WIDTH])[0]


def _widest_difference(board: Estimate, names: set[str]) -> float:
    places = [place for place, name in enumerate(board.contenders) if name in names]
    if len(places) < len(names):
        return np.inf
    return 2 * critical_value(0.95) * float(board.difference_errors[np.ix_(places, places)].max())


def _votes_until(
    tallies: Tallies,
    strengths: FloatArray,
    policy: Policy,
    rng: np.random.Generator,
    width: Callable[[Tallies], float],
    goals: tuple[float, ...] | list[float],
) -> list[int]:
    reached: list[int] = []
    votes = 0
    while len(reached) < len(goals):
        batch = int(np.clip(votes // 20, FIRST_LOOK, LAST_LOOK))
        tallies = _with_votes(tallies, strengths, policy(tallies.contenders, tallies), batch, rng)
        votes += batch
        now = width(tallies)
        while len(reached) < len(goals) and now <= goals[len(reached)]:
            reached.append(votes)
    return reached


def _with_votes(
    tallies: Tallies, strengths: FloatArray, made: Design, number: int, rng: np.random.Generator
) -> Tallies:
    first, second = np.triu_indices(len(strengths), k=1)
    drawn = rng.choice(len(first), size=number, p=made.probabilities[first, second])
    pairs = rng.permuted(np.stack([first[drawn], second[drawn]], axis=1), axis=1)
    more = Tallies.from_votes(simulated_votes(strengths, pairs, rng))
    return Tallies(tallies.contenders, tallies.counts + more.counts)


def milliseconds_a_design(policy: Policy) -> float:
    """Return the CPU time of one design for 200 contenders."""
    rng = np.random.default_rng(0)
    tallies = Tallies.from_votes(simulated_votes(rng.normal(0, TRUE_SD, 200), random_pairs(200, 200_000, rng), rng))
    begin = time.process_time()
    for _ in range(5):
        policy(tallies.contenders, tallies)
    return (time.process_time() - begin) / 5 * 1000


if __name__ == "__main__":
    main()
