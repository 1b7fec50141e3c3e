from collections.abc import Callable
from datetime import date

from sqlalchemy import select

from arena.contender_status import ContenderStatus
from arena.db import tallies
from arena.db.session import Database
from arena.db.tables import Contender
from arena.standings import Standings, standings_of
from leaderboard import Verdict
from tests.arena.conftest import scripted

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
    assert view.cards["one"].licence == "Apache-2.0"


def test_a_candidate_is_not_on_the_board_and_a_retired_contender_stays(database: Database, enter: Enter):
    candidate, retired = scripted("candidate"), scripted("retired")
    candidate.status, retired.status = ContenderStatus.CANDIDATE, ContenderStatus.RETIRED
    enter(scripted("one"), candidate, retired)
    view = standings_of(database)
    assert set(view.ranking.unrated) == {"one", "retired"}
    assert view.statuses["retired"] is ContenderStatus.RETIRED


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
