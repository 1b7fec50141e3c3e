"""Boards made from votes in memory, for tests that need no database and no server."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime

from arena.board.observations import Activity
from arena.board.rows import BoardRow
from arena.board.standings import StandingsView
from arena.contenders.facts import ContenderFacts
from arena.db.states import ContenderStatus
from arena.db.tallies import EVERYTHING
from arena.web.board.board import Board
from arena.web.board.query import BoardQuery
from leaderboard import Tallies, Verdict, rank

MORNING = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)


def facts(slug: str, *, label: str = "", billions: float | None = None, family: str = "") -> ContenderFacts:
    return ContenderFacts(
        **dict.fromkeys(("organisation", "owner", "licence", "licence_note", "lineage", "base", "status_reason"), ""),
        id=1,
        slug=slug,
        label=label or slug,
        family=family,
        billions=billions,
        status=ContenderStatus.ACTIVE,
        status_at=MORNING,
        first_seen=MORNING,  # type: ignore[arg-type]
    )


def ring(*slugs: str) -> Tallies:
    """Votes in which each contender mostly beats the next one, and the last one ties with the first."""
    votes = [
        (winner, loser, verdict, count)
        for winner, loser in itertools.pairwise(slugs)
        for verdict, count in ((Verdict.A, 6), (Verdict.B, 3))
    ]
    return Tallies.from_counts([*votes, (slugs[-1], slugs[0], Verdict.TIE, 2)])


def board_of(
    tallies: Tallies, *, labels: Mapping[str, str] | None = None, activity: Mapping[str, Activity] | None = None
) -> Board:
    """The board of these votes, as nobody filtered it."""
    ranking = rank(tallies)
    contenders = {slug: facts(slug, label=(labels or {}).get(slug, "")) for slug in tallies.contenders}
    rows = [
        BoardRow(contenders[one.contender], one, (activity or {}).get(one.contender, Activity()), None)
        for one in ranking.standings
    ]
    return Board(BoardQuery(), StandingsView(ranking, tallies, contenders, EVERYTHING, MORNING), None, rows)
