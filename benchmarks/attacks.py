"""Attacks on the board, with and without the detectors, beside the bars that they are held to.

    python -m benchmarks.attacks                       every attack in 4 worlds
    python -m benchmarks.attacks --seeds 8 --first-seed 9000   other worlds than those that anything was tried on
    python -m benchmarks.attacks --other-world         more taste, fewer contenders, another distribution of votes
    python -m benchmarks.attacks --only burst          attacks with this in their name
    python -m benchmarks.attacks --million             what a million votes cost

Elo is the target's rating minus its rating by the honest votes alone: the mean over the worlds, and the largest in any.
Recall and precision are of identities that are held whole. Honest loss is the share of honest votes that are held; tilt
is the largest difference, over contenders, between the shares of honest wins and of honest losses that are held.
"""

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.attack_world import (
    Attack,
    Crowd,
    Played,
    World,
    against,
    always_left,
    at_random,
    crowd,
    omnipresent,
    play,
    targeted,
)
from leaderboard.suspicion.holds import find_holds, held
from leaderboard.suspicion.two_sided import needs_a_person, sides


@dataclass(frozen=True)
class Outcome:
    """What one attack in one world came to."""

    undefended: float
    defended: float
    anybody: float
    recall: float
    precision: float
    falsely: float
    honest_loss: float
    tilt: float
    alarms: int
    classroom_loss: int
    waiting: int
    seconds: float


@dataclass(frozen=True)
class Trial:
    """An attack and its bars.

    Attributes:
        name: what it is called in the table.
        attack: what is done, or None.
        bars: what must hold of the outcomes, each with its words.
        rival: whether the rating that counts is that of the contender above the target.
        classroom: students behind one address.
    """

    name: str
    attack: Attack | None
    bars: dict[str, Callable[[Sequence[Outcome]], bool]]
    rival: bool = False
    classroom: int = 0


def mean(outcomes: Sequence[Outcome], name: str) -> float:
    """Return the mean of one figure."""
    return float(np.mean([getattr(outcome, name) for outcome in outcomes]))


def elo(limit: float) -> dict[str, Callable[[Sequence[Outcome]], bool]]:
    """Return the bar on the mean shift of the target."""
    return {f"≤ {limit:g} Elo": lambda done: abs(mean(done, "defended")) <= limit}


def at_least(name: str, limit: float) -> dict[str, Callable[[Sequence[Outcome]], bool]]:
    """Return a bar on a mean that must not be below a limit."""
    return {f"{name} ≥ {limit:g}": lambda done: mean(done, name) >= limit}


def loss(limit: float) -> dict[str, Callable[[Sequence[Outcome]], bool]]:
    """Return the bar on honest votes lost."""
    return {f"lost ≤ {limit:.0%}": lambda done: mean(done, "honest_loss") <= limit}


def alarmed(share: float) -> dict[str, Callable[[Sequence[Outcome]], bool]]:
    """Return the bar on the share of worlds with an alarm."""
    return {f"alarm ≥ {share:.0%}": lambda done: np.mean([outcome.alarms > 0 for outcome in done]) >= share}


BURST = {"over": 2, "begin": 10}
HONEST_ELSEWHERE = {"elsewhere": 1.0, "camouflage": True}
QUIET = {
    "any ≤ 1 Elo": lambda done: max(outcome.anybody for outcome in done) <= 1,
    "false flags ≤ 1%": lambda done: mean(done, "falsely") <= 0.01,
    "alarms ≤ 0.05": lambda done: np.mean([outcome.alarms for outcome in done]) <= 0.05,
}
TRIALS = (
    Trial("none", None, QUIET | loss(0.01)),
    Trial(
        "none, 100 students behind one address",
        None,
        {"class lost 0": lambda done: all(outcome.classroom_loss == 0 for outcome in done)},
        classroom=100,
    ),
    Trial("always left 20×50", crowd(Crowd(), always_left), at_least("recall", 0.95)),
    Trial("at random 20×50", crowd(Crowd(), at_random), elo(5)),
    Trial(
        "targeted 20×50",
        crowd(Crowd(), targeted()),
        elo(5) | at_least("recall", 0.95) | at_least("precision", 0.85) | loss(0.01),
    ),
    Trial("targeted 20×20", crowd(Crowd(votes=20), targeted()), elo(10)),
    Trial("targeted 20×50, accuracy .8", crowd(Crowd(), targeted(0.8)), elo(7)),
    Trial("against the rival 20×50", crowd(Crowd(), against()), elo(5), rival=True),
    Trial("omnipresent 20×50", crowd(Crowd(), omnipresent()), elo(3) | at_least("recall", 0.9)),
    Trial("burst 200×5, 20 prompts", crowd(Crowd(200, 5, prompts=20, **BURST), targeted()), elo(5) | loss(0.02)),
    Trial("burst 1000×1, 20 prompts", crowd(Crowd(1000, 1, prompts=20, **BURST), targeted()), elo(5) | loss(0.02)),
    Trial("burst 200×5, fresh prompts", crowd(Crowd(200, 5, **BURST), targeted()), elo(5) | loss(0.02)),
    Trial("burst 200×5, accuracy .6", crowd(Crowd(200, 5, **BURST), targeted(0.6)), elo(5) | loss(0.02)),
    Trial("burst 200×5, omnipresent", crowd(Crowd(200, 5, **BURST), omnipresent()), elo(5) | loss(0.03)),
    Trial("slow 200×5, 20 prompts", crowd(Crowd(200, 5, prompts=20), targeted()), elo(8)),
    Trial("slow 200×5, fresh prompts", crowd(Crowd(200, 5), targeted()), {}),
    Trial("slow 200×5, one network", crowd(Crowd(200, 5, networks=1), targeted()), elo(8)),
    Trial("slow 1000×1, fresh prompts", crowd(Crowd(1000, 1), targeted()), {}),
    Trial("slow 200×5, omnipresent", crowd(Crowd(200, 5), omnipresent()), {}),
    Trial(
        "camouflaged burst 20×50", crowd(Crowd(20, 50, **BURST), targeted(**HONEST_ELSEWHERE)), alarmed(0.8) | elo(10)
    ),
    Trial(
        "camouflaged burst 200×5", crowd(Crowd(200, 5, **BURST), targeted(**HONEST_ELSEWHERE)), alarmed(0.8) | elo(10)
    ),
    Trial(
        "camouflaged burst 20×100", crowd(Crowd(20, 100, **BURST), targeted(**HONEST_ELSEWHERE)), alarmed(0.8) | elo(10)
    ),
    Trial("camouflaged slow 20×50", crowd(Crowd(), targeted(**HONEST_ELSEWHERE)), {}),
    Trial(
        "knows thresholds: slow, votes honestly on 4 in 10 others",
        crowd(Crowd(), targeted(elsewhere=0.4, camouflage=True)),
        {},
    ),
    Trial(
        "knows thresholds: 125×7 (too few votes to be judged), 45 % of others",
        crowd(Crowd(143, 7), targeted(elsewhere=0.45, camouflage=True)),
        {},
    ),
    Trial(
        "framing a rival: clumsy burst for it",
        crowd(Crowd(200, 5, prompts=20, **BURST), targeted(whom="rival")),
        elo(5),
        rival=True,
    ),
    Trial(
        "framing a rival: one clumsy network",
        crowd(Crowd(40, 25, networks=1, prompts=3), targeted(whom="rival")),
        elo(5),
        rival=True,
    ),
)
HEAD = (
    "attack",
    "undefended",
    "defended, mean (worst)",
    "anybody, worst",
    "recall",
    "precision",
    "falsely held",
    "honest loss",
    "tilt",
    "alarm",
    "waiting",
    "bars",
    "",
    "s CPU",
)
OTHER_WORLD = World(
    num_contenders=14,
    spread=90,
    taste=55,
    num_voters=1800,
    sigma_votes=1.3,
    mean_votes=10,
    vote_share=0.35,
    target_rank=7,
)


def run_trial(trial: Trial, world: World, seed: int) -> Outcome:
    """Return what the attack comes to in one world."""
    played = play(replace(world, classroom=trial.classroom), trial.attack, seed=seed)
    begun = time.process_time()
    holds = find_holds(played.battles)
    seconds = time.process_time() - begun
    applied = [hold for hold in holds if not needs_a_person(hold, played.battles)]
    return _outcome(played, trial, holds, applied, seconds)


def _outcome(played: Played, trial: Trial, holds: Sequence, applied: Sequence, seconds: float) -> Outcome:
    battles = played.battles
    taken = held(battles, applied)
    honest_elo = played.honest_elo
    shift, left = played.elo(np.ones(len(battles), bool)) - honest_elo, played.elo(~taken) - honest_elo
    order = np.argsort(-played.strengths)
    place = int(np.flatnonzero(order == played.target)[0])
    whom = int(order[max(0, place - 1)]) if trial.rival else played.target
    honest = np.zeros(battles.num_voters, bool)
    honest[battles.voter[played.honest]] = True
    judged = np.bincount(battles.voter[battles.voted], minlength=battles.num_voters) >= 10
    flagged = np.array([hold.label for hold in applied if hold.of == "voter"], dtype=int)
    cheats = np.count_nonzero(~honest)
    return Outcome(
        undefended=shift[whom],
        defended=left[whom],
        anybody=float(np.abs(left).max()),
        recall=np.count_nonzero(~honest[flagged]) / cheats if cheats else 1.0,
        precision=float((~honest[flagged]).mean()) if len(flagged) else 1.0,
        falsely=np.count_nonzero(honest[flagged]) / max(1, np.count_nonzero(honest & judged)),
        honest_loss=np.count_nonzero(taken & played.honest) / np.count_nonzero(battles.voted & played.honest),
        tilt=float(np.abs(sides(battles.where(played.honest), _among(applied, played)).tilt).max()),
        alarms=sum(hold.of != "voter" for hold in holds),
        classroom_loss=int(np.count_nonzero(taken & played.classroom)),
        waiting=len(holds) - len(applied),
        seconds=seconds,
    )


def _among(holds: Sequence, played: Played) -> list:
    """Return the honest part of the holds, by the places of the honest battles."""
    place = np.cumsum(played.honest) - 1
    return [replace(hold, votes=place[hold.votes[played.honest[hold.votes]]]) for hold in holds]


def print_row(trial: Trial, outcomes: Sequence[Outcome]) -> bool:
    """Print what an attack came to; return whether all bars hold."""
    failed = [words for words, holds in trial.bars.items() if not holds(outcomes)]
    worst = max((outcome.defended for outcome in outcomes), key=abs)
    verdict = ("**missed: " + ", ".join(failed) + "**") if failed else ("held" if trial.bars else "no bar")
    cells = (
        trial.name,
        f"{mean(outcomes, 'undefended'):+.1f}",
        f"{mean(outcomes, 'defended'):+.1f} ({worst:+.1f})",
        f"{max(outcome.anybody for outcome in outcomes):.1f}",
        f"{mean(outcomes, 'recall'):.2f}",
        f"{mean(outcomes, 'precision'):.2f}",
        f"{mean(outcomes, 'falsely'):.2%}",
        f"{mean(outcomes, 'honest_loss'):.2%}",
        f"{mean(outcomes, 'tilt'):.2%}",
        f"{np.mean([outcome.alarms > 0 for outcome in outcomes]):.0%}",
        f"{mean(outcomes, 'waiting'):.1f}",
        ", ".join(trial.bars) or "–",
        verdict,
        f"{mean(outcomes, 'seconds'):.1f}",
    )
    print(f"| {' | '.join(cells)} |", flush=True)
    return not failed


def print_cost() -> None:
    """Print what the detectors cost at a million votes."""
    played = play(World(num_voters=86_000, days=365), crowd(Crowd(200, 50, over=365), targeted()), seed=1)
    begun = time.process_time()
    holds = find_holds(played.battles)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{played.battles.voted.sum():,} votes, {len(played.battles):,} battles, {played.battles.num_voters:,} voters: "
        f"{time.process_time() - begun:.0f} s CPU, {peak:.1f} GiB "
        f"at the peak, {len(holds)} holds"
    )


def main() -> int:
    """Run the attacks and print the table; return 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=4, help="worlds for each attack (4)")
    parser.add_argument("--first-seed", type=int, default=1, help="of the first world; each next has the next seed (1)")
    parser.add_argument("--only", default="", help="attacks whose name contains this")
    parser.add_argument("--other-world", action="store_true", help="honest voters with other parameters")
    parser.add_argument("--million", action="store_true", help="only print what a million votes cost")
    args = parser.parse_args()
    if args.million:
        print_cost()
        return 0
    world = OTHER_WORLD if args.other_world else World()
    print(f"| {' | '.join(HEAD)} |\n|---{'|---:' * (len(HEAD) - 1)}|")
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    chosen = [trial for trial in TRIALS if args.only in trial.name]
    held_bars = [print_row(trial, [run_trial(trial, world, seed) for seed in seeds]) for trial in chosen]
    return 0 if all(held_bars) else 1


if __name__ == "__main__":
    raise SystemExit(main())
