"""What happens in time though nobody asks for it."""

from datetime import timedelta

from sqlalchemy import func, select

from arena.clock import now
from arena.db.session import Database
from arena.db.states import Checked, VoterKey
from arena.db.voter_tables import KeyUse, QuotaCount, SecretKey, UsedProof
from arena.settings import Settings
from arena.voters import queries
from arena.voters.admission import Admission
from arena.voters.identity import ROTATE_AFTER
from arena.voters.quotas import LimitedAct, Per
from arena.voters.upkeep import COUNTS_KEPT_FOR, REACHED_KEPT_FOR, Upkeep


def test_old_keys_go_cookies_get_new_ones_and_counts_are_forgotten(database: Database):
    admission, moment = Admission(database, Settings()), now()
    upkeep = Upkeep(database, admission)
    upkeep.do(moment)
    admission.networks.hash("203.0.113.9", moment)
    with database.writing() as session:
        admission.quotas.count(session, LimitedAct.VOTE, {Per.VOTER: "anna"}, moment)
        queries.add_reached(session, [(("vote-voter-hour", "boris", moment), 1)])
        queries.keep_proof(
            session, "c" * 64, VoterKey("a" * 64), expires_at=moment + timedelta(minutes=9), checked=Checked.PASSED
        )

    def rows(*columns: object) -> list[object]:
        with database.reading() as session:
            return [session.scalar(select(func.count(column))) for column in columns]  # type: ignore[call-overload]

    upkeep.do(moment + timedelta(days=1))
    assert rows(QuotaCount.quota, UsedProof.challenge) == [3, 1]
    upkeep.do(moment + COUNTS_KEPT_FOR + timedelta(days=1))
    assert rows(QuotaCount.quota, UsedProof.challenge) == [1, 0]
    upkeep.do(moment + REACHED_KEPT_FOR + timedelta(days=1))
    assert rows(QuotaCount.quota) == [0]
    first = admission.keys.newest(KeyUse.COOKIE)
    upkeep.do(moment + ROTATE_AFTER + timedelta(days=2))
    assert admission.keys.newest(KeyUse.COOKIE) != first
    with database.reading() as session:
        keys = session.scalars(select(SecretKey).order_by(SecretKey.id)).all()
    gone = {key.use for key in keys if key.destroyed_at}
    assert gone == {KeyUse.NETWORK}


async def test_a_round_does_what_is_due_now(database: Database):
    admission = Admission(database, Settings())
    await Upkeep(database, admission).work()
    assert admission.keys.known(KeyUse.COOKIE)
