"""An arena with many votes, written straight into the tables: honest voters, and some who always choose the left."""

from datetime import timedelta

import numpy as np
from sqlalchemy import insert, select

from arena.db import tallies
from arena.db.session import Database
from arena.db.states import BattleStatus
from arena.db.tables import Battle, Contender, Turn, Vote, Voter
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import MORNING

SLUGS = ("ash", "birch", "cedar", "elm")
HONEST, ODD = 40, 2


def fill(database: Database, *, odd_votes: int = 40, seed: int = 1) -> None:
    """Write 40 honest voters with about 10 votes each, and `ODD` voters whose votes all go to the left side."""
    rng = np.random.default_rng(seed)
    with database.writing() as session:
        session.add_all([scripted(slug) for slug in SLUGS])
        session.flush()
        ids = [row.id for row in session.query(Contender).order_by(Contender.id)]
        days = rng.integers(0, 20, HONEST + ODD)
        voters = [
            {"key": f"key-{number}", "first_seen_at": MORNING + timedelta(days=int(day))}
            for number, day in enumerate(days)
        ]
        session.execute(insert(Voter), voters)
        plan = [(voter, rng.random() < 0.5) for voter in range(HONEST) for _ in range(20)]
        plan += [(HONEST + odd, True) for odd in range(ODD) for _ in range(odd_votes)]
        battles, turns, votes = [], [], []
        for number, (voter, voted) in enumerate(plan, start=1):
            left, right = rng.choice(4, 2, replace=False)
            at = MORNING + timedelta(days=int(days[voter]), seconds=number)
            battles.append(
                {
                    "handle": f"handle-{number}",
                    "voter_id": voter + 1,
                    "contender_a_id": ids[left],
                    "contender_b_id": ids[right],
                    "policy": "uniform",
                    "probability": 1 / 6,
                    "status": BattleStatus.VOTED if voted else BattleStatus.OPEN,
                    "opened_at": at,
                }
            )
            turns.append({"battle_id": number, "position": 1, "prompt": f"Question {number}?", "asked_at": at})
            if voted:
                better = rng.random() < 1 / (1 + np.exp(0.4 * (left - right)))
                verdict = Verdict.A if voter >= HONEST or better else Verdict.B
                votes.append({"battle_id": number, "voter_id": voter + 1, "verdict": verdict, "cast_at": at})
        session.execute(insert(Battle), battles)
        assert session.scalars(select(Battle.id).order_by(Battle.id)).all() == [*range(1, len(battles) + 1)]
        session.execute(insert(Turn), turns)
        session.execute(insert(Vote), votes)
        tallies.add(session, tallies.counting(session))
