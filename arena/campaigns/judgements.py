"""Judgements: what a rater says of two answers. A change of mind is another row; nothing is ever overwritten.

Every form carries the number of the judgement that it would revise, or 0. A form that comes twice, because an answer of
ours was lost or a button was pressed twice, is recognised by that number and stored once.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from arena.campaigns import queries
from arena.campaigns.booklets import finish_if_done, may_judge
from arena.campaigns.campaign_file import Questions, campaign_of
from arena.clock import now
from arena.db.campaign_tables import (
    Assignment,
    AssignmentKind,
    AssignmentStatus,
    Judgement,
    Rater,
    SecondOpinion,
    SideVerdict,
)
from arena.db.session import Database, Session
from arena.errors import BadConfiguration, CampaignNotReady, UnknownCampaign

LONGEST_S = 24 * 3600.0
MOST_CHARS = 20_000
SURENESS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Said:
    """What a rater says of one place. What was not asked is empty."""

    verdict: SideVerdict
    acceptable_left: bool | None = None
    acceptable_right: bool | None = None
    tags: tuple[str, ...] = ()
    confidence: int | None = None
    rationale: str = ""
    correction: str = ""

    @classmethod
    def of(cls, row: Judgement) -> "Said":
        """Return what a stored judgement says."""
        return cls(
            row.verdict,
            row.acceptable_left,
            row.acceptable_right,
            tuple(row.tags),
            row.confidence,
            row.rationale,
            row.correction,
        )

    def only(self, asked: Questions) -> "Said":
        """Return it without what the campaign does not ask.

        Raises:
            BadConfiguration: a value is none that a form has.
        """
        if self.confidence not in (None, *SURENESS) or {*self.tags} - {*asked.reasons}:
            raise BadConfiguration("That is no answer to what was asked.", hint="Load the page again.")
        return Said(
            verdict=self.verdict,
            acceptable_left=self.acceptable_left if asked.acceptable else None,
            acceptable_right=self.acceptable_right if asked.acceptable else None,
            tags=tuple(tag for tag in asked.reasons if tag in self.tags),
            confidence=self.confidence if asked.confidence else None,
            rationale=_plain(self.rationale) if asked.rationale else "",
            correction=_plain(self.correction) if asked.correction else "",
        )


class Judgements:
    """Takes the judgements of raters."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def judge(
        self, key: str, assignment_id: int, said: Said, *, step: int, seconds: float | None = None, second: bool = False
    ) -> bool:
        """Store what a rater says of a place, and hand out the next one.

        Args:
            key: of the rater's link.
            assignment_id: the place.
            said: what the rater says.
            step: the id of the judgement that this one revises, 0 for the first.
            seconds: how long the page was looked at; None where the browser did not say it.
            second: the rater has seen a judge's verdict on this item.

        Returns:
            Whether a judge's verdict should be shown now, for a second look.

        Raises:
            UnknownCampaign: no rater has this link, or the place is not the rater's any more.
            CampaignNotReady: the campaign is not open.
            BadConfiguration: a value is none that a form has.
        """
        with self._database.writing() as session:
            rater = rater_of(session, key, lock=True)
            if not may_judge(rater.campaign):
                raise CampaignNotReady("This campaign is over. Thank you for your help.")
            file = campaign_of(rater.campaign.declared)
            place = queries.assignment_of_rater(session, assignment_id, rater.id)
            if place is None or place.status is AssignmentStatus.RETURNED:
                raise UnknownCampaign(
                    "This comparison has gone to somebody else, because it had waited for long.",
                    hint="Open your link again to go on.",
                )
            moment = now()
            first = not place.judgements
            said = said.only(file.ask)
            if not _is_known(place.judgements, said, step=step, second=second):
                values = asdict(said) | {
                    "assignment_id": place.id,
                    "revision_of_id": None if first else place.judgements[-1].id,
                    "second_look": second and not first,
                    "tags": list(said.tags),
                    "seconds": _seconds(place, moment, seconds),
                    "at": moment,
                }
                # Refused only where another process has stored the same form in between: then all is well.
                queries.insert_judgement(session, values)
            place.status = AssignmentStatus.JUDGED
            queries.touch_booklet(session, place.booklet_id, moment)
            session.flush()
            finish_if_done(session, rater, moment)
            opinion = queries.second_opinion(session, rater.campaign_id, place.item) if first else None
            return opinion is not None and not agrees(opinion, said.verdict, place, _slugs(rater))


def rater_of(session: Session, key: str, *, lock: bool = False) -> Rater:
    """Return the rater of a link.

    Raises:
        UnknownCampaign: there is none.
    """
    rater = queries.rater_by_key(session, key, lock=lock)
    if rater is None:
        raise UnknownCampaign("Nobody was invited by this link.", hint="Ask whoever sent it to you.")
    return rater


def _is_known(before: Sequence[Judgement], said: Said, *, step: int, second: bool) -> bool:
    """Whether this form was stored already, or changes nothing. To stay with a verdict at a second look is news."""
    stored = any((one.revision_of_id or 0) == step and Said.of(one) == said for one in before)
    return stored or (not second and bool(before) and Said.of(before[-1]) == said)


def agrees(opinion: SecondOpinion, verdict: SideVerdict, place: Assignment, slugs: dict[int, str]) -> bool:
    """Return whether a judge's verdict is that of the rater; of items that are repeated or not of this pair, always."""
    shown = side_of(opinion, place, slugs)
    return place.kind is not AssignmentKind.JUDGED or shown is None or shown is verdict


def side_of(opinion: SecondOpinion, place: Assignment, slugs: dict[int, str]) -> SideVerdict | None:
    """Return a judge's verdict as the rater's page has it, or None where it is about another pair."""
    if opinion.better in {SideVerdict.TIE, SideVerdict.BOTH_BAD}:
        return SideVerdict(opinion.better)
    sides = {slugs.get(place.left_id or 0): SideVerdict.LEFT, slugs.get(place.right_id or 0): SideVerdict.RIGHT}
    return sides.get(opinion.better)


def _slugs(rater: Rater) -> dict[int, str]:
    return {entrant.id: entrant.slug for entrant in rater.campaign.entrants}


def _seconds(place: Assignment, moment: datetime, told: float | None) -> float:
    """Return how long a rater took: what the browser says, within what is possible, or the time since the page."""
    waited = (moment - place.handed_out_at).total_seconds() if place.handed_out_at else 0.0
    seconds = waited if told is None or told != told else min(told, waited + 1)
    return round(min(max(seconds, 0.0), LONGEST_S), 1)


def _plain(text: str) -> str:
    return text.replace("\0", "�").replace("\r\n", "\n").strip()[:MOST_CHARS]
