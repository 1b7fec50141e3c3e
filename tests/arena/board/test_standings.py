import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from arena.board.standings import BOARDS_KEPT, Standings, standings_of
from arena.db import tallies
from arena.db.session import Database
from arena.db.states import ContenderStatus
from arena.db.tables import Contender
from arena.db.tallies import EVERYTHING, Selection
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import MORNING, Ballot, record

Enter = Callable[..., None]


def tally(database: Database, left: str, right: str, verdict: Verdict, count: int, day: int = 1) -> None:
    with database.writing() as session:
        ids = {contender.slug: contender.id for contender in session.scalars(select(Contender))}
        tallies.add(session, [tallies.Delta(date(2026, 11, day), ids[left], ids[right], verdict, count)])


def test_standings_add_up_the_days(database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    tally(database, "one", "two", Verdict.A, 6, day=1)
    tally(database, "two", "one", Verdict.B, 6, day=2)
    tally(database, "one", "two", Verdict.B, 4, day=2)
    view = standings_of(database)
    first, second = view.ranking.standings
    assert (first.contender, first.votes, second.contender) == ("one", 16, "two")
    assert first.rating > second.rating
    assert view.contenders["one"].licence == "Apache-2.0"


def test_a_candidate_is_not_on_the_board_and_a_retired_contender_stays(database: Database, enter: Enter):
    candidate, retired = scripted("candidate"), scripted("retired")
    candidate.status, retired.status = ContenderStatus.CANDIDATE, ContenderStatus.RETIRED
    enter(scripted("one"), candidate, retired)
    view = standings_of(database)
    assert set(view.ranking.unrated) == {"one", "retired"}
    assert view.contenders["retired"].status is ContenderStatus.RETIRED


def test_an_empty_board_explains_itself(database: Database):
    view = standings_of(database)
    assert view.ranking.standings == ()
    assert view.ranking.notes


async def test_new_votes_show_when_the_refresh_is_due(database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    at_once, later = Standings(database), Standings(database, refresh_s=1000)
    assert (await at_once.current()).ranking.votes == (await later.current()).ranking.votes == 0
    tally(database, "one", "two", Verdict.TIE, 3)
    assert (await at_once.current()).ranking.votes == 3
    assert (await later.current()).ranking.votes == 0


def test_a_selection_counts_only_its_votes(database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    record(
        database,
        Ballot("one", "two", Verdict.A, prompts=("Solve 1 + 1",)),
        Ballot("two", "one", Verdict.A, prompts=("Solve 2 + 2",)),
        Ballot("two", "one", Verdict.A, prompts=("Write a poem",), at=MORNING + timedelta(days=5)),
    )

    async def votes(**words: Any) -> int:
        return (await Standings(database).current(Selection(**words))).ranking.votes

    async def all_votes() -> list[int]:
        return [
            await votes(),
            await votes(category="maths"),
            await votes(category="maths", language="Korean"),
            await votes(since=MORNING.date()),
            await votes(since=MORNING.date() + timedelta(days=1)),
            await votes(since=MORNING.date(), category="writing"),
        ]

    assert asyncio.run(all_votes()) == [3, 2, 0, 3, 1, 1]


async def test_ratings_follow_each_further_vote_on_the_same_pair(database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    standings = Standings(database)
    for verdict in (Verdict.A, Verdict.B, Verdict.A, Verdict.A):
        tally(database, "one", "two", verdict, 3)
        shown = (await standings.current()).ranking
        assert [s.contender for s in shown.standings] == [s.contender for s in standings_of(database).ranking.standings]
        assert shown.standings[0].rating == pytest.approx(standings_of(database).ranking.standings[0].rating)


async def test_a_board_that_did_not_change_is_the_same_object(database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    tally(database, "one", "two", Verdict.TIE, 3)
    for selection in (EVERYTHING, Selection(since=date(2026, 1, 1))):
        standings = Standings(database)
        first = await standings.current(selection)
        assert await standings.current(selection) is first
    tally(database, "one", "two", Verdict.TIE, 1)
    assert (await standings.current(EVERYTHING)).ranking.votes == 4


async def test_a_board_that_somebody_holds_stays_as_it_was_when_votes_come_in(database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    tally(database, "one", "two", Verdict.A, 3)
    standings = Standings(database)
    held = await standings.current()
    tally(database, "one", "two", Verdict.A, 4)
    assert (await standings.current()).tallies.num_votes == 7
    assert held.tallies.num_votes == 3


@pytest.mark.parametrize("selection", [EVERYTHING, Selection(since=date(2026, 1, 1))])
async def test_what_changes_of_a_contender_shows_without_a_vote(
    database: Database, enter: Enter, selection: Selection, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("arena.board.standings.SHARE_OF_TIME", float("inf"))  # read whenever asked for
    enter(scripted("one"), scripted("two"))
    tally(database, "one", "two", Verdict.A, 3)
    standings = Standings(database)
    assert (await standings.current(selection)).contenders["one"].label == "The one"
    with database.writing() as session:
        session.execute(update(Contender).where(Contender.slug == "one").values(label="The first"))
    assert (await standings.current(selection)).contenders["one"].label == "The first"


async def test_the_board_that_is_asked_for_most_is_kept(database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    standings = Standings(database)
    first = await standings.current()
    for day in range(BOARDS_KEPT + 5):
        await standings.current(Selection(since=date(2026, 1, 1) + timedelta(days=day)))
        assert await standings.current() is first


async def test_boards_that_nobody_asks_for_are_forgotten(database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    standings = Standings(database)
    for day in range(BOARDS_KEPT + 5):
        await standings.current(Selection(since=date(2026, 1, 1) + timedelta(days=day)))
    assert len(standings._boards) == BOARDS_KEPT
