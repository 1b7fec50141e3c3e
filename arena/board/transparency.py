"""Transparency: how often each contender was drawn, which were registered and never drawn, and which left."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from arena.board.observations import Observations
from arena.board.standings import StandingsView
from arena.contenders.facts import ContenderFacts
from arena.db import queries
from arena.db.session import Database
from arena.db.states import ContenderStatus
from arena.db.tables import Contender

GONE = {ContenderStatus.RETIRED, ContenderStatus.PAUSED}


@dataclass(frozen=True, slots=True)
class Share:
    """The share of a contender, or of all contenders of an owner, in the battles.

    Attributes:
        private: number of the owner's contenders that were registered but never active.
    """

    name: str
    slug: str
    battles: int
    share: float
    votes: int
    contenders: int = 1
    private: int = 0


@dataclass(frozen=True, slots=True)
class RegisterSummary:
    """Figures from the register of contenders that are not on the board.

    Attributes:
        private: number of contenders that were registered but never active, by owner.
        departures: the pauses and retirements of the others, the newest first.
    """

    private: Counter[str]
    departures: list[queries.StatusNote]


def shares(view: StandingsView, seen: Observations | None) -> list[Share]:
    """Return each contender's share of the places in battles, the largest first."""
    votes = {standing.contender: standing.votes for standing in view.ranking.standings}
    battles = {slug: seen.activity[slug].battles if seen and slug in seen.activity else 0 for slug in view.contenders}
    total = max(1, sum(battles.values()))
    found = (
        Share(facts.label, slug, battles[slug], battles[slug] / total, votes.get(slug, 0))
        for slug, facts in view.contenders.items()
    )
    return sorted(found, key=lambda share: (-share.battles, share.name))


def by_owner(contenders: Iterable[Share], view: StandingsView, private: Counter[str]) -> list[Share]:
    """Add the shares of each owner's contenders, the largest first; private ones are counted only here."""
    own: dict[str, list[Share]] = {owner: [] for owner in private}
    for share in contenders:
        own.setdefault(owner_of(view.contenders[share.slug]), []).append(share)
    found = (
        Share(
            name=owner,
            slug="",
            battles=sum(share.battles for share in theirs),
            share=sum(share.share for share in theirs),
            votes=sum(share.votes for share in theirs),
            contenders=len(theirs),
            private=private[owner],
        )
        for owner, theirs in own.items()
    )
    return sorted(found, key=lambda share: (-share.battles, share.name))


def owner_of(entry: ContenderFacts | Contender) -> str:
    """Return the owner of a contender, or else its organisation; empty where neither is stated."""
    return entry.owner or entry.organisation


def pairs_met(view: StandingsView) -> tuple[int, int]:
    """Return the number of pairs that fought each other, and of all pairs, among contenders with votes."""
    battles = view.tallies.counted.battles
    voted = int((battles.sum(axis=1) > 0).sum())
    return int(np.count_nonzero(np.triu(battles))), voted * (voted - 1) // 2


def register_summary(database: Database) -> RegisterSummary:
    """Return the figures from the register of contenders.

    Raises:
        DatabaseUnavailable: it cannot be read.
    """
    with database.reading() as session:
        rows = queries.all_contenders(session)
        candidates = [row for row in rows if row.status is ContenderStatus.CANDIDATE]
        hidden = {row.slug for row in candidates}
        history = queries.status_history(session)
        departures = [note for note in history if note.status in GONE and note.slug not in hidden]
    return RegisterSummary(Counter(map(owner_of, candidates)), departures)


def status_notes(database: Database, slug: str, *, newest: int) -> list[queries.StatusNote]:
    """Return the latest changes of one contender's status, the newest first.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    with database.reading() as session:
        history = queries.status_history(session)
    return [note for note in history if note.slug == slug][:newest]
