"""Votes written straight into the database, as `Battles.cast_vote` would leave them."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import select

from arena.db import queries, tallies
from arena.db.session import Database
from arena.db.states import BattleStatus, ReplyStatus, VoterKey
from arena.db.tables import Battle, Contender, Reply, Turn, Vote
from arena.voters.permissions import everything_allowed, permit
from arena.votes import labels
from leaderboard import Verdict

MORNING = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
_number = itertools.count(1)


@dataclass(frozen=True)
class Ballot:
    """A whole battle and the verdict on it."""

    a: str
    b: str
    verdict: Verdict
    voter: str = "somebody"
    at: datetime = MORNING
    prompts: tuple[str, ...] = field(default=("Hello?",))


def record(database: Database, *ballots: Ballot) -> list[int]:
    """Store battles with their votes and tallies, of voters who allow everything; return the battles' ids."""
    with database.writing() as session:
        ids = dict(session.execute(select(Contender.slug, Contender.id)).all())
        battles = [
            _battle(ballot, ids, queries.voter_id(session, VoterKey(ballot.voter), now=MORNING)) for ballot in ballots
        ]
        session.add_all(battles)
        session.flush()
        for battle in battles:
            assert battle.vote
            permit(session, battle, everything_allowed(), version="")
            slice_id = labels.label(session, battle)
            tallies.add(session, [tallies.Delta.of(battle, battle.vote, slice_id=slice_id)])
        return [battle.id for battle in battles]


def _battle(ballot: Ballot, ids: dict[str, int], voter_id: int) -> Battle:
    battle = Battle(
        handle=f"handle-{next(_number)}",
        voter_id=voter_id,
        contender_a_id=ids[ballot.a],
        contender_b_id=ids[ballot.b],
        policy="uniform",
        probability=1.0,
        status=BattleStatus.VOTED,
        opened_at=ballot.at,
        closed_at=ballot.at,
    )
    for position, prompt in enumerate(ballot.prompts, start=1):
        turn = Turn(position=position, prompt=prompt, attempt=2, asked_at=ballot.at)
        turn.replies = [
            _reply(
                side,
                attempt,
                ids[slug],
                f"{slug} {'answers' if attempt == 2 else 'tried to answer'} {prompt}",
                ballot.at,
            )
            for side, slug in (("a", ballot.a), ("b", ballot.b))
            for attempt in (1, 2)
        ]
        battle.turns.append(turn)
    battle.vote = Vote(voter_id=voter_id, verdict=ballot.verdict, cast_at=ballot.at)
    return battle


def _reply(side: str, attempt: int, contender_id: int, text: str, at: datetime) -> Reply:
    return Reply(
        side=side,
        attempt=attempt,
        contender_id=contender_id,
        text=text,
        num_chars=len(text),
        started_at=at,
        status=ReplyStatus.FINISHED,
    )
