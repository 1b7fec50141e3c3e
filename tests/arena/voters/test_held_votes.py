"""What maintainers see of votes that quotas hold; `tests/arena/commands/test_votes.py` has them decide."""

import pytest

from arena.db.session import Database
from arena.db.states import Held
from arena.db.tables import Vote
from arena.errors import UnknownBattle
from arena.voters.admission import take_out
from arena.voters.held_votes import held_battles, held_votes
from leaderboard import Verdict
from tests.arena.conftest import Enter, scripted
from tests.arena.recorded_votes import MORNING, Ballot, record


def test_held_votes_are_grouped_by_reason_and_network_the_largest_group_first(database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    ids = record(database, *(Ballot("one", "two", Verdict.A, voter=name) for name in ("ann", "bob", "bob", "cyd")))
    places = [(Held.PROMPT_DAY, ""), (Held.NETWORK_DAY, "ab" * 16), (Held.NETWORK_DAY, "ab" * 16)]
    with database.writing() as session:
        for id_, (why, network) in zip(ids, places, strict=False):
            vote = session.get_one(Vote, id_)
            take_out(vote, why)
            vote.network_hash = network
    large, small = held_votes(database)
    assert (large.why, large.voters, large.votes, large.battle) == ("network-day", 1, 2, ids[2])
    assert (large.first, large.last) == (MORNING, MORNING)
    assert small.as_row() == ("prompt-day", "not known", "1", "1", *["2026-11-01 09:30"] * 2, str(ids[0]))
    assert large.as_json()["last"] == "2026-11-01T09:30:00+00:00"
    assert held_battles(database, "network-day", network="abab") == ids[1:3]
    with pytest.raises(UnknownBattle):
        held_battles(database, "network-day", network="%")
