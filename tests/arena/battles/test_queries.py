from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, update

from arena.battles import queries
from arena.db.session import Database
from arena.db.states import ContenderStatus, ReplyStatus
from arena.db.tables import Contender, Reply, Spending
from leaderboard import Verdict
from tests.arena.conftest import Enter, scripted
from tests.arena.recorded_votes import MORNING, Ballot, record

TODAY, TOMORROW = date(2026, 11, 1), date(2026, 11, 2)


def spend(database: Database, usd: float, *, day: date = TODAY, account: str = "arena") -> bool:
    with database.writing() as session:
        return queries.spend_within(session, day=day, account=account, usd=usd, limit=10)


def test_an_account_takes_what_its_limit_allows_and_nothing_of_what_passes_it(database: Database):
    assert [spend(database, 6), spend(database, 6), spend(database, 4), spend(database, 1)] == [
        True,
        False,
        True,
        False,
    ]
    assert spend(database, 6, day=TOMORROW)
    assert spend(database, 6, account="voter:1")
    with database.reading() as session:
        spent = {(row.day, row.account): row.usd for row in session.scalars(select(Spending))}
    assert spent == {(TODAY, "arena"): 10, (TOMORROW, "arena"): 6, (TODAY, "voter:1"): 6}


def test_a_correction_gives_back_and_passes_a_limit_where_it_must(database: Database):
    spend(database, 6)
    for usd, left in ((-4, True), (9, False)):
        with database.writing() as session:
            queries.correct_spending(session, day=TODAY, account="arena", usd=usd)
        assert spend(database, 1) is left


def test_the_last_ends_are_the_newest_that_finished_or_failed(database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    record(database, *[Ballot("one", "two", Verdict.A)] * 2)
    with database.writing() as session:
        one = session.scalars(select(Contender.id).where(Contender.slug == "one")).one()
        rows = session.scalars(select(Reply).where(Reply.contender_id == one).order_by(Reply.id)).all()
        for row, status in zip(rows, ("failed", "finished", "stopped", "failed"), strict=True):
            row.status, row.failure = ReplyStatus(status), f"reply {row.id}" if status == "failed" else ""
        newest = f"reply {rows[-1].id}"
    with database.reading() as session:
        assert queries.last_ends(session, one, number=2) == [
            (ReplyStatus.FAILED, newest, MORNING),
            (ReplyStatus.FINISHED, "", MORNING),
        ]


@pytest.mark.parametrize(("resting", "left"), [(False, 0), (True, 4)])
def test_rests_are_forgotten_unless_one_goes_on(database: Database, enter: Enter, resting: bool, left: int):
    contender = scripted("one")
    contender.cooldowns, contender.cooling_until = 4, MORNING if resting else None
    enter(contender)
    with database.writing() as session:
        queries.forget_rests(session, contender.id)
    with database.reading() as session:
        assert session.scalars(select(Contender.cooldowns)).one() == left


def test_only_active_contenders_whose_rest_is_over_are_due(database: Database, enter: Enter):
    enter(*map(scripted, ("over", "resting", "paused", "well")))
    late = datetime(2027, 1, 1, tzinfo=UTC)
    ends = {"over": MORNING, "resting": late, "paused": MORNING}
    with database.writing() as session:
        for slug, until in ends.items():
            session.execute(update(Contender).where(Contender.slug == slug).values(cooling_until=until))
        paused = update(Contender).where(Contender.slug == "paused")
        session.execute(paused.values(status=ContenderStatus.PAUSED))
    with database.reading() as session:
        assert [row.slug for row in queries.rested(session, MORNING)] == ["over"]
