"""The results of a campaign: what each pair's judgements say, tested as the design says, with nothing left out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from arena.campaigns.report.folder import CampaignFolder
from arena.campaigns.report.standing import StandingJudgement, as_votes, of_kind, of_pair
from leaderboard.agreement import (
    Alpha,
    Opinion,
    fleiss_kappa,
    krippendorff_alpha,
    pairwise_kappas,
    raw_agreement,
)
from leaderboard.binomial import DecisiveShare, detectable_share, share_of
from leaderboard.clusters import cluster_robust
from leaderboard.errors import NotEstimable
from leaderboard.estimate import win_chance
from leaderboard.looks import boundaries
from leaderboard.paired import WinShare, by_prompt, sign_flips, win_share

SCORES = {"first": 1.0, "tie": 0.5, "both_bad": 0.5, "second": 0.0}
ORDER = ("second", "tie", "first")


@dataclass(frozen=True, slots=True)
class DependentShare:
    """The first's share with an interval that allows raters and prompts to have a taste of their own.

    Attributes:
        value, lower, upper: shares, 0 to 1, ties as half a win.
        raters, prompts: how many different ones it was learned from.
    """

    value: float
    lower: float
    upper: float
    raters: int
    prompts: int


@dataclass(frozen=True, slots=True)
class GroupOfPrompts:
    """The prompts of a category or a language."""

    name: str
    judgements: int
    decisive: DecisiveShare


@dataclass(frozen=True, slots=True)
class SequentialLook:
    """A look that the design planned: how far the result was from none, and how far it had to be."""

    judgements: int
    fraction: float
    statistic: float | None
    boundary: float

    @property
    def crossed(self) -> bool:
        """Whether the result was beyond the boundary."""
        return self.statistic is not None and abs(self.statistic) >= self.boundary


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """How far raters agree on a pair. What is undefined is None.

    Attributes:
        raw: share of pairs of judgements that say the same, ties included.
        decisive: likewise among judgements that prefer a side.
        nominal, ordinal: Krippendorff's alpha; ties lie between the sides in the ordinal one.
        fleiss: kappa; only where every item has equally many judgements.
        kappas: Cohen's, by two raters, with the number of items that both judged.
    """

    raw: float | None
    decisive: float | None
    nominal: Alpha
    ordinal: Alpha
    fleiss: float | None
    kappas: tuple[tuple[str, str, float | None, int], ...]


@dataclass(frozen=True, slots=True)
class PairResult:
    """What the judgements say of two contenders.

    Attributes:
        first, second: ids; every share is the first's.
        wins, losses, ties, both_bad: judgements that stand.
        planned: places that the design has for the pair; `undone` of them have no judgement.
        decisive: exact test and intervals of the judgements that prefer a side, as if all were independent.
        p_value: of no difference, by flipping the signs of prompts: exact, and valid with several raters a prompt.
        one_each: whether no prompt has two judgements, so that both tests are the same.
        share: ties as half a win, with an interval over prompts; None without a judgement.
        dependent: likewise, allowing for raters and prompts; None where they are too few, or one side won all.
        detectable: the smallest share of decisive judgements that would have been found; None if none would.
        agreement: of raters.
        left: how often the left side was preferred, of decisive judgements.
        categories, languages: parts of the prompts.
        looks: those that the design planned; none with a fixed number of judgements.
        changed, second_looks: how many judgements a judge's verdict changed, of how many that saw one.
    """

    first: str
    second: str
    wins: int
    losses: int
    ties: int
    both_bad: int
    planned: int
    undone: int
    decisive: DecisiveShare
    p_value: float
    one_each: bool
    share: WinShare | None
    dependent: DependentShare | None
    detectable: float | None
    agreement: PairAgreement
    left: DecisiveShare
    categories: tuple[GroupOfPrompts, ...]
    languages: tuple[GroupOfPrompts, ...]
    looks: tuple[SequentialLook, ...]
    changed: int
    second_looks: int

    @property
    def judged(self) -> int:
        """Judgements that stand."""
        return self.wins + self.losses + self.ties + self.both_bad

    def told_apart(self, alpha: float) -> bool:
        """Whether the two differ: by the planned looks where there are any, and by the test at the end otherwise."""
        return any(look.crossed for look in self.looks) if self.looks else self.p_value < alpha


def pair_results(folder: CampaignFolder, standing: Sequence[StandingJudgement]) -> tuple[PairResult, ...]:
    """Return the results of every pair that was to be judged, the primary pair first."""
    judged = of_kind(standing, "judged")
    planned = Counter(
        frozenset((one.left, one.right))
        for one in folder.assignments
        if one.kind == "judged" and one.status != "returned"
    )
    pairs = [folder.primary_pair]
    pairs += [
        (one.id, other.id)
        for one, other in combinations(folder.contenders, 2)
        if {one.id, other.id} != {*folder.primary_pair} and planned[frozenset((one.id, other.id))]
    ]
    return tuple(
        _of_pair(folder, of_pair(judged, first, second), first, second, planned[frozenset((first, second))])
        for first, second in pairs
    )


def _of_pair(
    folder: CampaignFolder, judged: Sequence[StandingJudgement], first: str, second: str, planned: int
) -> PairResult:
    level, power = 1 - float(folder.design.get("alpha", 0.05)), float(folder.design.get("power", 0.8))
    outcomes = [one.outcome(first) for one in judged]
    counts = Counter(outcomes)
    prompts = by_prompt((one.place.item, SCORES[said]) for one, said in zip(judged, outcomes, strict=True))
    sides = Counter(one.said.verdict for one in judged)
    decisive = share_of(counts["first"], counts["second"], level=level)
    seen = [one for one in judged if one.second]
    return PairResult(
        first=first,
        second=second,
        wins=counts["first"],
        losses=counts["second"],
        ties=counts["tie"],
        both_bad=counts["both_bad"],
        planned=planned,
        undone=planned - len(judged),
        decisive=decisive,
        p_value=sign_flips(prompts),
        one_each=all(prompt.votes == 1 for prompt in prompts),
        share=win_share(prompts, level=level),
        dependent=_dependent(judged, first, second, level),
        detectable=detectable_share(decisive.votes, level=level, power=power),
        agreement=_agreement(judged, first),
        left=share_of(sides["left"], sides["right"], level=level),
        categories=_groups(folder, judged, first, "category", level),
        languages=_groups(folder, judged, first, "language", level),
        looks=_looks(folder, judged, first, planned),
        changed=sum(one.second is not None and one.second.verdict != one.said.verdict for one in seen),
        second_looks=len(seen),
    )


def _dependent(judged: Sequence[StandingJudgement], first: str, second: str, level: float) -> DependentShare | None:
    votes = as_votes(judged)
    try:
        estimate = cluster_robust(votes, votes.extra[["rater", "prompt"]])
    except NotEstimable:
        return None
    gap = estimate.difference(first, second)
    low, high = gap.interval(level)
    raters, prompts = (way.clusters for way in estimate.dependences)
    return DependentShare(win_chance(gap.value), _chance(low), _chance(high), raters, prompts)


def _chance(difference: float) -> float:
    # An interval that one cluster decides reaches everywhere.
    return win_chance(max(-4000.0, min(4000.0, difference)))


def _agreement(judged: Sequence[StandingJudgement], first: str) -> PairAgreement:
    said = [Opinion(one.said.rater, one.place.item, one.outcome(first)) for one in judged]
    ordered = [Opinion(one.rater, one.item, "tie" if one.value == "both_bad" else one.value) for one in said]
    decisive = [one for one in said if one.value in ("first", "second")]
    return PairAgreement(
        raw=raw_agreement(said),
        decisive=raw_agreement(decisive),
        nominal=krippendorff_alpha(said),
        ordinal=krippendorff_alpha(ordered, level="ordinal", order=ORDER),
        fleiss=fleiss_kappa(said),
        kappas=tuple(
            (str(one), str(other), kappa, shared) for (one, other), (kappa, shared) in pairwise_kappas(said).items()
        ),
    )


def _groups(
    folder: CampaignFolder, judged: Sequence[StandingJudgement], first: str, by: str, level: float
) -> tuple[GroupOfPrompts, ...]:
    group = {one.item: getattr(one, by) or "not stated" for one in folder.prompts}
    outcomes: dict[str, Counter[str]] = {}
    for one in judged:
        outcomes.setdefault(group[one.place.item], Counter())[one.outcome(first)] += 1
    return tuple(
        GroupOfPrompts(name, found.total(), share_of(found["first"], found["second"], level=level))
        for name, found in sorted(outcomes.items())
    )


def _looks(
    folder: CampaignFolder, judged: Sequence[StandingJudgement], first: str, planned: int
) -> tuple[SequentialLook, ...]:
    stopping, number = folder.design.get("stopping", "fixed"), int(folder.design.get("looks", 1))
    if stopping not in ("obrien-fleming", "pocock") or number < 2 or not planned:
        return ()
    times = sorted({max(1, round(planned * look / number)) for look in range(1, number + 1)})
    reached = [time for time in times if time <= len(judged)]
    bounds = boundaries(
        [time / planned for time in times], spending=stopping, alpha=float(folder.design.get("alpha", 0.05))
    )
    in_time = sorted(judged, key=lambda one: (one.said.at, one.said.row))
    found = []
    for time, bound in zip(reached, bounds, strict=False):
        prompts = by_prompt((one.place.item, SCORES[one.outcome(first)]) for one in in_time[:time])
        leans = [prompt.won - prompt.lost for prompt in prompts]
        spread = sum(lean**2 for lean in leans) ** 0.5
        found.append(SequentialLook(time, bound.fraction, sum(leans) / spread if spread else None, bound.boundary))
    return tuple(found)
