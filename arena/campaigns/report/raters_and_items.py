"""Who judged, and on what: raters with their habits, the most contested items, and what is missing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from arena.campaigns.report.folder import CampaignFolder
from arena.campaigns.report.standing import StandingJudgement, of_kind
from leaderboard.binomial import DecisiveShare, share_of

MOST_CONTESTED = 10


@dataclass(frozen=True, slots=True)
class RaterSummary:
    """A rater's work and habits.

    Attributes:
        judged, given: judgements of the comparison, of so many places.
        seconds: the median time of a judgement; None where it is not known.
        left: how often the left side was preferred, of decisive judgements.
        with_others: how often the rater said what most others said of the item, of items on which most agreed.
        repeats: repeated items on which the rater said the same again, and how many there were.
        attention: attention items that were answered as expected, and how many there were.
    """

    rater: str
    judged: int
    given: int
    seconds: float | None
    left: DecisiveShare
    with_others: tuple[int, int]
    repeats: tuple[int, int]
    attention: tuple[int, int]
    finished: bool


@dataclass(frozen=True, slots=True)
class ContestedItem:
    """An item on which raters disagree: what was asked, both answers, and how often each was preferred."""

    item: str
    first: str
    second: str
    turns: tuple[str, ...]
    answers: tuple[tuple[str, ...], tuple[str, ...]]
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class AnswersOf:
    """A contender's answers.

    Attributes:
        answered, prompts: answers that are there, of so many prompts.
        self_named: answers in which it names itself.
        usd: what all tries may have cost; None where it is not known.
        acceptable: how often an answer was found acceptable on its own, where raters were asked.
    """

    contender: str
    answered: int
    prompts: int
    self_named: int
    usd: float | None
    acceptable: DecisiveShare


def rater_summaries(folder: CampaignFolder, standing: Sequence[StandingJudgement]) -> tuple[RaterSummary, ...]:
    """Return a summary of every rater that was let in."""
    judged = of_kind(standing, "judged")
    by_item: dict[tuple[str, frozenset[str]], list[StandingJudgement]] = {}
    for one in judged:
        by_item.setdefault(_key(one), []).append(one)
    given = Counter(one.rater for one in folder.assignments if one.kind == "judged" and one.status != "returned")
    found = []
    for rater in folder.raters:
        own = [one for one in judged if one.said.rater == rater.rater]
        times = [one.said.seconds for one in own if one.said.seconds is not None]
        sides = Counter(one.said.verdict for one in own)
        found.append(
            RaterSummary(
                rater=rater.rater,
                judged=len(own),
                given=given[rater.rater],
                seconds=median(times) if times else None,
                left=share_of(sides["left"], sides["right"]),
                with_others=_with_others(own, by_item),
                repeats=_repeats(own, [one for one in of_kind(standing, "repeat") if one.said.rater == rater.rater]),
                attention=_attention([one for one in standing if one.said.rater == rater.rater]),
                finished=bool(rater.finished_at),
            )
        )
    return tuple(found)


def contested_items(folder: CampaignFolder, standing: Sequence[StandingJudgement]) -> tuple[ContestedItem, ...]:
    """Return the items on which raters disagree most: first those whose two sides have the most followers each."""
    prompts = {one.item: one for one in folder.prompts}
    texts = {(one.item, one.contender): one.texts for one in folder.answers}
    outcomes: dict[tuple[str, str, str], Counter[str]] = {}
    for one in of_kind(standing, "judged"):
        first, second = _in_order(folder, one)
        outcomes.setdefault((one.place.item, first, second), Counter())[one.outcome(first)] += 1
    order = sorted(
        outcomes.items(),
        key=lambda entry: (-min(entry[1]["first"], entry[1]["second"]), abs(_lean(entry[1])), entry[0]),
    )
    return tuple(
        ContestedItem(
            item=item,
            first=first,
            second=second,
            turns=prompts[item].turns,
            answers=(texts.get((item, first), ()), texts.get((item, second), ())),
            counts={name: counts[name] for name in ("first", "tie", "both_bad", "second")},
        )
        for (item, first, second), counts in order[:MOST_CONTESTED]
        if counts["first"] and counts["second"]
    )


def answers_of(folder: CampaignFolder, standing: Sequence[StandingJudgement]) -> tuple[AnswersOf, ...]:
    """Return what is known of every contender's answers."""
    accepted: dict[str, Counter[bool]] = {one.id: Counter() for one in folder.contenders}
    for one in of_kind(standing, "judged"):
        for side, said in ((one.place.left, one.said.acceptable_left), (one.place.right, one.said.acceptable_right)):
            if said is not None:
                accepted[side][said] += 1
    found = []
    for contender in folder.contenders:
        own = [one for one in folder.answers if one.contender == contender.id]
        costs = [one.usd for one in own if one.usd is not None]
        found.append(
            AnswersOf(
                contender=contender.id,
                answered=sum(bool(one.texts) and one.status != "failed" for one in own),
                prompts=len(folder.prompts),
                self_named=sum(one.self_named for one in own),
                usd=sum(costs) if costs else None,
                acceptable=share_of(accepted[contender.id][True], accepted[contender.id][False]),
            )
        )
    return tuple(found)


def _in_order(folder: CampaignFolder, one: StandingJudgement) -> tuple[str, str]:
    order = [*folder.primary_pair, *(other.id for other in folder.contenders)]
    first, second = sorted((one.place.left, one.place.right), key=order.index)
    return first, second


def _key(one: StandingJudgement) -> tuple[str, frozenset[str]]:
    return one.place.item, frozenset((one.place.left, one.place.right))


def _lean(counts: Counter[str]) -> int:
    return counts["first"] - counts["second"]


def _with_others(
    own: Sequence[StandingJudgement], by_item: dict[tuple[str, frozenset[str]], list[StandingJudgement]]
) -> tuple[int, int]:
    alike = compared = 0
    for one in own:
        first = one.place.left
        others = Counter(other.outcome(first) for other in by_item[_key(one)] if other.said.rater != one.said.rater)
        (most, votes), *rest = [*others.most_common(2), ("", 0)]
        if votes and (not rest or rest[0][1] < votes):
            compared += 1
            alike += one.outcome(first) == most
    return alike, compared


def _repeats(own: Sequence[StandingJudgement], again: Sequence[StandingJudgement]) -> tuple[int, int]:
    before = {_key(one): one for one in own}
    pairs = [(before[_key(one)], one) for one in again if _key(one) in before]
    return sum(one.outcome(one.place.left) == other.outcome(one.place.left) for one, other in pairs), len(pairs)


def _attention(own: Sequence[StandingJudgement]) -> tuple[int, int]:
    asked = [one for one in of_kind(own, "attention") if one.place.expected]
    return sum(one.said.verdict == one.place.expected for one in asked), len(asked)
