"""Which judgements a report counts: of each place the last word that was said blind.

A rater may change a judgement; the last one stands. What was said after a judge's verdict was shown is a second look,
reported apart and never counted. Repeats and attention items tell of raters, not of contenders.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from arena.campaigns.report.folder import CampaignFolder, ExportedAssignment, ExportedJudgement
from leaderboard import Votes
from leaderboard.verdict import BOTH_BAD, TIE, A, B

CODES = {"left": A, "right": B, "tie": TIE, "both_bad": BOTH_BAD}


@dataclass(frozen=True, slots=True)
class StandingJudgement:
    """A judgement that stands, with its place.

    Attributes:
        said: the last row that was said blind.
        second: the last row after a judge's verdict was shown; None where there was none.
    """

    place: ExportedAssignment
    said: ExportedJudgement
    second: ExportedJudgement | None

    def outcome(self, first: str) -> str:
        """Return what it says of a contender of its pair: first, second, tie or both_bad."""
        if self.said.verdict not in ("left", "right"):
            return self.said.verdict
        preferred = self.place.left if self.said.verdict == "left" else self.place.right
        return "first" if preferred == first else "second"


def standing_judgements(folder: CampaignFolder) -> tuple[StandingJudgement, ...]:
    """Return the judgements that stand, in the order of their first rows."""
    places = {one.assignment: one for one in folder.assignments}
    blind: dict[str, ExportedJudgement] = {}
    second: dict[str, ExportedJudgement] = {}
    for said in folder.judgements:
        (second if said.second_look else blind)[said.assignment] = said
    return tuple(StandingJudgement(places[name], said, second.get(name)) for name, said in blind.items())


def of_kind(standing: Iterable[StandingJudgement], kind: str) -> tuple[StandingJudgement, ...]:
    """Return those of a kind: judged, repeat or attention."""
    return tuple(one for one in standing if one.place.kind == kind)


def of_pair(standing: Iterable[StandingJudgement], first: str, second: str) -> tuple[StandingJudgement, ...]:
    """Return those of a pair, whichever side either stood on."""
    return tuple(one for one in standing if {one.place.left, one.place.right} == {first, second})


def as_votes(standing: Sequence[StandingJudgement]) -> Votes:
    """Return judgements as votes, with columns `rater` and `prompt` for what they may share."""
    names = sorted({side for one in standing for side in (one.place.left, one.place.right)})
    place = {name: number for number, name in enumerate(names)}
    return Votes(
        tuple(names),
        np.array([place[one.place.left] for one in standing], dtype=np.int32),
        np.array([place[one.place.right] for one in standing], dtype=np.int32),
        np.array([CODES[one.said.verdict] for one in standing], dtype=np.int8),
        pd.DataFrame(
            {"rater": [one.said.rater for one in standing], "prompt": [one.place.item for one in standing]},
            dtype=object,
        ),
    )
