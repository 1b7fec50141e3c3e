from arena.battles.battles import Battles
from arena.db.session import Database
from arena.db.states import Checked
from arena.db.tables import Battle
from arena.operations.voter_figures import ReachedQuota, VoterFigures, recent_voter_figures
from arena.settings import Settings
from arena.voters.admission import Visit
from arena.voters.quotas import Quotas
from leaderboard import Verdict
from tests.arena.conftest import VOTER, Enter, scripted


async def test_operators_see_which_quotas_were_reached_and_how_checks_ended(
    battles: Battles, database: Database, enter: Enter
):
    enter(scripted("one"), scripted("two"))
    battles.admission.quotas = Quotas(Settings(votes_per_voter_per_hour=2))
    for visit in (Visit("203.0.113.9"), Visit(""), Visit("203.0.113.9")):
        view = await battles.open_battle(VOTER, "Hello", visit)
        async for _ in battles.watch(view.handle, VOTER):
            pass
        await battles.cast_vote(view.handle, VOTER, Verdict.A, visit)
    with database.writing() as session:
        battle = session.get_one(Battle, 1)
        battle.proof = Checked.UNCHECKED
    battles.admission.quotas.store_reached(database, battle.opened_at)
    assert recent_voter_figures(database, days=1) == VoterFigures(
        reached=(ReachedQuota("vote-voter-hour", 1, 1),), passed=1, failed=1, unchecked=1, unchecked_proofs=1
    )
