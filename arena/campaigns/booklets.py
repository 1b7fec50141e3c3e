"""Booklets: how they are taken by raters, and how what a rater left undone goes to another.

A booklet is given by one statement that finds it free, so no two raters ever get the same place, however many come at
once. What was not done in time becomes a booklet of its own; the database lets each be the rest of one only.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from arena.campaigns import queries
from arena.campaigns.assignment import Placement, PlannedBooklet, evenly_ordered, repeated
from arena.campaigns.campaign_file import CampaignFile
from arena.campaigns.campaigns import assignment_of, nets_of
from arena.db.campaign_tables import Assignment, AssignmentKind, AssignmentStatus, Booklet, Campaign, Rater
from arena.db.session import Session

UNDONE = (AssignmentStatus.WAITING, AssignmentStatus.HANDED_OUT)
# |times on the left - n / 2| <= 1 is |left - right| <= 2
MOST_LEAN = 2


def take_next(session: Session, rater: Rater, file: CampaignFile, moment: datetime) -> bool:
    """Give a rater the next booklet that fits, and hand its first place out; return False where there is none."""
    reclaim(session, rater.campaign_id, file, moment)
    taken = queries.booklets_of(session, rater.id)
    for booklet in fitting(queries.free_booklets(session, rater.campaign_id), taken):
        judged = sum(one.kind is AssignmentKind.JUDGED for one in booklet.assignments)
        limit = file.raters.most_items
        if limit is not None and taken and num_judged(taken) + judged > limit:
            continue
        if queries.take_booklet(session, booklet.id, rater.id, moment):
            hand_out(booklet.assignments[0], moment)
            rater.finished_at = None
            return True
    return False


def fits_more(session: Session, rater: Rater, file: CampaignFile) -> bool:
    """Return whether there is another booklet for a rater, as far as can be said before it is taken."""
    taken = queries.booklets_of(session, rater.id)
    left = (file.raters.most_items or 10**9) - num_judged(taken)
    free = fitting(queries.free_booklets(session, rater.campaign_id), taken)
    return any(sum(one.kind is AssignmentKind.JUDGED for one in booklet.assignments) <= left for booklet in free)


def fitting(free: Sequence[Booklet], taken: Sequence[Booklet]) -> Iterator[Booklet]:
    """Yield the free booklets that a rater may take, the best first.

    A rater never gets the same items twice, no prompt again before the set is covered, and each contender about as
    often on the left as on the right. What the rater left undone comes first, then the own lane.
    """
    rests = {booklet.id for booklet in taken if booklet.returned_at}
    had = {(booklet.round, booklet.block) for booklet in taken}
    seen = Counter(booklet.block for booklet in taken)
    new = [booklet for booklet in free if (booklet.round, booklet.block) not in had]
    fresh = [booklet for booklet in new if not seen[booklet.block]]
    lane = taken[-1].lane if taken else None
    lead = lean_of(taken)
    own = [booklet for booklet in free if booklet.rest_of_id in rests]
    for booklet in [*own, *sorted(fresh or new, key=lambda one: one.lane != lane)]:
        if all(abs(lead[int(key)] + net) <= MOST_LEAN for key, net in booklet.nets.items()):
            yield booklet


def lean_of(taken: Sequence[Booklet]) -> Counter[int]:
    """Return for each entrant how much more often a rater has it on the left than on the right."""
    lead: Counter[int] = Counter()
    for one in _kept(taken):
        if one.left_id is not None and one.right_id is not None:
            lead[one.left_id] += 1
            lead[one.right_id] -= 1
    return lead


def num_judged(taken: Sequence[Booklet]) -> int:
    """Return how many items a rater has, without repeats and attention items."""
    return sum(one.kind is AssignmentKind.JUDGED for one in _kept(taken))


def hand_out(assignment: Assignment, moment: datetime) -> None:
    """Mark a place as shown to its rater."""
    if assignment.status is AssignmentStatus.WAITING:
        assignment.status, assignment.handed_out_at = AssignmentStatus.HANDED_OUT, moment


def reclaim(session: Session, campaign_id: int, file: CampaignFile, moment: datetime) -> int:
    """Take back what raters have left undone for too long, as booklets that others can take; return how many."""
    before = moment - timedelta(hours=file.raters.reclaim_after_hours)
    abandoned = queries.abandoned_booklets(session, campaign_id, before)
    for booklet in abandoned:
        undone = [one for one in booklet.assignments if one.status in UNDONE]
        for one in undone:
            one.status, one.returned_at = AssignmentStatus.RETURNED, moment
        booklet.returned_at = moment
        if rest := _rest(booklet, undone, file):
            session.add(rest)
    session.flush()
    return len(abandoned)


def finish_if_done(session: Session, rater: Rater, moment: datetime) -> None:
    """Hand out a rater's next undone place; where there is none, note that the rater has finished."""
    undone = next((id_ for id_, status in queries.places_of(session, rater.id) if status in UNDONE), None)
    if undone is None:
        rater.finished_at = moment
    else:
        hand_out(session.get_one(Assignment, undone), moment)


def may_judge(campaign: Campaign) -> bool:
    """Return whether raters can judge now."""
    return campaign.opened_at is not None and campaign.closed_at is None


def _kept(taken: Sequence[Booklet]) -> Iterator[Assignment]:
    for booklet in taken:
        yield from (one for one in booklet.assignments if one.status is not AssignmentStatus.RETURNED)


def _rest(booklet: Booklet, undone: Sequence[Assignment], file: CampaignFile) -> Booklet | None:
    """Return a booklet of what was not done. Repeats are drawn anew: they repeat what its next rater will have seen."""
    rng = random.Random(f"rest/{file.seed}/{booklet.id}")  # noqa: S311 - sides are to be reproducible
    names: Mapping[int, str] = {one.prompt_id: one.item for one in undone if one.prompt_id is not None}
    judged = evenly_ordered(
        [
            Placement(one.prompt_id, one.left_id, one.right_id)
            for one in undone
            if one.kind is AssignmentKind.JUDGED and one.prompt_id and one.left_id and one.right_id
        ],
        rng,
    )
    if not judged:
        return None
    again = repeated(judged, share=file.repeats, rng=rng)
    planned = PlannedBooklet(booklet.round, booklet.block, booklet.lane, tuple(judged), tuple(again))
    rows = [assignment_of(one, AssignmentKind.JUDGED, names) for one in judged]
    rows += [
        Assignment(item=one.item, kind=one.kind, expected=one.expected)
        for one in undone
        if one.kind is AssignmentKind.ATTENTION
    ]
    rows += [assignment_of(one, AssignmentKind.REPEAT, names) for one in again]
    for position, row in enumerate(rows, 1):
        row.position = position
    return Booklet(
        campaign_id=booklet.campaign_id,
        round=booklet.round,
        block=booklet.block,
        lane=booklet.lane,
        nets=nets_of(planned),
        rest_of_id=booklet.id,
        assignments=rows,
    )
