"""Database queries of campaigns. Each takes a session and returns rows or plain values; none commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from arena.db.campaign_tables import (
    AnswerStatus,
    AnswerTry,
    Assignment,
    AssignmentKind,
    AssignmentStatus,
    Booklet,
    Campaign,
    CampaignAnswer,
    EarlyLook,
    Entrant,
    Judgement,
    Rater,
    SecondOpinion,
    StoredPrompt,
    StoredPromptSet,
    TryStatus,
)
from arena.db.tables import Contender

# a rater's id or None, what for, in which state, and how many
PlaceCount = tuple[int | None, AssignmentKind, AssignmentStatus, int]


def prompt_set(session: Session, name: str, version: str) -> StoredPromptSet | None:
    """Return a version of a prompt set, or None."""
    return session.scalar(select(StoredPromptSet).filter_by(name=name, version=version))


def prompt_sets(session: Session) -> Sequence[StoredPromptSet]:
    """Return all prompt sets with their prompts, the oldest first."""
    query = select(StoredPromptSet).options(selectinload(StoredPromptSet.prompts)).order_by(StoredPromptSet.id)
    return session.scalars(query).all()


def campaigns(session: Session) -> Sequence[Campaign]:
    """Return all campaigns, the newest first."""
    return session.scalars(select(Campaign).order_by(Campaign.id.desc())).all()


def campaign(session: Session, name: str, *, lock: bool = False) -> Campaign | None:
    """Return the campaign of this name, or None."""
    query = select(Campaign).filter_by(name=name)
    return session.scalar(query.with_for_update() if lock else query)


def campaign_by_join_key(session: Session, key: str, *, lock: bool = False) -> Campaign | None:
    """Return the campaign that anybody with this key may join, or None."""
    query = select(Campaign).filter_by(join_key=key)
    return session.scalar(query.with_for_update() if lock else query)


# Answers


def answers(session: Session, campaign_id: int) -> Sequence[CampaignAnswer]:
    """Return all answers of a campaign with their tries, by entrant and prompt."""
    query = (
        select(CampaignAnswer)
        .join(Entrant, Entrant.id == CampaignAnswer.entrant_id)
        .join(StoredPrompt, StoredPrompt.id == CampaignAnswer.prompt_id)
        .where(Entrant.campaign_id == campaign_id)
        .options(selectinload(CampaignAnswer.tries))
        .order_by(StoredPrompt.position, Entrant.position)
    )
    return session.scalars(query).all()


def answer_counts(session: Session, campaign_id: int) -> dict[tuple[str, AnswerStatus], int]:
    """Return how many answers each entrant has in each state, by slug and state."""
    query = (
        select(Entrant.slug, CampaignAnswer.status, func.count())
        .join(CampaignAnswer, CampaignAnswer.entrant_id == Entrant.id)
        .where(Entrant.campaign_id == campaign_id)
        .group_by(Entrant.slug, CampaignAnswer.status)
    )
    return {(slug, status): number for slug, status, number in session.execute(query)}


def answers_usd(session: Session, campaign_id: int) -> float:
    """Return what all tries of a campaign cost, or may have cost, in US dollars."""
    query = (
        select(func.coalesce(func.sum(AnswerTry.usd), 0.0))
        .join(CampaignAnswer, CampaignAnswer.id == AnswerTry.answer_id)
        .join(Entrant, Entrant.id == CampaignAnswer.entrant_id)
        .where(Entrant.campaign_id == campaign_id)
    )
    return float(session.execute(query).scalar_one())


def lose_tries(session: Session, campaign_id: int) -> None:
    """Mark the tries that were under way when their process died."""
    ours = (
        select(CampaignAnswer.id)
        .join(Entrant, Entrant.id == CampaignAnswer.entrant_id)
        .where(Entrant.campaign_id == campaign_id)
    )
    statement = update(AnswerTry).where(AnswerTry.status == TryStatus.ASKED, AnswerTry.answer_id.in_(ours))
    session.connection().execute(statement.values(status=TryStatus.LOST))


def ask_again(session: Session, campaign_id: int) -> int:
    """Let all failed answers of contenders that can be asked wait again; return how many."""
    ours = select(Entrant.id).where(Entrant.campaign_id == campaign_id, Entrant.contender_id.is_not(None))
    statement = update(CampaignAnswer).where(
        CampaignAnswer.status == AnswerStatus.FAILED, CampaignAnswer.entrant_id.in_(ours)
    )
    return session.connection().execute(statement.values(status=AnswerStatus.WAITING, failure="")).rowcount


def contenders_by_id(session: Session, ids: Sequence[int]) -> dict[int, Contender]:
    """Return contenders by their ids."""
    return {row.id: row for row in session.scalars(select(Contender).where(Contender.id.in_(ids)))}


# Raters and booklets


def num_raters(session: Session, campaign_id: int) -> int:
    """Return how many raters were invited or joined."""
    return session.execute(select(func.count()).where(Rater.campaign_id == campaign_id)).scalar_one()


def rater_by_key(session: Session, key: str, *, lock: bool = False) -> Rater | None:
    """Return the rater with this link, or None. `lock` lets one request of theirs after the other go on."""
    query = select(Rater).filter_by(key=key)
    return session.scalar(query.with_for_update() if lock else query)


def recruited_rater(session: Session, campaign_id: int, participant: str, study: str) -> Rater | None:
    """Return the rater whom a platform sent before, or None."""
    return session.scalar(select(Rater).filter_by(campaign_id=campaign_id, participant=participant, study=study))


def raters(session: Session, campaign_id: int) -> Sequence[Rater]:
    """Return all raters of a campaign in the order in which they were invited."""
    return session.scalars(select(Rater).filter_by(campaign_id=campaign_id).order_by(Rater.number)).all()


def free_booklets(session: Session, campaign_id: int) -> Sequence[Booklet]:
    """Return the booklets that nobody has taken: first what others left, then by round, block and lane."""
    query = select(Booklet).where(Booklet.campaign_id == campaign_id, Booklet.rater_id.is_(None))
    order = (Booklet.rest_of_id.is_(None), Booklet.round, Booklet.block, Booklet.lane, Booklet.id)
    return session.scalars(query.order_by(*order)).all()


def booklets_of(session: Session, rater_id: int) -> Sequence[Booklet]:
    """Return the booklets of a rater with their assignments, in the order in which they were taken."""
    query = select(Booklet).filter_by(rater_id=rater_id).order_by(Booklet.taken_at, Booklet.id)
    return session.scalars(query.options(selectinload(Booklet.assignments))).all()


def places_of(session: Session, rater_id: int) -> list[tuple[int, AssignmentStatus]]:
    """Return the id and state of each place of a rater, in order; what was reclaimed is left out."""
    query = (
        select(Assignment.id, Assignment.status)
        .join(Booklet, Booklet.id == Assignment.booklet_id)
        .where(Booklet.rater_id == rater_id, Assignment.status != AssignmentStatus.RETURNED)
        .order_by(Booklet.taken_at, Booklet.id, Assignment.position)
    )
    return [(id_, status) for id_, status in session.execute(query)]


def take_booklet(session: Session, booklet_id: int, rater_id: int, moment: datetime) -> bool:
    """Give a booklet to a rater unless somebody has it; return whether it was given."""
    free = update(Booklet).where(Booklet.id == booklet_id, Booklet.rater_id.is_(None))
    taken = free.values(rater_id=rater_id, taken_at=moment, touched_at=moment)
    return session.connection().execute(taken).rowcount == 1


def touch_booklet(session: Session, booklet_id: int, moment: datetime) -> None:
    """Remember that a booklet's rater did something."""
    session.connection().execute(update(Booklet).where(Booklet.id == booklet_id).values(touched_at=moment))


def abandoned_booklets(session: Session, campaign_id: int, before: datetime) -> Sequence[Booklet]:
    """Return the booklets with something undone whose raters did nothing since `before`; locks them."""
    undone = exists().where(
        Assignment.booklet_id == Booklet.id,
        Assignment.status.in_([AssignmentStatus.WAITING, AssignmentStatus.HANDED_OUT]),
    )
    query = select(Booklet).where(
        Booklet.campaign_id == campaign_id,
        Booklet.rater_id.is_not(None),
        Booklet.returned_at.is_(None),
        Booklet.touched_at < before,
        undone,
    )
    locked = query.with_for_update(skip_locked=True).options(selectinload(Booklet.assignments))
    return session.scalars(locked).all()


def assignment_of_rater(session: Session, assignment_id: int, rater_id: int) -> Assignment | None:
    """Return an assignment with its judgements if it is in a booklet of this rater."""
    query = select(Assignment).join(Booklet).where(Assignment.id == assignment_id, Booklet.rater_id == rater_id)
    return session.scalar(query.options(selectinload(Assignment.judgements)))


def insert_judgement(session: Session, values: dict[str, Any]) -> bool:
    """Add a judgement; return False where the database refuses it, because another one stands in its place."""
    try:
        with session.begin_nested():
            session.execute(insert(Judgement).values(**values))
    except IntegrityError:
        return False
    return True


def second_opinion(session: Session, campaign_id: int, item: str) -> SecondOpinion | None:
    """Return what a judge said of an item, or None."""
    return session.scalar(select(SecondOpinion).filter_by(campaign_id=campaign_id, item=item))


def texts_of(session: Session, entrant_id: int, prompt_id: int) -> CampaignAnswer:
    """Return the answer of an entrant to a prompt."""
    return session.scalars(select(CampaignAnswer).filter_by(entrant_id=entrant_id, prompt_id=prompt_id)).one()


# What organisers and exports read


def assignments(session: Session, campaign_id: int) -> Sequence[tuple[Assignment, Booklet]]:
    """Return all assignments of a campaign with their booklets, in a fixed order."""
    query = select(Assignment, Booklet).join(Booklet).where(Booklet.campaign_id == campaign_id)
    return [(one, booklet) for one, booklet in session.execute(query.order_by(Assignment.id))]


def judgements(session: Session, campaign_id: int) -> Sequence[Judgement]:
    """Return all judgements of a campaign in the order in which they came."""
    query = select(Judgement).join(Assignment).join(Booklet).where(Booklet.campaign_id == campaign_id)
    return session.scalars(query.order_by(Judgement.id)).all()


def assignment_counts(session: Session, campaign_id: int) -> Sequence[PlaceCount]:
    """Return (rater's id or None, kind, status, number) of the assignments that still count."""
    query = (
        select(Booklet.rater_id, Assignment.kind, Assignment.status, func.count())
        .join(Assignment)
        .where(
            Booklet.campaign_id == campaign_id,
            or_(Assignment.status != AssignmentStatus.RETURNED, Booklet.rater_id.is_not(None)),
        )
        .group_by(Booklet.rater_id, Assignment.kind, Assignment.status)
    )
    return [(rater, kind, status, number) for rater, kind, status, number in session.execute(query)]


def last_judgements(session: Session, campaign_id: int) -> dict[int, datetime]:
    """Return when each rater judged last, by the rater's id."""
    query = (
        select(Booklet.rater_id, func.max(Judgement.at))
        .select_from(Judgement)
        .join(Assignment, Assignment.id == Judgement.assignment_id)
        .join(Booklet, Booklet.id == Assignment.booklet_id)
        .where(Booklet.campaign_id == campaign_id)
        .group_by(Booklet.rater_id)
    )
    return {rater: at for rater, at in session.execute(query) if rater is not None}


def judged_since(session: Session, campaign_id: int, moment: datetime) -> int:
    """Return how many items were judged since a moment, without repeats and attention items."""
    query = (
        select(func.count())
        .select_from(Judgement)
        .join(Assignment, Assignment.id == Judgement.assignment_id)
        .join(Booklet, Booklet.id == Assignment.booklet_id)
        .where(
            Booklet.campaign_id == campaign_id,
            Assignment.kind == AssignmentKind.JUDGED,
            Judgement.revision_of_id.is_(None),
            Judgement.at >= moment,
        )
    )
    return session.execute(query).scalar_one()


def early_looks(session: Session, campaign_id: int) -> Sequence[EarlyLook]:
    """Return who looked at the results before the end, in order."""
    return session.scalars(select(EarlyLook).filter_by(campaign_id=campaign_id).order_by(EarlyLook.id)).all()
