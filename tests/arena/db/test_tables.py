"""The database itself keeps the rules that every process must keep."""

import pytest
from sqlalchemy import text

from arena.battles.battles import Battles
from arena.db.session import Database
from leaderboard import Verdict
from tests.arena.conftest import VOTER, Enter, scripted
from tests.arena.finished_battles import finished_battle


async def test_the_database_itself_refuses_a_second_vote(battles: Battles, database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    view = await finished_battle(battles)
    await battles.cast_vote(view.handle, VOTER, Verdict.TIE)
    with pytest.raises(Exception, match=r"(?i)unique"), database.engine.begin() as connection:
        connection.execute(text("INSERT INTO votes SELECT * FROM votes"))


def test_a_contender_cannot_meet_itself(database: Database, enter: Enter):
    enter(scripted("one"))
    with database.writing() as session:
        session.execute(text("INSERT INTO voters (id, key, first_seen_at) VALUES (1, 'k', '2026-01-01')"))
    meeting = text(
        "INSERT INTO battles (handle, voter_id, contender_a_id, contender_b_id, policy, probability, status, opened_at)"
        " SELECT 'h', 1, id, id, 'p', 1, 'open', '2026-01-01' FROM contenders"
    )
    with pytest.raises(Exception, match="two_contenders"), database.engine.begin() as connection:
        connection.execute(meeting)
