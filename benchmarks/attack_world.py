"""A world of honest voters with tastes, and attackers in it: votes of which it is known who was honest.

The honest half follows a published protocol in outline: strengths are normal, everybody has tastes and prefers one side
a little, most battles get no vote, some prompts are common. Attackers recognise their target with a given accuracy.
Nothing here knows the detectors.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from leaderboard.arrays import BoolArray, FloatArray, IntArray
from leaderboard.bradley_terry import fit, logistic, win_probabilities
from leaderboard.scale import ELO_PER_NAT
from leaderboard.suspicion.opened import OpenedBattles
from leaderboard.tallies import Record

Rng = np.random.Generator


@dataclass(frozen=True)
class World:
    """Parameters of the honest half.

    Attributes:
        num_contenders: how many compete.
        spread: standard deviation of strengths, in Elo.
        num_voters: honest identities.
        days: over which they come.
        mean_votes: of an honest identity; the distribution is log-normal and ends at `most_votes`.
        taste: standard deviation of each voter's own taste for each contender, in Elo.
        side: mean and standard deviation of the preference for the left, in log odds.
        vote_share: share of battles that get a vote.
        abandonment: standard deviation of the log of a contender's influence on that share.
        common: share of prompts that come from the common ones, and how many of these there are.
        classroom: so many of the voters sit behind one address and come on one day with the same ten prompts.
    """

    num_contenders: int = 20
    spread: float = 120.0
    num_voters: int = 1500
    days: int = 30
    mean_votes: float = 11.7
    sigma_votes: float = 1.0
    most_votes: int = 300
    taste: float = 40.0
    side: tuple[float, float] = (0.04, 0.15)
    vote_share: float = 0.45
    abandonment: float = 0.12
    common: tuple[float, int] = (0.07, 500)
    ties: tuple[float, float] = (0.08, 0.25)
    classroom: int = 0
    target_rank: int = 10


@dataclass(frozen=True, eq=False)
class Played:
    """All battles of a world, with who was honest.

    Attributes:
        battles: as the detectors see them.
        honest: whether the voter of a battle is honest [N].
        classroom: whether the voter sits in the classroom [N].
        strengths: the true ones, in natural units [M].
        target: the contender that attackers want to rise.
    """

    battles: OpenedBattles
    honest: BoolArray
    classroom: BoolArray
    strengths: FloatArray
    target: int

    def elo(self, kept: BoolArray) -> FloatArray:
        """Return the ratings by the kept votes, in Elo around zero [M]."""
        battles = self.battles.where(kept & self.battles.voted)
        return ratings(battles)

    @property
    def honest_elo(self) -> FloatArray:
        """The ratings by the honest votes alone [M]."""
        return self.elo(self.honest)


def ratings(battles: OpenedBattles) -> FloatArray:
    """Return plain Bradley–Terry ratings, in Elo around zero [M]."""
    size = battles.num_contenders
    score = np.zeros((size, size))
    np.add.at(score, (battles.left, battles.right), battles.outcome)
    np.add.at(score, (battles.right, battles.left), 1 - battles.outcome)
    return ELO_PER_NAT * fit(Record(wins=score, ties=np.zeros_like(score))).strengths


@dataclass
class Rows:
    """Battles while they are made, column by column."""

    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    voter: list[int] = field(default_factory=list)
    outcome: list[float] = field(default_factory=list)
    first_seen: list[int] = field(default_factory=list)
    network: list[int] = field(default_factory=list)
    prompt: list[int] = field(default_factory=list)

    def add(
        self, pair: tuple[int, int], *, voter: int, outcome: float, first_seen: int, network: int, prompt: int
    ) -> None:
        """Add one battle."""
        for column, value in zip(
            (self.left, self.right, self.voter, self.outcome, self.first_seen, self.network, self.prompt),
            (*pair, voter, outcome, first_seen, network, prompt),
            strict=True,
        ):
            column.append(value)


class Fresh:
    """Numbers for voters, networks and prompts that nobody else has."""

    def __init__(self, start: int) -> None:
        self._next = start

    def __call__(self) -> int:
        """Return the next number."""
        self._next += 1
        return self._next - 1


@dataclass
class Stage:
    """A world in the making, which an attack adds its battles to."""

    world: World
    strengths: FloatArray
    chance: FloatArray  # that the row beats the column [M, M]
    target: int
    rng: Rng
    rows: Rows
    fresh: Fresh

    def pair(self) -> tuple[int, int]:
        """Return a pair drawn uniformly."""
        left = int(self.rng.integers(self.world.num_contenders))
        other = int(self.rng.integers(1, self.world.num_contenders))
        return left, (left + other) % self.world.num_contenders

    def honest_outcome(self, pair: tuple[int, int], *, lean: float = 0.0) -> float:
        """Return what an honest person says; `lean` is a preference for the left, in log odds."""
        left, right = pair
        gap = self.strengths[left] - self.strengths[right] + lean
        return float(outcomes(np.array([gap]), self.world.ties, self.rng)[0])


def outcomes(gap: FloatArray, ties: tuple[float, float], rng: Rng) -> FloatArray:
    """Return one outcome for each gap in log odds [N]. A tie takes equally much from the chance of a win and a loss."""
    chance = logistic(gap)
    likely = 2 * np.minimum(chance, 1 - chance)
    tie = np.minimum(ties[0] + ties[1] * likely, likely)
    drawn = rng.random(len(gap))
    return np.where(drawn < tie, 0.5, np.where(drawn < chance + tie / 2, 1.0, 0.0))


Attack = Callable[[Stage], None]


def play(world: World, attack: Attack | None, *, seed: int) -> Played:
    """Return all battles of the honest voters and of the attack."""
    rng = np.random.default_rng(seed)
    strengths = rng.normal(0, world.spread / ELO_PER_NAT, world.num_contenders)
    strengths -= strengths.mean()
    honest = _honest(world, strengths, rng)
    target = int(np.argsort(-strengths)[world.target_rank - 1])
    stage = Stage(world, strengths, win_probabilities(strengths), target, rng, Rows(), Fresh(10_000_000))
    if attack:
        attack(stage)
    extra = _battles(stage.rows, world.num_contenders)
    everything = _joined(honest, extra)
    is_honest = np.arange(len(everything)) < len(honest)
    student = everything.voter < world.classroom
    _, voter = np.unique(everything.voter, return_inverse=True)
    return Played(replace(everything, voter=voter), is_honest, student, strengths, target)


def _honest(world: World, strengths: FloatArray, rng: Rng) -> OpenedBattles:
    size, voters = world.num_contenders, world.num_voters
    mu = np.log(world.mean_votes) - world.sigma_votes**2 / 2
    wanted = np.clip(rng.lognormal(mu, world.sigma_votes, voters), 1, world.most_votes)
    opened = np.maximum(1, np.round(wanted / world.vote_share)).astype(np.int64)
    voter = np.repeat(np.arange(voters), opened)
    count = len(voter)
    left = rng.integers(0, size, count)
    right = (left + rng.integers(1, size, count)) % size
    taste = rng.normal(0, world.taste / ELO_PER_NAT, (voters, size))
    lean = rng.normal(*world.side, voters)
    gap = strengths[left] - strengths[right] + taste[voter, left] - taste[voter, right] + lean[voter]
    outcome = outcomes(gap, world.ties, rng)
    pull = np.exp(rng.normal(0, world.abandonment, size))
    outcome[rng.random(count) >= np.minimum(world.vote_share * pull[left] * pull[right], 1)] = np.nan
    first_seen = rng.integers(0, world.days, voters)
    # Six in ten have a network of their own; the others share some large ones.
    shared = (100 * rng.random(voters) ** 2).astype(np.int64)
    network = np.where(rng.random(voters) < 0.6, 1000 + np.arange(voters), shared)
    share, known = world.common
    common = rng.random(count) < share
    prompt = np.where(common, (known * rng.random(count) ** 1.5).astype(np.int64), 1000 + np.arange(count))
    if world.classroom:
        sits = voter < world.classroom
        first_seen[: world.classroom] = world.days // 2
        network[: world.classroom] = 500
        prompt[sits] = 600 + rng.integers(0, 10, int(sits.sum()))
    return OpenedBattles(
        size,
        left,
        right,
        voter,
        outcome,
        first_seen[voter],
        {"network": network[voter], "prompt": prompt},
    )


def _battles(rows: Rows, num_contenders: int) -> OpenedBattles:
    return OpenedBattles(
        num_contenders,
        np.array(rows.left, dtype=np.int64),
        np.array(rows.right, dtype=np.int64),
        np.array(rows.voter, dtype=np.int64),
        np.array(rows.outcome, dtype=np.float64),
        np.array(rows.first_seen, dtype=np.int64),
        {"network": np.array(rows.network, dtype=np.int64), "prompt": np.array(rows.prompt, dtype=np.int64)},
    )


def _joined(first: OpenedBattles, second: OpenedBattles) -> OpenedBattles:
    def both(name: str) -> IntArray:
        return np.concatenate([getattr(first, name), getattr(second, name)])

    cohorts = {name: np.concatenate([label, second.cohorts[name]]) for name, label in first.cohorts.items()}
    columns = [both(name) for name in ("left", "right", "voter", "outcome", "first_seen")]
    return OpenedBattles(first.num_contenders, *columns, cohorts)


@dataclass(frozen=True)
class Crowd:
    """How the identities of an attack look from outside.

    Attributes:
        identities: how many there are.
        votes: of each.
        over: days over which they come; they begin on day `begin`.
        prompts: how many prompts they share; 0 for a new one each time.
        networks: how many networks they share; 0 for one each.
    """

    identities: int = 20
    votes: int = 50
    over: int = 30
    begin: int = 0
    prompts: int = 0
    networks: int = 0


# What an attacker does with a battle: an outcome, or nothing for no vote.
Vote = Callable[[Stage, tuple[int, int]], float | None]


def crowd(of: Crowd, vote: Vote) -> Attack:
    """Return an attack in which each identity opens battles until it has its votes."""

    def attack(stage: Stage) -> None:
        networks = [stage.fresh() for _ in range(of.networks)]
        prompts = [stage.fresh() for _ in range(of.prompts)]
        for _ in range(of.identities):
            voter = stage.fresh()
            day = of.begin + int(stage.rng.integers(of.over))
            network = networks[stage.rng.integers(of.networks)] if networks else stage.fresh()
            left_to_cast = of.votes
            while left_to_cast:
                pair = stage.pair()
                verdict = vote(stage, pair)
                prompt = prompts[stage.rng.integers(of.prompts)] if prompts else stage.fresh()
                outcome = np.nan if verdict is None else verdict
                stage.rows.add(pair, voter=voter, outcome=outcome, first_seen=day, network=network, prompt=prompt)
                left_to_cast -= verdict is not None

    return attack


def seen_side(stage: Stage, pair: tuple[int, int], accuracy: float, target: int | None = None) -> int | None:
    """Return the side on which an imperfect recogniser sees the target: 0, 1, or None for neither."""
    target = stage.target if target is None else target
    right = stage.rng.random() < accuracy
    if target in pair:
        return pair.index(target) if right else None
    return None if right else int(stage.rng.integers(2))


def targeted(accuracy: float = 0.95, *, elsewhere: float = 0.0, camouflage: bool = False, whom: str = "target") -> Vote:
    """Return the vote for the target wherever it is recognised.

    Args:
        accuracy: of the recogniser, with and without the target.
        elsewhere: share of the other battles that get a vote.
        camouflage: whether those are honest votes rather than random ones.
        whom: `target`, or `rival` for the contender just above it.
    """

    def vote(stage: Stage, pair: tuple[int, int]) -> float | None:
        side = seen_side(stage, pair, accuracy, _whom(stage, whom))
        if side is not None:
            return 1.0 - side
        if stage.rng.random() >= elsewhere:
            return None
        return stage.honest_outcome(pair) if camouflage else float(stage.rng.integers(2))

    return vote


def against(accuracy: float = 0.95, *, whom: str = "rival") -> Vote:
    """Return the vote against somebody wherever it is recognised, and none elsewhere."""

    def vote(stage: Stage, pair: tuple[int, int]) -> float | None:
        side = seen_side(stage, pair, accuracy, _whom(stage, whom))
        return None if side is None else float(side)

    return vote


def omnipresent(accuracy: float = 0.95) -> Vote:
    """Return the vote on every battle that helps the target most, each side recognised with `accuracy`.

    For all pairs of equal numbers the influence of i over j on `target - next above` has the sign of a difference that
    is largest where one of the two takes part; elsewhere the weaker of the two is helped.
    """
    gains: dict[int, FloatArray] = {}

    def vote(stage: Stage, pair: tuple[int, int]) -> float | None:
        key = id(stage)
        if key not in gains:
            gains[key] = _gain(stage)
        seen = [
            one if stage.rng.random() < accuracy else int(stage.rng.integers(stage.world.num_contenders))
            for one in pair
        ]
        gain = gains[key]
        return 1.0 if gain[seen[0]] >= gain[seen[1]] else 0.0

    return vote


def _gain(stage: Stage) -> FloatArray:
    """Return how much a win of each contender moves `target - next above` [M]."""
    chance = stage.chance
    weight = chance * (1 - chance)
    np.fill_diagonal(weight, 0)
    information = np.diag(weight.sum(axis=1)) - weight
    inverse = np.linalg.pinv(information)
    return inverse[stage.target] - inverse[_whom(stage, "rival")]


def always_left(stage: Stage, pair: tuple[int, int]) -> float:  # noqa: ARG001
    """Vote for the left side, whatever there is."""
    return 1.0


def at_random(stage: Stage, pair: tuple[int, int]) -> float:  # noqa: ARG001
    """Throw a coin."""
    return float(stage.rng.integers(2))


def _whom(stage: Stage, whom: str) -> int:
    if whom == "target":
        return stage.target
    order = np.argsort(-stage.strengths)
    return int(order[max(0, int(np.flatnonzero(order == stage.target)[0]) - 1)])
