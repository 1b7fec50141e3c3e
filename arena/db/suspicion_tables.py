"""Tables of suspicion: what stood out among the votes, what a maintainer decided, and marks of single votes."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from arena.db.table import Table, words


class SuspicionState(StrEnum):
    """What becomes of the votes: those of a held or confirmed suspicion do not count."""

    HELD = "held"  # left out until a maintainer decides
    WAITING = "waiting"  # counts until a maintainer decides: most of these votes look honest
    RELEASED = "released"  # a maintainer found nothing wrong; these votes are never held again by themselves
    CONFIRMED = "confirmed"  # a maintainer agrees; the votes stay out


class DetectorRun(Table):
    """A look of the detectors at all votes cast before `until`, kept if it found something else than the one before.

    `holds_sha256` identifies what it found, so that anybody can run it again and compare.
    """

    __tablename__ = "detector_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    until: Mapped[datetime]
    code_version: Mapped[str] = mapped_column(String(64))
    thresholds: Mapped[dict[str, Any]]
    num_battles: Mapped[int]
    num_votes: Mapped[int]
    holds_sha256: Mapped[str] = mapped_column(String(64))


class Suspicion(Table):
    """A voter or a cohort whose votes stood out, and why. `subject` is the same in every run that finds it again."""

    __tablename__ = "suspicions"
    __table_args__ = (UniqueConstraint("subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(128))
    found_at: Mapped[datetime]
    state: Mapped[SuspicionState] = mapped_column(words(SuspicionState))
    contender_id: Mapped[int | None] = mapped_column(ForeignKey("contenders.id"))  # that it is about
    score: Mapped[str] = mapped_column(String(32))  # a family or kind of leaderboard.suspicion
    chance: Mapped[float]  # of such a score among honest votes, corrected for how many were judged
    excess: Mapped[float]  # votes that would have to be an attacker's to explain it
    reason: Mapped[str]
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(default="", server_default="")


class SuspectVote(Table):
    """A vote of a suspicion."""

    __tablename__ = "suspect_votes"

    suspicion_id: Mapped[int] = mapped_column(ForeignKey("suspicions.id"), primary_key=True)
    battle_id: Mapped[int] = mapped_column(ForeignKey("votes.battle_id"), primary_key=True, index=True)


class VoteMark(Table):
    """Something that a reader of a vote should know. The vote counts all the same (`arena.votes.marks`)."""

    __tablename__ = "vote_marks"

    battle_id: Mapped[int] = mapped_column(ForeignKey("votes.battle_id"), primary_key=True)
    mark: Mapped[str] = mapped_column(String(32), primary_key=True, index=True)
    reason: Mapped[str] = mapped_column(default="", server_default="")
