"""Comparisons: a contender's record against each opponent, and any two contenders side by side."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from arena.board.observations import Observations
from arena.board.relatives import rated_relatives
from arena.board.standings import StandingsView
from arena.contenders.facts import ContenderFacts
from leaderboard.arrays import FloatArray
from leaderboard.bradley_terry import win_probabilities
from leaderboard.contrasts import Contrast, contrasts
from leaderboard.errors import NotEstimable
from leaderboard.estimate import Measured, win_chance
from leaderboard.explanations import of_contrast
from leaderboard.notes import Note
from leaderboard.robustness import Overturn, votes_to_overturn
from leaderboard.scale import ELO_PER_NAT
from leaderboard.verdict import BOTH_BAD, TIE, A, B

RELATIVES = 6  # at most


@dataclass(frozen=True, slots=True)
class HeadToHead:
    """All battles with one opponent. `expected` is the chance to win by the ratings, or None across boards."""

    other: ContenderFacts
    battles: int
    won: int
    lost: int
    tied: int
    both_bad: int
    expected: float | None


@dataclass(frozen=True, slots=True)
class TwoContenders:
    """Two contenders side by side.

    Attributes:
        meeting: their own battles, None where there are none.
        contrast: their difference by all votes, None where the votes do not connect them both ways.
        overturn: the votes on which their order depends, None where the votes do not connect them both ways.
        family: every two of those that they were made from, or other versions of them; empty where there are none.
    """

    a: ContenderFacts
    b: ContenderFacts
    meeting: HeadToHead | None
    contrast: Contrast | None
    overturn: Overturn | None
    family: tuple[Contrast, ...]

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a comparison says; nothing where the votes do not connect the two both ways."""
        return of_contrast(self.contrast, self.overturn) if self.contrast and self.overturn else ()

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain values; differences and their errors are in Elo."""
        return {
            "a": self.a.slug,
            "b": self.b.slug,
            "contrast": self.contrast and asdict(self.contrast),
            "votes_to_overturn": self.overturn and asdict(self.overturn),
            "family": [asdict(contrast) for contrast in self.family],
            "note_data": [note.to_dict() for note in self.notes],
        }


@dataclass(frozen=True, slots=True)
class CategoryDifference:
    """The difference of two contenders' ratings within a category, and the category's number of votes."""

    category: str
    votes: int
    difference: Measured


def compared(view: StandingsView, a: str, b: str) -> TwoContenders:
    """Return the comparison of two contenders of a board."""
    meeting = next((one for one in head_to_heads(view, a) if one.other.slug == b), None)
    try:
        (contrast,), overturn = contrasts(view.tallies, (a, b)), votes_to_overturn(view.tallies, a, b)
    except NotEstimable:
        contrast, overturn = None, None
    return TwoContenders(view.contenders[a], view.contenders[b], meeting, contrast, overturn, _family(view, a, b))


def head_to_heads(view: StandingsView, slug: str) -> list[HeadToHead]:
    """Return the contender's record against each opponent, the most frequent one first."""
    if slug not in view.tallies.contenders:
        return []
    counts, names = view.tallies.counts, view.tallies.contenders
    me = names.index(slug)
    standings = {standing.contender: standing for standing in view.ranking.standings}
    found = []
    for place, name in enumerate(names):
        left, right = counts[me, place], counts[place, me]
        if name not in view.contenders or not (left.sum() + right.sum()):
            continue
        mine, theirs = standings.get(slug), standings.get(name)
        comparable = mine and theirs and mine.component == theirs.component
        found.append(
            HeadToHead(
                other=view.contenders[name],
                battles=int(left.sum() + right.sum()),
                won=int(left[A] + right[B]),
                lost=int(left[B] + right[A]),
                tied=int(left[TIE] + right[TIE]),
                both_bad=int(left[BOTH_BAD] + right[BOTH_BAD]),
                expected=win_chance(mine.rating - theirs.rating) if comparable and mine and theirs else None,
            )
        )
    return sorted(found, key=lambda meeting: -meeting.battles)


def by_category(found: TwoContenders, seen: Observations) -> list[CategoryDifference]:
    """Return the difference of the first and the second contender in each category that rates both."""
    a, b = found.a.slug, found.b.slug
    return [
        CategoryDifference(category, seen.category_votes[category], estimate.difference(a, b))
        for category, estimate in seen.categories.items()
        if {a, b} <= set(estimate.contenders)
    ]


def win_chances(ratings: Sequence[float]) -> FloatArray:
    """Return the chances that the row's rating beats the column's [M, M]; a half on the diagonal."""
    return win_probabilities(np.asarray(ratings, dtype=float) / ELO_PER_NAT)


def _family(view: StandingsView, a: str, b: str) -> tuple[Contrast, ...]:
    """Return the comparisons among the two and their relatives; none if they have no relatives."""
    relatives = rated_relatives(view, (a, b))[:RELATIVES]
    if len(relatives) < 3:
        return ()
    try:
        return contrasts(view.tallies, relatives)
    except NotEstimable:
        return ()
