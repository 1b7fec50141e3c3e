"""What a reader has to know to trust the board: who was drawn how often, what was left out, and what was tried."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from fastapi import FastAPI, Request
from starlette.responses import Response

from arena.board.observations import Observations
from arena.board.observer import Observer
from arena.board.standings import Standings, StandingsView
from arena.contenders.facts import ContenderFacts
from arena.db import queries
from arena.db.states import ContenderStatus
from arena.db.tables import Contender
from arena.web.plain_pages import PlainPages

NOBODY = "not stated"
GONE = {ContenderStatus.RETIRED, ContenderStatus.PAUSED}


@dataclass(frozen=True, slots=True)
class Share:
    """What a contender, or all contenders of an owner, had of the battles.

    Attributes:
        private: contenders of the owner that were registered and never let into battles.
    """

    name: str
    slug: str
    battles: int
    share: float
    votes: int
    contenders: int = 1
    private: int = 0


@dataclass(frozen=True, slots=True)
class Departure:
    """That a contender was paused or retired."""

    day: str
    slug: str
    label: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Registered:
    """What the register of contenders tells besides the board."""

    private: Counter[str]
    departures: list[Departure]


def add_transparency(app: FastAPI, pages: PlainPages, standings: Standings, observer: Observer[Observations]) -> None:
    """Serve the page."""

    @app.get("/leaderboard/transparency")
    async def transparency(request: Request) -> Response:
        view, seen = await standings.current(), await observer.latest()
        registered = await asyncio.to_thread(_registered, standings)
        contenders = shares(view, seen)
        return pages.page(
            request,
            "transparency.html",
            view=view,
            seen=seen,
            contenders=contenders,
            owners=by_owner(contenders, view, registered.private),
            private=registered.private.total(),
            departures=registered.departures,
            pairs=pairs_met(view),
        )


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
    """Return who entered a contender, or else who made it."""
    return entry.owner or entry.organisation or NOBODY


def pairs_met(view: StandingsView) -> tuple[int, int]:
    """Return how many pairs of contenders with votes fought each other, and how many pairs there are."""
    battles = view.tallies.counted.battles
    voted = int((battles.sum(axis=1) > 0).sum())
    return int(np.count_nonzero(np.triu(battles))), voted * (voted - 1) // 2


def _registered(standings: Standings) -> Registered:
    with standings.database.reading() as session:
        rows = queries.all_contenders(session)
        private = Counter(owner_of(row) for row in rows if row.status is ContenderStatus.CANDIDATE)
        candidates = {row.slug for row in rows if row.status is ContenderStatus.CANDIDATE}
        departures = [
            Departure(f"{at:%Y-%m-%d}", slug, label, status.value, reason)
            for slug, label, status, at, reason in queries.status_history(session)
            if status in GONE and slug not in candidates
        ]
    return Registered(private, departures)
