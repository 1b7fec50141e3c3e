"""Progress: what organisers see of a campaign that is under way. Results are not among it.

Who wants to see results before the end has to say why; that is logged, shown, and part of the export.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from arena.campaigns import queries
from arena.campaigns.campaigns import CampaignSheet, campaign_row, sheet_of
from arena.clock import now
from arena.db.campaign_tables import (
    AnswerStatus,
    AssignmentKind,
    AssignmentStatus,
    CampaignStatus,
    EarlyLook,
    SideVerdict,
)
from arena.db.session import Database
from arena.errors import BadConfiguration, CampaignNotReady

RECENT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RaterProgress:
    """How far a rater is.

    Attributes:
        key: of the link.
        given: places that the rater has.
        last_at: when the rater judged last.
    """

    number: int
    key: str
    joined_at: datetime | None
    finished_at: datetime | None
    judged: int
    given: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """How far a campaign is.

    Attributes:
        answers: by slug, how many answers are there, have failed, and wait.
        usd: what the answers cost or may have cost.
        judged, places: of the comparison itself, without repeats and attention items.
        per_hour: judgements in the last hour.
        ends_at: when all places will be judged if that goes on; None where nothing was judged lately.
    """

    sheet: CampaignSheet
    answers: dict[str, Counter[AnswerStatus]]
    usd: float
    judged: int
    places: int
    per_hour: int
    ends_at: datetime | None
    raters: tuple[RaterProgress, ...]
    looks: tuple[EarlyLook, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """How often one contender was preferred to another, of the judgements that stand."""

    first: str
    second: str
    wins: int
    losses: int
    ties: int
    both_bad: int


def progress_of(database: Database, name: str) -> CampaignProgress:
    """Return how far a campaign is.

    Raises:
        UnknownCampaign: there is none of this name.
    """
    moment = now()
    with database.reading() as session:
        campaign = campaign_row(session, name)
        answers: dict[str, Counter[AnswerStatus]] = {entrant.slug: Counter() for entrant in campaign.entrants}
        for (slug, status), number in queries.answer_counts(session, campaign.id).items():
            answers[slug][status] += number
        judged, given, places, done = Counter[int](), Counter[int](), 0, 0
        for rater, kind, state, number in queries.assignment_counts(session, campaign.id):
            if state is AssignmentStatus.RETURNED:
                continue
            if rater is not None:
                given[rater] += number
                judged[rater] += number * (state is AssignmentStatus.JUDGED)
            if kind is AssignmentKind.JUDGED:
                places += number
                done += number * (state is AssignmentStatus.JUDGED)
        last = queries.last_judgements(session, campaign.id)
        recent = queries.judged_since(session, campaign.id, moment - RECENT)
        return CampaignProgress(
            sheet=sheet_of(campaign),
            answers=answers,
            usd=queries.answers_usd(session, campaign.id),
            judged=done,
            places=places,
            per_hour=recent,
            ends_at=moment + RECENT * ((places - done) / recent) if recent and done < places else None,
            raters=tuple(
                RaterProgress(
                    number=one.number,
                    key=one.key,
                    joined_at=one.joined_at,
                    finished_at=one.finished_at,
                    judged=judged[one.id],
                    given=given[one.id],
                    last_at=last.get(one.id),
                )
                for one in queries.raters(session, campaign.id)
            ),
            looks=tuple(queries.early_looks(session, campaign.id)),
        )


def note_look(database: Database, name: str, *, who: str, reason: str) -> None:
    """Log that somebody looks at results before the end.

    Raises:
        UnknownCampaign: there is none of this name.
        BadConfiguration: no reason is given.
    """
    if not reason.strip():
        raise BadConfiguration("Say why you look before the end; it is logged and part of the report.")
    with database.writing() as session:
        campaign = campaign_row(session, name)
        session.add(EarlyLook(campaign_id=campaign.id, at=now(), who=who[:200], reason=reason.strip()[:1000]))


def scores_of(database: Database, name: str) -> tuple[Score, ...]:
    """Return the counts of a campaign. Before its end somebody must have said why they look.

    Raises:
        UnknownCampaign: there is none of this name.
        CampaignNotReady: it is not closed, and nobody has said why they look.
    """
    with database.reading() as session:
        campaign = campaign_row(session, name)
        if campaign.status is not CampaignStatus.CLOSED and not queries.early_looks(session, campaign.id):
            raise CampaignNotReady(f"`{name}` is {campaign.status}; its results can be seen when it is closed.")
        slugs = {entrant.id: entrant.slug for entrant in campaign.entrants}
        places = {
            one.id: (one.left_id, one.right_id)
            for one, _ in queries.assignments(session, campaign.id)
            if one.kind is AssignmentKind.JUDGED and one.left_id and one.right_id
        }
        standing = {}
        for row in queries.judgements(session, campaign.id):
            if row.assignment_id in places and not row.second_look:
                standing[row.assignment_id] = row.verdict
    counts: dict[tuple[int, int], Counter[str]] = {}
    for place, verdict in standing.items():
        left, right = places[place]
        assert left is not None
        assert right is not None
        first, second = sorted((left, right))
        won = {SideVerdict.LEFT: left, SideVerdict.RIGHT: right}.get(verdict)
        word = verdict.value if won is None else "wins" if won == first else "losses"
        counts.setdefault((first, second), Counter())[word] += 1
    return tuple(
        Score(slugs[first], slugs[second], one["wins"], one["losses"], one["tie"], one["both_bad"])
        for (first, second), one in sorted(counts.items())
    )
