"""Quotas: how often a voter, a network and a prompt may be behind questions and votes, in an hour and in a day.

What happens is counted in rows of the database, in the transaction of the question or the vote, so all processes share
the counts and what is rolled back was never counted. Hours and days are those of the clock (UTC): around a full hour,
twice as much fits into sixty minutes.
"""

import hashlib
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from arena.db.session import Database, Session
from arena.errors import QuotaReached
from arena.settings import Settings
from arena.voters import queries

HASH_CHARS = 32


class LimitedAct(StrEnum):
    """What is counted."""

    QUESTION = "question"  # a prompt that is sent, or answered again
    VOTE = "vote"
    NEWCOMER = "newcomer"  # a voter's first question


class Per(StrEnum):
    """For whom it is counted."""

    VOTER = "voter"
    NETWORK = "network"
    PROMPT = "prompt"


class Span(StrEnum):
    """In which time."""

    HOUR = "hour"
    DAY = "day"


# The settings of the limits begin so, and end with `_per_hour` and `_per_day`.
SETTINGS = {
    (LimitedAct.QUESTION, Per.VOTER): "questions_per_voter",
    (LimitedAct.QUESTION, Per.NETWORK): "questions_per_network",
    (LimitedAct.QUESTION, Per.PROMPT): "questions_per_prompt",
    (LimitedAct.VOTE, Per.VOTER): "votes_per_voter",
    (LimitedAct.VOTE, Per.NETWORK): "votes_per_network",
    (LimitedAct.VOTE, Per.PROMPT): "votes_per_prompt",
    (LimitedAct.NEWCOMER, Per.NETWORK): "new_voters_per_network",
}
LENGTHS = {Span.HOUR: timedelta(hours=1), Span.DAY: timedelta(days=1)}
WHO = {
    Per.VOTER: "You have asked as much",
    Per.NETWORK: "Your network has asked as much",
    Per.PROMPT: "This prompt was asked as often",
}
Subjects = Mapping[Per, str]  # empty where somebody is not known: nothing is counted for nobody


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `limit` of an act in a span of time."""

    act: LimitedAct
    per: Per
    span: Span
    limit: int

    @property
    def name(self) -> str:
        """The quota's name in the database."""
        return f"{self.act}-{self.per}-{self.span}"

    def begins(self, moment: datetime) -> datetime:
        """Return when the hour or day of a moment began."""
        hour = moment.replace(minute=0, second=0, microsecond=0)
        return hour.replace(hour=0) if self.span is Span.DAY else hour


class Window(NamedTuple):
    """One hour or day of one subject under one quota."""

    quota: str
    subject: str
    begins_at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted: how many so far under each quota, and the quotas that are exceeded by it."""

    so_far: Mapping[Quota, int]
    exceeded: tuple[Quota, ...]

    def of(self, per: Per, span: Span) -> int:
        """Return how many there are for a subject in a span."""
        return next((count for quota, count in self.so_far.items() if (quota.per, quota.span) == (per, span)), 0)


class Quotas:
    """Counts acts, and tells which quotas they exceed. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._quotas = {act: quotas_of(settings, act) for act in LimitedAct}
        self._lock = threading.Lock()
        self._exhausted: set[Window] = set()
        self._reached: Counter[Window] = Counter()

    def count(self, session: Session, act: LimitedAct, subjects: Subjects, moment: datetime) -> Counts:
        """Count an act for each of its subjects. The counts are kept if the session is committed."""
        windows = self._windows(act, subjects, moment)
        counts = queries.count_up(session, list(windows.values()))
        so_far = {quota: counts[window.quota] for quota, window in windows.items()}
        exceeded = tuple(quota for quota, count in so_far.items() if count > quota.limit)
        self._note_reached(windows[quota] for quota in exceeded)
        return Counts(so_far, exceeded)

    def refuse(self, exceeded: Quota, subjects: Subjects, moment: datetime) -> QuotaReached:
        """Return the error to raise for a question that exceeds a quota; the next one is refused without counting."""
        with self._lock:
            self._exhausted.add(Window(exceeded.name, subjects[exceeded.per], exceeded.begins(moment)))
        return refusal(exceeded, moment)

    def refuse_exhausted(self, act: LimitedAct, subjects: Subjects, moment: datetime) -> None:
        """Refuse an act of which it is known already that it exceeds a quota. Asks no database.

        Raises:
            QuotaReached: it exceeds one.
        """
        for quota, window in self._windows(act, subjects, moment).items():
            if window in self._exhausted:
                self._note_reached([window])
                raise refusal(quota, moment)

    def store_reached(self, database: Database, moment: datetime) -> None:
        """Store how often quotas were reached since the last call, and forget what is over."""
        with self._lock:
            reached, self._reached = self._reached, Counter()
            longest = max(LENGTHS.values())
            self._exhausted = {window for window in self._exhausted if window.begins_at > moment - longest}
        if reached:
            with database.writing() as session:
                queries.add_reached(session, reached.items())

    def _windows(self, act: LimitedAct, subjects: Subjects, moment: datetime) -> dict[Quota, Window]:
        return {
            quota: Window(quota.name, subject, quota.begins(moment))
            for quota in self._quotas[act]
            if (subject := subjects.get(quota.per))
        }

    def _note_reached(self, windows: Iterable[Window]) -> None:
        with self._lock:
            self._reached.update(windows)


def quotas_of(settings: Settings, act: LimitedAct) -> tuple[Quota, ...]:
    """Return the quotas of an act, those of a voter first and those of an hour before those of a day."""
    return tuple(
        Quota(act, per, span, int(settings.limit_of(f"{name}_per_{span}")))
        for (of, per), name in SETTINGS.items()
        if of is act
        for span in Span
    )


def refusal(exceeded: Quota, moment: datetime) -> QuotaReached:
    """Return the error for a question that exceeds a quota."""
    until = f"{exceeded.begins(moment) + LENGTHS[exceeded.span]:%H:%M} UTC"
    time = "an hour" if exceeded.span is Span.HOUR else "a day"
    other = exceeded.per is Per.PROMPT
    return QuotaReached(
        f"{WHO[exceeded.per]} as is possible in {time}.",
        hint=f"Ask something else, or go on at {until}." if other else f"Go on at {until}.",
    )


def prompt_hash(prompt: str) -> str:
    """Return the hash of a prompt, the same for prompts that differ only in blanks, case or the width of letters."""
    plain = " ".join(unicodedata.normalize("NFKC", prompt).casefold().split())
    return hashlib.sha256(plain.encode()).hexdigest()[:HASH_CHARS]
