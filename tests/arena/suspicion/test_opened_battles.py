"""What the detectors get to see of the rows."""

import numpy as np
from sqlalchemy import select, update

from arena.clock import now
from arena.db.session import Database
from arena.db.states import BattleStatus
from arena.db.suspicion_tables import VoteMark
from arena.db.tables import Battle, Turn, Vote
from arena.suspicion.opened_battles import opened_battles
from arena.suspicion.states import Mark
from leaderboard.suspicion.opened import UNKNOWN
from tests.arena.suspicion.crowd import fill


def seen(database: Database):
    with database.reading() as session:
        return opened_battles(session, until=now())


def test_battles_without_a_vote_are_seen_and_void_ones_are_not(database: Database):
    fill(database)
    with database.writing() as session:
        unvoted = session.scalars(select(Battle.id).where(Battle.status == BattleStatus.OPEN)).all()
        session.execute(update(Battle).where(Battle.id == unvoted[0]).values(status=BattleStatus.VOID))
    rows = seen(database)
    assert len(rows.battles) == 880 - 1
    assert np.count_nonzero(~rows.battles.voted) == len(unvoted) - 1
    assert list(rows.contenders.values()) == ["ash", "birch", "cedar", "elm"]


def test_networks_prompts_and_speed_are_known_where_they_are_stored(database: Database):
    fill(database)
    with database.writing() as session:
        first = session.scalars(select(Vote.battle_id).order_by(Vote.battle_id)).first()
        session.execute(update(Battle).where(Battle.id.in_([3, 5])).values(network_hash="n"))
        session.execute(update(Turn).where(Turn.battle_id.in_([4, 9])).values(prompt="The same?"))
        session.execute(update(Turn).where(Turn.battle_id == 6).values(prompt=""))  # erased
        session.add(VoteMark(battle_id=first, mark=Mark.TOO_FAST))
    battles = seen(database).battles
    network, prompt = battles.cohorts["network"], battles.cohorts["prompt"]
    assert network[[2, 4]].tolist() == [3, 3]
    assert (np.delete(network, [2, 4]) == UNKNOWN).all()
    assert prompt[[3, 8, 5]].tolist() == [4, 4, UNKNOWN]
    assert battles.too_fast is not None
    assert np.flatnonzero(battles.too_fast).tolist() == [first - 1]
