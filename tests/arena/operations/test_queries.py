"""Queries of operations on both databases; the figures and the pages have tests of their own."""

from datetime import timedelta

from arena.battles.battles import Battles
from arena.clock import now
from arena.db.finding_tables import CheckRequest, ServingProcess
from arena.db.session import Database
from arena.db.tables import Contender
from arena.operations import queries
from tests.arena.conftest import Enter, scripted
from tests.arena.finished_battles import finished_battle, stored


async def test_the_latest_failures_come_first(database: Database, enter: Enter, battles: Battles):
    enter(scripted("good"), scripted("bad", fail="server_fault", reply="No."))
    for _ in range(3):
        await finished_battle(battles)
    ids = {row.slug: row.id for row in stored(database, Contender)}
    with database.reading() as session:
        failures = queries.last_failures(session, ids["bad"], number=2)
        assert [failure for _, failure, _ in failures] == ["server_fault"] * 2
        assert failures[0].started_at >= failures[1].started_at
        assert not queries.last_failures(session, ids["good"], number=2)


def test_a_request_waits_until_it_is_taken_and_is_open_until_it_ends(database: Database):
    def request(**facts: object) -> CheckRequest:
        return CheckRequest(asked_at=now(), asked_by="x", slugs=["one"], activates=False, reports=[], **facts)

    with database.writing() as session:
        session.add_all([request(taken_at=now(), ended_at=now()), request(taken_at=now()), request(), request()])
        session.add(ServingProcess(name="x", seen_at=now()))
    with database.writing() as session:
        waiting = queries.waiting_request(session, since=now() - timedelta(minutes=1), for_change=True)
        assert waiting is not None
        assert waiting.id == 3
        assert queries.waiting_request(session, since=now() + timedelta(minutes=1)) is None
        latest = queries.open_request(session, "one")
        assert latest is not None
        assert latest.id == 4
        assert queries.open_request(session, "two") is None
        assert queries.serves_since(session, now() - timedelta(seconds=9))
        assert not queries.serves_since(session, now() + timedelta(seconds=9))
